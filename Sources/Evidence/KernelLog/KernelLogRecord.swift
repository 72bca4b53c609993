// SPDX-License-Identifier: Apache-2.0

/// One record of `/dev/kmsg`.
///
/// Format: Documentation/ABI/testing/dev-kmsg of the kernel. A header of comma-separated fields up to a
/// semicolon, the message up to a newline with unprintable bytes as `\xNN`, and then lines that start
/// with a blank and hold the record's dictionary, which is of no use here.
public struct KernelLogRecord: Sendable, Equatable {
    /// How urgent, 0 (emergency) to 7 (debug).
    public var priority: Int
    /// Who wrote it: 0 the kernel, 1 user space.
    public var facility: Int
    /// Its sequence number since boot.
    public var seq: UInt64
    /// Its time stamp, microseconds since boot.
    public var timeUs: UInt64
    /// Whether it goes on with the line of an earlier record (flag `c`).
    public var isContinuation: Bool
    /// Who printed it with CONFIG_PRINTK_CALLER: `T12` task 12, `C1` an interrupt on CPU 1; nil without.
    public var caller: String?
    /// What it says; may have several lines.
    public var message: String

    /// A record of these parts.
    public init(
        priority: Int = 6, facility: Int = 0, seq: UInt64, timeUs: UInt64, isContinuation: Bool = false,
        caller: String? = nil, message: String
    ) {
        self.priority = priority
        self.facility = facility
        self.seq = seq
        self.timeUs = timeUs
        self.isContinuation = isContinuation
        self.caller = caller
        self.message = message
    }

    /// Parses what one read(2) of `/dev/kmsg` returned; nil when it is not a record.
    public init?(kmsg bytes: [UInt8]) {
        guard let headerEnd = bytes.firstIndex(of: UInt8(ascii: ";")) else { return nil }
        let fields = bytes[..<headerEnd].split(
            separator: UInt8(ascii: ","), maxSplits: 16, omittingEmptySubsequences: false)
        guard fields.count >= 4, let level = fields[0].decimal, level <= 0xffff,
            let seq = fields[1].decimal, let timeUs = fields[2].decimal
        else { return nil }
        var caller: String?
        for field in fields[4...] where field.starts(with: "caller=".utf8) {
            caller = String(decoding: field.dropFirst(7), as: UTF8.self)
        }
        let body = bytes[(headerEnd + 1)...]
        self.init(
            priority: Int(level & 7), facility: Int(level >> 3), seq: seq, timeUs: timeUs,
            isContinuation: fields[3].contains(UInt8(ascii: "c")), caller: caller,
            message: Self.unescape(body.prefix { $0 != UInt8(ascii: "\n") }))
    }

    /// Turns `\xNN` back into bytes. Control bytes except tab and newline are left as they were written,
    /// so that a message cannot move a terminal's cursor.
    private static func unescape(_ bytes: ArraySlice<UInt8>) -> String {
        guard bytes.contains(UInt8(ascii: "\\")) else { return String(decoding: bytes, as: UTF8.self) }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var rest = bytes
        while let byte = rest.first {
            let start = rest.startIndex
            if byte == UInt8(ascii: "\\"), rest.count >= 4, rest[start + 1] == UInt8(ascii: "x"),
                let high = rest[start + 2].hexValue, let low = rest[start + 3].hexValue
            {
                let value = high << 4 | low
                if value >= 0x20 && value != 0x7f || value == 0x09 || value == 0x0a {
                    result.append(value)
                    rest = rest.dropFirst(4)
                    continue
                }
            }
            result.append(byte)
            rest = rest.dropFirst()
        }
        return String(decoding: result, as: UTF8.self)
    }
}
