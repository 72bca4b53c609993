// SPDX-License-Identifier: Apache-2.0

import Glibc

/// `/dev/kmsg`, read record by record from the oldest one.
struct KernelLog {
    let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 16384)

    /// Records read so far.
    private(set) var records: UInt64 = 0

    init() {
        descriptor = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    }

    /// The next record, or nil when there is none at the moment.
    ///
    /// Records that the kernel overwrote before we came leave a gap in its sequence numbers, which
    /// the host finds and reports.
    mutating func next() -> [UInt8]? {
        guard descriptor >= 0 else { return nil }
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 {
                records += 1
                return Array(buffer[..<count])
            }
            // EPIPE: records were overwritten, the next read gives the oldest one left.
            // EINVAL: a record longer than the buffer; the kernel has no such record.
            guard count < 0, errno == EPIPE || errno == EINTR else { return nil }
        }
    }
}
