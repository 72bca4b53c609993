// SPDX-License-Identifier: Apache-2.0

/// The part of an ELF core's header that says where guest memory and notes are in the file.
///
/// See elf(5). QEMU writes such files; what is read is checked all the same.
public struct CoreHeader: Sendable, Equatable {
    /// A piece of the file.
    public struct Segment: Sendable, Equatable {
        /// Where it is in the file, bytes.
        public let offset: UInt64
        /// How long it is in the file, bytes.
        public let size: UInt64

        /// A piece of these bounds.
        public init(offset: UInt64, size: UInt64) {
            self.offset = offset
            self.size = size
        }
    }

    /// What is needed of the header: bytes from the file's start.
    public static let readLimit = 1 << 16

    /// Guest memory.
    public let memory: [Segment]
    /// The notes.
    public let notes: Segment
    /// Where the file has ``notes``'s program header.
    private let notesHeader: Int

    private static let magic: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1]
    private static let headerSize = 56
    private static let load: UInt32 = 1
    private static let note: UInt32 = 4

    /// Reads the beginning of a file; nil when it is no 64-bit little-endian core with one segment of notes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.starts(with: Self.magic), let table: UInt64 = Self.integer(bytes, 32),
            let count: UInt16 = Self.integer(bytes, 56), let entry: UInt16 = Self.integer(bytes, 54),
            entry == Self.headerSize, table <= UInt64(bytes.count),
            Int(table) + Int(count) * Self.headerSize <= bytes.count
        else { return nil }
        var memory: [Segment] = []
        var notes: (Segment, Int)?
        for index in 0..<Int(count) {
            let place = Int(table) + index * Self.headerSize
            guard let type: UInt32 = Self.integer(bytes, place),
                let offset: UInt64 = Self.integer(bytes, place + 8),
                let size: UInt64 = Self.integer(bytes, place + 32)
            else { return nil }
            let segment = Segment(offset: offset, size: size)
            if type == Self.load { memory.append(segment) }
            if type == Self.note {
                guard notes == nil else { return nil }
                notes = (segment, place)
            }
        }
        guard let notes else { return nil }
        self.memory = memory
        self.notes = notes.0
        notesHeader = notes.1
    }

    /// What to write where in the file so that its notes are `segment`.
    public func patches(notes segment: Segment) -> [(offset: Int, bytes: [UInt8])] {
        func bytes(_ value: UInt64) -> [UInt8] {
            (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        return [
            (notesHeader + 8, bytes(segment.offset)), (notesHeader + 32, bytes(segment.size)),
            (notesHeader + 40, bytes(segment.size)),
        ]
    }

    private static func integer<Value: FixedWidthInteger>(_ bytes: [UInt8], _ offset: Int) -> Value? {
        guard offset >= 0, offset <= bytes.count - MemoryLayout<Value>.size else { return nil }
        var value: Value = 0
        for index in 0..<MemoryLayout<Value>.size { value |= Value(bytes[offset + index]) << (8 * index) }
        return value
    }
}
