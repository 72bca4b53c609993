// SPDX-License-Identifier: Apache-2.0

/// Reads a cpio archive in the format "newc" (Documentation/driver-api/early-userspace/buffer-format.rst of the kernel):
/// folders and files, which is what a job has. It is the guest's side of the archive; a library would be most of the
/// agent's size.
public struct CpioReader {
    /// Something in the archive.
    public struct Entry {
        /// Its path without a leading slash.
        public let name: String
        /// Type and permissions, as in `st_mode`.
        public let mode: UInt32
        /// A file's content, still in the archive's memory.
        public let content: UnsafeRawBufferPointer

        /// Whether it is a folder.
        public var isDirectory: Bool { mode & 0o170000 == 0o040000 }
        /// Whether it is a file.
        public var isFile: Bool { mode & 0o170000 == 0o100000 }
    }

    private static let headerSize = 110
    private static let magic = Array("070701".utf8)
    private static let endMark = "TRAILER!!!"
    private static let nameLimit = 4096

    private let archive: UnsafeRawBufferPointer
    private var offset = 0

    /// A reader at the start of an archive, whose memory must outlive it.
    public init(_ archive: UnsafeRawBufferPointer) { self.archive = archive }

    /// The next entry; nil behind the last one.
    ///
    /// - Throws: ``ContractError`` when the bytes are no archive.
    public mutating func next() throws(ContractError) -> Entry? {
        let header = try take(Self.headerSize, "cpio header")
        guard header.prefix(6).elementsEqual(Self.magic) else { throw .badMagic }
        let mode = try Self.number(1, of: header)
        let size = Int(try Self.number(6, of: header))
        let nameSize = Int(try Self.number(11, of: header))
        guard (1...Self.nameLimit).contains(nameSize) else {
            throw .tooLong(field: "cpio name", length: nameSize, limit: Self.nameLimit)
        }
        let name = String(decoding: try take(nameSize, "cpio name").dropLast(), as: UTF8.self)
        align()
        if name == Self.endMark { return nil }
        let content = try take(size, "cpio content")
        align()
        return Entry(name: name, mode: mode, content: content)
    }

    private mutating func take(_ count: Int, _ field: String) throws(ContractError) -> UnsafeRawBufferPointer
    {
        guard archive.count - offset >= count else { throw .truncated(field: field) }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: archive[offset..<(offset + count)])
    }

    /// Names and contents end at multiples of four.
    private mutating func align() { offset = min((offset + 3) & ~3, archive.count) }

    /// The header's number at that place: eight hexadecimal digits.
    private static func number(
        _ place: Int, of header: UnsafeRawBufferPointer
    ) throws(ContractError) -> UInt32 {
        var value: UInt32 = 0
        for byte in header[(6 + place * 8)..<(14 + place * 8)] {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            default: throw .unknownValue(field: "cpio digit", value: Int(byte))
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
