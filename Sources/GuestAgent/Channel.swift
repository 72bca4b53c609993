// SPDX-License-Identifier: Apache-2.0

import Glibc
import GuestContract

/// The road to the host: a virtio-serial port that takes bytes when it likes.
///
/// Frames wait in a bounded buffer while the port is full. Beyond ``bulkLimit`` bytes the bulk
/// (log, output, records) is dropped and counted; what the verdict hangs on (steps, goodbye) is
/// kept up to ``hardLimit``. Nothing here ever blocks.
struct Channel {
    private static let bulkLimit = 4 << 20
    private static let hardLimit = 5 << 20

    private let port: Int32
    private var pending: [UInt8] = []
    private var written = 0
    private var sequence: UInt32 = 0

    /// Frames dropped so far.
    private(set) var droppedFrames: UInt64 = 0

    /// A channel over an open port; -1 for none, and then everything is dropped.
    init(port: Int32) {
        self.port = port
        pending.reserveCapacity(Self.hardLimit)
    }

    /// The descriptor to poll for room, or -1 when nothing waits to be written.
    var descriptorToPoll: Int32 { pending.count > written ? port : -1 }

    /// Opens the virtio port of that name; -1 when there is none.
    static func findPort(named name: String) -> Int32 {
        // The driver announces ports a moment after it has found the device.
        for _ in 0..<500 {
            if let port = openPort(named: name) { return port }
            usleep(10_000)
        }
        return -1
    }

    private static func openPort(named name: String) -> Int32? {
        for device in 0..<4 {
            for index in 0..<8 {
                let node = "vport\(device)p\(index)"
                guard readLine(of: "/sys/class/virtio-ports/\(node)/name") == name else { continue }
                let port = open("/dev/\(node)", O_RDWR | O_NONBLOCK | O_CLOEXEC)
                if port >= 0 { return port }
            }
        }
        return nil
    }

    /// Queues an event, and writes what the port takes at once.
    mutating func send(_ event: GuestEvent) {
        let limit: Int
        switch event {
        case .kernelLog, .output, .records, .file, .ledger, .snapshot, .sample: limit = Self.bulkLimit
        case .hello, .stepStarted, .stepFinished, .heartbeat, .note, .goodbye:
            limit = Self.hardLimit
        }
        let frame = Frame(kind: event.kind, sequence: sequence, payload: event.payload).encoded
        sequence &+= 1
        guard port >= 0, pending.count - written + frame.count <= limit else {
            droppedFrames += 1
            return
        }
        pending.append(contentsOf: frame)
        pump()
    }

    /// Writes as much as the port takes.
    mutating func pump() {
        while written < pending.count {
            let count = pending.withUnsafeBytes { bytes in
                write(port, bytes.baseAddress?.advanced(by: written), min(bytes.count - written, 65536))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            written += count
        }
        if written == pending.count {
            pending.removeAll(keepingCapacity: true)
            written = 0
        } else if written > 1 << 20 {
            pending.removeFirst(written)
            written = 0
        }
    }

    /// Waits until everything is written, at most for `limit`.
    mutating func flush(for limit: Duration) {
        let end = bootTime() + UInt64(limit / .nanoseconds(1))
        while written < pending.count && bootTime() < end {
            var descriptor = pollfd(fd: port, events: Int16(POLLOUT), revents: 0)
            poll(&descriptor, 1, 100)
            pump()
        }
    }
}
