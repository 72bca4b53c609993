// SPDX-License-Identifier: Apache-2.0

/// What is wrong with bytes that should have been a frame or a plan.
public enum ContractError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The bytes end in the middle of a field.
    case truncated(field: String)
    /// A length or count is larger than the contract allows.
    case tooLong(field: String, length: Int, limit: Int)
    /// A number stands for nothing in this version of the contract.
    case unknownValue(field: String, value: Int)
    /// Bytes are left over behind the last field.
    case trailingBytes(count: Int)
    /// The bytes do not begin as a frame or plan begins.
    case badMagic
    /// Made by another version of pacctlab.
    case version(found: Int, known: Int)

    /// One sentence that says what was found and what was expected.
    public var description: String {
        switch self {
        case .truncated(let field): "the bytes end in the middle of \(field)"
        case .tooLong(let field, let length, let limit):
            "\(field) is \(length) long, more than the \(limit) allowed"
        case .unknownValue(let field, let value): "\(field) has the unknown value \(value)"
        case .trailingBytes(let count): "\(count) bytes are left over behind the last field"
        case .badMagic: "the bytes do not begin with the magic number of pacctlab"
        case .version(let found, let known):
            "version \(found) of the contract was found, this pacctlab speaks version \(known)"
        }
    }
}

/// Takes little-endian integers, byte strings and text from a buffer, and never reads past its end.
///
/// Everything that comes from a guest goes through here, so every length is checked against both
/// the bytes that are there and a limit that the caller names.
public struct ByteReader: Sendable {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    /// A reader over `bytes`, from its first byte.
    public init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// A reader over `bytes`, from its first byte.
    public init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    /// How many bytes are left.
    public var remaining: Int { bytes.endIndex - position }

    /// Takes an integer, least significant byte first.
    public mutating func read<Value: FixedWidthInteger>(
        _ field: String, as type: Value.Type = Value.self
    ) throws(ContractError) -> Value {
        let size = MemoryLayout<Value>.size
        guard remaining >= size else { throw .truncated(field: field) }
        var value: Value = 0
        for offset in (0..<size).reversed() {
            value = (value << 8) | Value(truncatingIfNeeded: bytes[position + offset])
        }
        position += size
        return value
    }

    /// Takes a 32-bit length and that many bytes, at most `limit`.
    public mutating func readBytes(
        _ field: String, limit: Int
    ) throws(ContractError) -> ArraySlice<UInt8> {
        let length = Int(try read(field, as: UInt32.self))
        guard length <= limit else { throw .tooLong(field: field, length: length, limit: limit) }
        guard remaining >= length else { throw .truncated(field: field) }
        defer { position += length }
        return bytes[position..<(position + length)]
    }

    /// Takes a 32-bit length and that many bytes of UTF-8; what is not UTF-8 becomes U+FFFD.
    public mutating func readString(_ field: String, limit: Int = 4096) throws(ContractError) -> String {
        let text = String(decoding: try readBytes(field, limit: limit), as: UTF8.self)
        // Bytes that are no UTF-8 become three each: the text may be longer than what was read.
        guard text.utf8.count <= limit else {
            throw .tooLong(field: field, length: text.utf8.count, limit: limit)
        }
        return text
    }

    /// Takes all that is left.
    public mutating func readRest() -> ArraySlice<UInt8> {
        defer { position = bytes.endIndex }
        return bytes[position...]
    }

    /// Throws when something is left.
    public func finish() throws(ContractError) {
        guard remaining == 0 else { throw .trailingBytes(count: remaining) }
    }
}
