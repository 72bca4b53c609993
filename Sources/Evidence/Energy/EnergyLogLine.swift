// SPDX-License-Identifier: Apache-2.0

/// One line of what a module prints when a task exits, recognised by its shape: wording, function names
/// and line numbers differ between versions of the module.
enum EnergyLogLine: Equatable {
    /// A process id, a name, and the word energy with a number of uJ.
    case summary(pid: Int32, comm: String, energyUj: Int64)
    /// `[0]: count=12`.
    case count(index: Int, count: UInt64)
    /// Anything else.
    case other

    init(_ text: String) {
        let bytes = Array(text.utf8)
        self = Self.summary(bytes) ?? Self.count(bytes) ?? .other
    }

    /// `PID 71, COMM "sha1sum", energy estimate 5781682 (uJ)`, also `pid=71 comm=x energy=5 uJ`.
    ///
    /// A task can name itself as it likes, in 15 bytes, so the energy is what follows the last "energy",
    /// and a quoted name ends at the last quote before that.
    private static func summary(_ line: [UInt8]) -> EnergyLogLine? {
        guard let energyStart = lastIndex(of: "energy", in: line[...]) else { return nil }
        let tail = line[(energyStart + 6)...]
        guard let unit = lastIndex(of: "uj", in: tail),
            let energy = lastInteger(in: line[(energyStart + 6)..<unit]),
            let pidStart = firstIndex(of: "pid", in: line[..<energyStart]),
            let pid = Int32(exactly: leadingInteger(in: line[(pidStart + 3)..<energyStart]) ?? -1), pid >= 0,
            let commStart = firstIndex(of: "comm", in: line[pidStart..<energyStart])
        else { return nil }
        return .summary(pid: pid, comm: name(line[(commStart + 4)..<energyStart]), energyUj: energy)
    }

    private static func name(_ field: ArraySlice<UInt8>) -> String {
        let value = field.drop { $0.isBlank || $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }
        let quote = UInt8(ascii: "\"")
        if value.first == quote, let end = value.lastIndex(of: quote), end > value.startIndex {
            return String(decoding: unescaped(value[(value.startIndex + 1)..<end]), as: UTF8.self)
        }
        let separators: [UInt8] = [
            UInt8(ascii: " "), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"),
        ]
        let bare = value.reversed().drop { separators.contains($0) }.reversed()
        return String(decoding: Array(bare), as: UTF8.self)
    }

    /// Undoes `%pE`, with which newer versions print names: `\\"`, `\\\\`, `\\n` and the like, and `\\ooo`. A
    /// backslash that begins none of these stands for itself.
    private static func unescaped(_ name: ArraySlice<UInt8>) -> [UInt8] {
        let special: [UInt8: UInt8] = [
            UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5c, UInt8(ascii: "n"): 0x0a,
            UInt8(ascii: "r"): 0x0d,
            UInt8(ascii: "t"): 0x09, UInt8(ascii: "v"): 0x0b, UInt8(ascii: "f"): 0x0c,
            UInt8(ascii: "a"): 0x07,
            UInt8(ascii: "e"): 0x1b,
        ]
        var result: [UInt8] = []
        var rest = name
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let next = rest.first else {
                result.append(byte)
                continue
            }
            let digits = rest.prefix(3)
            if digits.count == 3, digits.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 < UInt8(ascii: "8") }) {
                result.append(UInt8(truncatingIfNeeded: digits.reduce(0) { $0 << 3 | Int($1 & 7) }))
                rest = rest.dropFirst(3)
            } else if let value = special[next] {
                result.append(value)
                rest = rest.dropFirst()
            } else {
                result.append(byte)
            }
        }
        return result
    }

    /// `[0]: count=8455301134, diff=623288545`.
    private static func count(_ line: [UInt8]) -> EnergyLogLine? {
        guard let word = firstIndex(of: "count", in: line[...]), word > 0 else { return nil }
        let value = line[(word + 5)...].drop {
            $0.isBlank || $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":")
        }
        guard value.startIndex > word + 5, let count = value.prefix(while: \.isDigit).decimal else {
            return nil
        }
        let before = line[..<word].reversed().drop { $0.isBlank || $0 == UInt8(ascii: ":") }.reversed()
        guard before.last == UInt8(ascii: "]"), let open = before.lastIndex(of: UInt8(ascii: "[")),
            let index = before[before.index(after: open)...].dropLast().decimal, index < 4096
        else { return nil }
        return .count(index: Int(index), count: count)
    }

    private static func leadingInteger(in bytes: ArraySlice<UInt8>) -> Int64? {
        let digits = bytes.drop { $0.isBlank || $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }
        return digits.prefix(while: \.isDigit).decimal.flatMap(Int64.init(exactly:))
    }

    /// The last number in these bytes, with its sign.
    private static func lastInteger(in bytes: ArraySlice<UInt8>) -> Int64? {
        guard let last = bytes.lastIndex(where: \.isDigit) else { return nil }
        var first = last
        while first > bytes.startIndex, bytes[first - 1].isDigit { first -= 1 }
        let isNegative = first > bytes.startIndex && bytes[first - 1] == UInt8(ascii: "-")
        guard let value = bytes[first...last].decimal else { return nil }
        return isNegative ? Int64(exactly: -Int128(value)) : Int64(exactly: value)
    }

    private static func matches(_ word: StaticString, at index: Int, in bytes: ArraySlice<UInt8>) -> Bool {
        word.withUTF8Buffer { word in
            guard bytes.endIndex - index >= word.count else { return false }
            return word.indices.allSatisfy { bytes[index + $0] | 0x20 == word[$0] }
        }
    }

    private static func firstIndex(of word: StaticString, in bytes: ArraySlice<UInt8>) -> Int? {
        bytes.indices.first { matches(word, at: $0, in: bytes) }
    }

    private static func lastIndex(of word: StaticString, in bytes: ArraySlice<UInt8>) -> Int? {
        bytes.indices.last { matches(word, at: $0, in: bytes) }
    }
}
