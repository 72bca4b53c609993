// SPDX-License-Identifier: Apache-2.0

/// A set of names, some of them with `*` at the start or end.
struct NamePatterns: Sendable {
    private var exact: Set<String> = []
    private var prefixes: [[UInt8]] = []
    private var suffixes: [[UInt8]] = []
    private var parts: [[UInt8]] = []

    init(_ groups: [InnocentFrames.Group]) {
        for group in groups {
            for pattern in group.patterns.split(whereSeparator: \.isWhitespace) { insert(pattern) }
        }
    }

    /// Names separated by blanks.
    init(_ patterns: String) {
        self.init([InnocentFrames.Group(reason: "", patterns: patterns)])
    }

    private mutating func insert(_ pattern: Substring) {
        let name = Array(pattern.utf8.filter { $0 != UInt8(ascii: "*") })
        switch (pattern.first == "*", pattern.last == "*") {
        case (false, false): exact.insert(String(pattern))
        case (false, true): prefixes.append(name)
        case (true, false): suffixes.append(name)
        case (true, true): parts.append(name)
        }
    }

    func contains(_ name: String) -> Bool {
        if exact.contains(name) { return true }
        let bytes = Array(name.utf8)
        return prefixes.contains { bytes.starts(with: $0) }
            || suffixes.contains { bytes.count >= $0.count && bytes.suffix($0.count).elementsEqual($0) }
            || parts.contains { Self.contains(bytes, $0) }
    }

    private static func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        guard bytes.count >= part.count else { return false }
        return (0...(bytes.count - part.count)).contains { start in
            bytes[start..<(start + part.count)].elementsEqual(part)
        }
    }
}
