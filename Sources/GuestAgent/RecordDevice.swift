// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The module's record device, which comes and goes with the module.
struct RecordDevice {
    private let path: String
    private var buffer = [UInt8](repeating: 0, count: 65536)

    /// The open device, or -1.
    private(set) var descriptor: Int32 = -1
    /// Whether there is one.
    var isOpen: Bool { descriptor >= 0 }
    /// Bytes read so far.
    private(set) var bytesRead: UInt64 = 0

    /// A device that is opened once it exists; an empty path is never opened.
    init(path: String) { self.path = path }

    /// Opens the device when it is there and not open yet.
    mutating func openIfThere() {
        guard descriptor < 0, !path.isEmpty else { return }
        descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    }

    /// A piece of whole records, or nil when there is none at the moment.
    mutating func next() -> [UInt8]? {
        guard descriptor >= 0 else { return nil }
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 {
                bytesRead += UInt64(count)
                return Array(buffer[..<count])
            }
            if count < 0 && errno == EINTR { continue }
            if count == 0 || errno != EAGAIN { closeDevice() }
            return nil
        }
    }

    /// Lets go of the device.
    mutating func closeDevice() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }
}
