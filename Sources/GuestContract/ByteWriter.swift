// SPDX-License-Identifier: Apache-2.0

/// Appends little-endian integers, byte strings and text to a growing buffer.
///
/// The twin of ``ByteReader``: what one writes, the other reads back. Strings and byte strings are
/// written as a 32-bit length and then that many bytes.
public struct ByteWriter: Sendable {
    /// Everything written so far.
    public private(set) var bytes: [UInt8] = []

    /// An empty writer.
    public init() {}

    /// Appends an integer, least significant byte first.
    public mutating func write<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Appends bytes as they are, without a length.
    public mutating func writeRaw(_ raw: some Sequence<UInt8>) {
        bytes.append(contentsOf: raw)
    }

    /// Appends a 32-bit length and the bytes.
    public mutating func write(_ data: [UInt8]) {
        write(UInt32(data.count))
        bytes.append(contentsOf: data)
    }

    /// Appends a 32-bit length and the text in UTF-8.
    public mutating func write(_ text: String) {
        write(Array(text.utf8))
    }
}
