// SPDX-License-Identifier: Apache-2.0

/// Reads little-endian integers from bytes it does not trust.
struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// Bytes not read yet.
    var remaining: Int { bytes.endIndex - position }

    /// The next integer, nil when there are too few bytes for it.
    mutating func integer<T: FixedWidthInteger>(_: T.Type = T.self) -> T? {
        let size = T.bitWidth / 8
        guard remaining >= size else { return nil }
        var value: T = 0
        for index in (0..<size).reversed() {
            value = value << 8 | T(truncatingIfNeeded: bytes[position + index])
        }
        position += size
        return value
    }

    /// The next `count` bytes, nil when there are fewer.
    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, remaining >= count else { return nil }
        defer { position += count }
        return bytes[position..<(position + count)]
    }
}
