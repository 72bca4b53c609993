// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import SystemPackage

/// Sees to it that a dump carries the kernel's VMCOREINFO note, without which no debugger can read it.
///
/// A guest hands that note to QEMU through the device `vmcoreinfo`, but only with ACPI: without it Linux cannot take
/// the lock that its driver of the device wants, and warns. The simulated guests have no ACPI. The note itself is in
/// their memory in any case, from early in the boot on.
enum CoreNotes {
    private static let chunk = 1 << 20
    /// Notes that are looked at: anything in the guest's memory may look like one.
    private static let candidates = 64

    /// Adds the note to the file's notes, unless it is there.
    ///
    /// - Parameter release: What `uname -r` says in the guest: the note of another kernel is none.
    /// - Throws: ``LabError`` when there is no such note in the memory, `Errno` when the file cannot be changed.
    static func complete(_ path: FilePath, release: String) throws {
        let file = try FileDescriptor.open(path, .readWrite, options: [.closeOnExec])
        try file.closeAfter {
            guard let header = CoreHeader(try read(file, 0, CoreHeader.readLimit)) else {
                throw LabError(.trouble, "QEMU's memory dump is not the ELF core it should be.")
            }
            let notes = try read(file, header.notes.offset, min(Int(clamping: header.notes.size), 1 << 20))
            if String(decoding: notes, as: UTF8.self).contains("VMCOREINFO") { return }
            guard let note = try search(file, header, release) else {
                throw LabError(
                    .trouble,
                    "The guest's memory has no VMCOREINFO note of kernel \(release): it crashed too early, "
                        + "or its kernel was built without CONFIG_VMCORE_INFO.")
            }
            let end = UInt64(try file.seek(offset: 0, from: .end))
            let all = notes + note.bytes
            try file.writeAll(toAbsoluteOffset: Int64(end), all)
            for patch in header.patches(notes: .init(offset: end, size: UInt64(all.count))) {
                try file.writeAll(toAbsoluteOffset: Int64(patch.offset), patch.bytes)
            }
        }
    }

    private static func search(
        _ file: FileDescriptor, _ header: CoreHeader, _ release: String
    ) throws -> VMCoreInfoNote? {
        var seen = 0
        for segment in header.memory {
            var offset: UInt64 = 0
            while offset < segment.size {
                let bytes = try read(
                    file, segment.offset + offset, min(chunk, Int(clamping: segment.size - offset)))
                guard !bytes.isEmpty else { break }
                for page in pages(of: bytes) {
                    seen += 1
                    guard seen <= candidates else { return nil }
                    let place = segment.offset + offset + UInt64(page)
                    if let note = VMCoreInfoNote(try read(file, place, VMCoreInfoNote.limit)),
                        note.release == release
                    {
                        return note
                    }
                }
                offset += UInt64(bytes.count)
            }
        }
        return nil
    }

    /// Offsets of the pages at whose start a note may be.
    private static func pages(of bytes: [UInt8]) -> [Int] {
        bytes.withUnsafeBytes { buffer in
            stride(from: 0, to: buffer.count, by: VMCoreInfoNote.pageSize).filter {
                VMCoreInfoNote.mayBegin(UnsafeRawBufferPointer(rebasing: buffer[$0...]))
            }
        }
    }

    /// At most `count` bytes; fewer at the end of the file.
    private static func read(_ file: FileDescriptor, _ offset: UInt64, _ count: Int) throws -> [UInt8] {
        let place = Int64(clamping: offset)
        var bytes: [UInt8] = []
        while bytes.count < count {
            let piece = try [UInt8](unsafeUninitializedCapacity: count - bytes.count) { buffer, length in
                length = try file.read(
                    fromAbsoluteOffset: place + Int64(bytes.count),
                    into: UnsafeMutableRawBufferPointer(buffer))
            }
            if piece.isEmpty { break }
            bytes += piece
        }
        return bytes
    }
}
