// SPDX-License-Identifier: Apache-2.0

/// What printk writes before a line: level, time stamp, caller. Each may be missing.
struct LinePrefix {
    /// Microseconds since boot.
    private(set) var timeUs: UInt64?
    /// `T12`, `C1`.
    private(set) var caller: ArraySlice<UInt8>?
    /// Where the text starts.
    private(set) var end: Int

    init(_ line: ArraySlice<UInt8>) {
        end = line.startIndex
        var cursor = end
        Self.skipLevel(line, &cursor)
        guard let time = Self.time(line, &cursor) else { return }
        timeUs = time
        end = cursor
        if let caller = Self.caller(line, &cursor) {
            self.caller = caller
            end = cursor
        }
        // printk writes one blank; more belong to the text.
        if end < line.endIndex, line[end] == UInt8(ascii: " ") { end += 1 }
    }

    /// `<6>`, printed when no time stamps are.
    private static func skipLevel(_ line: ArraySlice<UInt8>, _ cursor: inout Int) {
        guard cursor < line.endIndex, line[cursor] == UInt8(ascii: "<") else { return }
        var next = cursor + 1
        while next < line.endIndex, line[next].isDigit, next < cursor + 5 { next += 1 }
        if next > cursor + 1, next < line.endIndex, line[next] == UInt8(ascii: ">") { cursor = next + 1 }
    }

    /// `[    1.234567]`.
    private static func time(_ line: ArraySlice<UInt8>, _ cursor: inout Int) -> UInt64? {
        guard cursor < line.endIndex, line[cursor] == UInt8(ascii: "[") else { return nil }
        var next = cursor + 1
        while next < line.endIndex, line[next] == UInt8(ascii: " ") { next += 1 }
        let secondsStart = next
        while next < line.endIndex, line[next].isDigit { next += 1 }
        guard let seconds = line[secondsStart..<next].decimal, seconds < 1 << 40,
            next + 7 < line.endIndex, line[next] == UInt8(ascii: "."),
            line[next + 7] == UInt8(ascii: "]"), let fraction = line[(next + 1)..<(next + 7)].decimal
        else { return nil }
        cursor = next + 8
        return seconds * 1_000_000 + fraction
    }

    /// `[   T12]` or `[    C1]`; an empty one and any other bracket are text.
    private static func caller(_ line: ArraySlice<UInt8>, _ cursor: inout Int) -> ArraySlice<UInt8>? {
        guard cursor < line.endIndex, line[cursor] == UInt8(ascii: "[") else { return nil }
        var next = cursor + 1
        while next < line.endIndex, line[next] == UInt8(ascii: " ") { next += 1 }
        let start = next
        guard next < line.endIndex, line[next] == UInt8(ascii: "T") || line[next] == UInt8(ascii: "C")
        else { return nil }
        next += 1
        while next < line.endIndex, line[next].isDigit { next += 1 }
        guard next > start + 1, next < line.endIndex, line[next] == UInt8(ascii: "]") else { return nil }
        cursor = next + 1
        return line[start..<next]
    }
}
