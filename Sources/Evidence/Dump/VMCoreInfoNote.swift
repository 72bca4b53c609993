// SPDX-License-Identifier: Apache-2.0

/// The note in which a kernel says what a debugger must know to read its memory: symbols, offsets, its release.
///
/// Linux keeps it at the start of a page of its own (`vmcoreinfo_note` in kernel/vmcore_info.c), as an ELF note.
public struct VMCoreInfoNote: Sendable, Equatable {
    /// Bytes of a page, at whose start alone a note is looked for.
    public static let pageSize = 4096
    /// The longest note: the text may have a page, and the header comes in front of it.
    public static let limit = 2 * pageSize

    /// The whole note, header and padding included.
    public let bytes: [UInt8]
    /// Its text: lines of `NAME=VALUE`.
    public let text: String

    private static let name: [UInt8] = Array("VMCOREINFO\0\0".utf8)
    private static let first: [UInt8] = Array("OSRELEASE=".utf8)
    /// Bytes in front of the name: lengths of name and text, and the type.
    private static let headerSize = 12

    /// Whether a note may begin here: a cheap look at the first bytes of a page.
    public static func mayBegin(_ page: UnsafeRawBufferPointer) -> Bool {
        page.count >= headerSize + name.count && page[0] == 11 && page[1] == 0
            && page[headerSize..<headerSize + name.count].elementsEqual(name)
    }

    /// Takes the note at the start of `bytes`; nil when there is none that is whole.
    public init?(_ bytes: [UInt8]) {
        let start = Self.headerSize + Self.name.count
        guard bytes.count >= start, bytes.withUnsafeBytes({ Self.mayBegin($0) }) else { return nil }
        let length = (0..<4).reduce(0) { $0 | Int(bytes[4 + $1]) << (8 * $1) }
        let padded = (length + 3) / 4 * 4
        guard length > 0, start + padded <= min(bytes.count, Self.limit) else { return nil }
        let text = bytes[start..<start + length]
        guard text.starts(with: Self.first) else { return nil }
        self.bytes = Array(bytes[..<(start + padded)])
        self.text = String(decoding: text, as: UTF8.self)
    }

    /// The kernel's release, as in `uname -r`.
    public var release: String {
        String(text.prefix { !$0.isNewline }.dropFirst(Self.first.count))
    }
}
