// SPDX-License-Identifier: Apache-2.0

/// Finds the lines of a log in which a marker of a rule stands. Almost no line has one, and logs are long,
/// so this looks at pairs of bytes before it compares words.
struct HeaderScanner: Sendable {
    /// A marker in a line.
    struct Match {
        /// The marker's place in the list given to `init`.
        var marker: Int
        /// Where it stands in the log.
        var position: Int
    }

    /// A marker of so many bytes counts also when it is glued to the word before it, which happens when
    /// two messages run into each other. A shorter one may be the end of another word, as in `DEBUG: `.
    private static let longMarker = 16
    /// Of a line that is longer than the kernel's ever are, so much around a marker is looked at.
    private static let reach = (before: 1024, after: 4096)

    private let markers: [[UInt8]]
    /// For each pair of bytes, where in `buckets` the markers are that start with it; 0 for none.
    private let starts: [UInt8]
    private let buckets: [[Int]]

    init(_ markers: [StaticString]) {
        self.markers = markers.map { marker in marker.withUTF8Buffer { Array($0) } }
        var starts = [UInt8](repeating: 0, count: 1 << 16)
        var buckets: [[Int]] = [[]]
        for (index, marker) in self.markers.enumerated() {
            let pair = Int(marker[0]) << 8 | Int(marker[1])
            if starts[pair] == 0 {
                starts[pair] = UInt8(buckets.count)
                buckets.append([])
            }
            buckets[Int(starts[pair])].append(index)
        }
        self.starts = starts
        self.buckets = buckets
    }

    /// Calls `visit` for each line with a marker in it, until it returns false.
    func scan(_ log: [UInt8], visit: (Range<Int>, [Match]) -> Bool) {
        log.withUnsafeBufferPointer { bytes in
            starts.withUnsafeBufferPointer { starts in
                var index = 0
                let last = bytes.count - 1
                while index < last {
                    let bucket = starts[Int(bytes[index]) << 8 | Int(bytes[index + 1])]
                    guard bucket != 0, marker(in: bucket, at: index, bytes) != nil else {
                        index += 1
                        continue
                    }
                    let line = Self.line(around: index, in: bytes)
                    guard visit(line, matches(in: index..<line.upperBound, bytes, starts)) else { return }
                    index = max(line.upperBound, index + 1)
                }
            }
        }
    }

    /// Whether any marker stands in this text.
    func matches(_ text: Text) -> [Match] {
        text.withUnsafeBufferPointer { bytes in
            starts.withUnsafeBufferPointer { starts in
                matches(in: bytes.startIndex..<bytes.endIndex, bytes, starts).map {
                    Match(marker: $0.marker, position: $0.position + text.startIndex)
                }
            }
        }
    }

    private func matches(
        in range: Range<Int>, _ bytes: UnsafeBufferPointer<UInt8>, _ starts: UnsafeBufferPointer<UInt8>
    ) -> [Match] {
        var matches: [Match] = []
        var index = range.lowerBound
        while index < range.upperBound - 1 {
            let bucket = starts[Int(bytes[index]) << 8 | Int(bytes[index + 1])]
            if bucket != 0 {
                for marker in buckets[Int(bucket)] where stands(marker, at: index, bytes) {
                    matches.append(Match(marker: marker, position: index))
                }
            }
            index += 1
        }
        return matches
    }

    private func marker(in bucket: UInt8, at index: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        buckets[Int(bucket)].first { stands($0, at: index, bytes) }
    }

    private func stands(_ marker: Int, at index: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let word = markers[marker]
        guard bytes.count - index >= word.count else { return false }
        for offset in word.indices where bytes[index + offset] != word[offset] { return false }
        return word.count >= Self.longMarker || index == 0 || !bytes[index - 1].isWordByte
    }

    private static func line(around index: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        var start = index
        let first = max(0, index - reach.before)
        while start > first, bytes[start - 1] != UInt8(ascii: "\n") { start -= 1 }
        var end = index
        let last = min(bytes.count, index + reach.after)
        while end < last, bytes[end] != UInt8(ascii: "\n") { end += 1 }
        return start..<end
    }
}
