// SPDX-License-Identifier: Apache-2.0

/// Finds the lines of a log in which a marker of a rule stands. Almost no line has one, and logs are long,
/// so this looks at pairs of bytes before it compares words.
struct HeaderScanner: Sendable {
    private let markers: [[UInt8]]
    /// For each pair of bytes, whether a marker starts with it.
    private let starts: [Bool]

    init(_ markers: [StaticString]) {
        self.markers = markers.map { marker in marker.withUTF8Buffer { Array($0) } }
        var starts = [Bool](repeating: false, count: 1 << 16)
        for marker in self.markers { starts[Int(marker[0]) << 8 | Int(marker[1])] = true }
        self.starts = starts
    }

    /// The starts of lines with a marker, at or after `position`, until `visit` returns false. A marker
    /// counts only where no letter precedes it.
    func scan(_ log: [UInt8], from position: Int = 0, visit: (Range<Int>) -> Bool) {
        log.withUnsafeBufferPointer { bytes in
            starts.withUnsafeBufferPointer { starts in
                var index = position
                let last = bytes.count - 1
                while index < last {
                    guard starts[Int(bytes[index]) << 8 | Int(bytes[index + 1])], isMarker(bytes, at: index)
                    else {
                        index += 1
                        continue
                    }
                    let line = Self.line(around: index, in: bytes)
                    guard visit(line) else { return }
                    index = max(line.upperBound, index + 1)
                }
            }
        }
    }

    private func isMarker(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
        if index > 0, bytes[index - 1].isWordByte { return false }
        return markers.contains { marker in
            guard bytes.count - index >= marker.count else { return false }
            return marker.indices.allSatisfy { bytes[index + $0] == marker[$0] }
        }
    }

    private static func line(around index: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        var start = index
        while start > 0, bytes[start - 1] != UInt8(ascii: "\n") { start -= 1 }
        var end = index
        while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
        return start..<end
    }
}
