// SPDX-License-Identifier: Apache-2.0

import Evidence
import Testing

@Suite("Cores and their notes")
struct CoreHeaderTests {
    private static func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func segment(_ type: UInt64, _ offset: UInt64, _ size: UInt64) -> [UInt8] {
        bytes(type, 4) + bytes(0, 4) + bytes(offset, 8) + bytes(0, 16) + bytes(size, 8) + bytes(size, 8)
            + bytes(0, 8)
    }

    /// A header as QEMU writes it: notes first, then memory.
    private static func core(_ segments: [[UInt8]]) -> [UInt8] {
        let ident: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + bytes(0, 9)
        let rest =
            bytes(4, 2) + bytes(62, 2) + bytes(1, 4) + bytes(0, 8) + bytes(64, 8) + bytes(0, 8)
            + bytes(0, 4) + bytes(64, 2) + bytes(56, 2) + bytes(UInt64(segments.count), 2) + bytes(0, 6)
        return ident + rest + segments.joined()
    }

    private static let whole = core([
        segment(4, 472, 1632), segment(1, 2104, 655_360), segment(1, 657_464, 4096),
    ])

    @Test("Memory and notes are where the header says")
    func reading() throws {
        let header = try #require(CoreHeader(Self.whole))
        #expect(header.notes == .init(offset: 472, size: 1632))
        #expect(header.memory == [.init(offset: 2104, size: 655_360), .init(offset: 657_464, size: 4096)])
    }

    @Test("Patches move the notes, and nothing else")
    func patching() throws {
        var bytes = Self.whole
        let moved = CoreHeader.Segment(offset: 0x1_2345_6789, size: 77)
        for patch in try #require(CoreHeader(bytes)).patches(notes: moved) {
            bytes.replaceSubrange(patch.offset..<patch.offset + patch.bytes.count, with: patch.bytes)
        }
        let header = try #require(CoreHeader(bytes))
        #expect(header.notes == moved)
        #expect(header.memory == CoreHeader(Self.whole)?.memory)
    }

    @Test("What is no core, or is cut off, is refused")
    func refusing() {
        #expect(CoreHeader([]) == nil)
        #expect(CoreHeader(Array("hello, this is no core at all, is it".utf8)) == nil)
        #expect(CoreHeader(Self.core([Self.segment(1, 0, 1)])) == nil, "no notes")
        #expect(CoreHeader(Self.core([Self.segment(4, 0, 1), Self.segment(4, 0, 1)])) == nil, "notes twice")
        for length in 0..<Self.whole.count {
            #expect(CoreHeader(Array(Self.whole[..<length])) == nil, "\(length)")
        }
        var far = Self.whole
        far.replaceSubrange(32..<40, with: Self.bytes(.max, 8))
        #expect(CoreHeader(far) == nil, "its table is nowhere")
    }

    private static func noteBytes(_ text: String, length: Int? = nil) -> [UInt8] {
        bytes(11, 4) + bytes(UInt64(length ?? text.utf8.count), 4) + bytes(0, 4)
            + Array("VMCOREINFO\0\0".utf8)
            + Array(text.utf8) + [UInt8](repeating: 0, count: (4 - text.utf8.count % 4) % 4)
    }

    @Test("A VMCOREINFO note is taken whole, with its release")
    func wholeNote() throws {
        let bytes = Self.noteBytes("OSRELEASE=6.18.5\nPAGESIZE=4096\n")
        let note = try #require(VMCoreInfoNote(bytes + [1, 2, 3]))
        #expect(note.bytes == bytes)
        #expect(note.release == "6.18.5")
    }

    @Test(
        "What only looks like a note is none",
        arguments: [
            noteBytes("PAGESIZE=4096\n"), noteBytes("OSRELEASE=6\n", length: 5000),
            noteBytes("OSRELEASE=6\n", length: 9000),
            noteBytes("OSRELEASE=6\n", length: Int(UInt32.max)), noteBytes("", length: 0),
            Array(noteBytes("OSRELEASE=6\n").prefix(20)),
        ])
    func noNote(bytes: [UInt8]) {
        #expect(VMCoreInfoNote(bytes) == nil)
    }
}
