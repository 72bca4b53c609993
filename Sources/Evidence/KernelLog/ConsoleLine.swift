// SPDX-License-Identifier: Apache-2.0

/// One line of a serial console: `[    1.234567][   T12] text`.
public struct ConsoleLine: Sendable, Equatable {
    /// Its time stamp, microseconds since boot; nil when the line has none.
    public var timeUs: UInt64?
    /// Who printed it, with CONFIG_PRINTK_CALLER: `T12`, `C1`.
    public var caller: String?
    /// What follows the prefix; the whole line when it has none.
    public var text: String

    /// A line of these parts.
    public init(timeUs: UInt64? = nil, caller: String? = nil, text: String) {
        self.timeUs = timeUs
        self.caller = caller
        self.text = text
    }

    /// Parses one line without its newline. Carriage returns and terminal control sequences are dropped,
    /// other control bytes become `?`.
    public init(_ bytes: some Sequence<UInt8>) {
        let clean = Self.printable(bytes)
        let prefix = LinePrefix(clean[...])
        self.init(
            timeUs: prefix.timeUs, caller: prefix.caller.map { String(decoding: $0, as: UTF8.self) },
            text: String(decoding: clean[prefix.end...], as: UTF8.self))
    }

    /// The lines of a console, the last one also when its newline is missing.
    public static func lines(of console: [UInt8]) -> [ConsoleLine] {
        var lines = console.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { ConsoleLine($0) }
    }

    /// How the kernel prints it.
    public var printed: String {
        guard let timeUs else { return text }
        return Self.print(timeUs: timeUs, caller: caller, text: text)
    }

    /// `[    1.234567][   T12] text`.
    static func print(timeUs: UInt64, caller: String?, text: String) -> String {
        let seconds = padded(String(timeUs / 1_000_000), 5, with: " ")
        let fraction = padded(String(timeUs % 1_000_000), 6, with: "0")
        let origin = caller.map { "[" + padded($0, 6, with: " ") + "]" } ?? ""
        return "[\(seconds).\(fraction)]\(origin) \(text)"
    }

    private static func padded(_ text: String, _ width: Int, with filler: Character) -> String {
        String(repeating: filler, count: max(0, width - text.utf8.count)) + text
    }

    private static func printable(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var escape = EscapeSequence()
        for byte in bytes where !escape.swallows(byte) {
            switch byte {
            case UInt8(ascii: "\r"): break
            case UInt8(ascii: "\t"), 0x20..<0x7f, 0x80...: result.append(byte)
            default: result.append(UInt8(ascii: "?"))
            }
        }
        return result
    }

    /// Recognises `ESC [ ... letter` and two-byte escapes (ECMA-48).
    private struct EscapeSequence {
        private enum State { case outside, escape, control }
        private var state = State.outside

        mutating func swallows(_ byte: UInt8) -> Bool {
            switch state {
            case .outside:
                guard byte == 0x1b else { return false }
                state = .escape
            case .escape: state = byte == UInt8(ascii: "[") ? .control : .outside
            case .control:
                if byte >= 0x40 { state = .outside }
            }
            return true
        }
    }
}
