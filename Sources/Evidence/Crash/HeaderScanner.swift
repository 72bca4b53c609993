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

    /// A marker of so many bytes counts also when it is glued to the word before it, which happens when
    /// two messages run into each other. A shorter one may be the end of another word, as in `DEBUG: `.
    private static let longMarker = 16

    /// The lines with a marker, at or after `position`, until `visit` returns false.
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
        let isInWord = index > 0 && bytes[index - 1].isWordByte
        return markers.contains { marker in
            guard bytes.count - index >= marker.count, !isInWord || marker.count >= Self.longMarker else {
                return false
            }
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
