// SPDX-License-Identifier: Apache-2.0

import CFuzz
import Evidence
import Glibc

// The header of a memory dump, and a page of guest memory that may be the kernel's VMCOREINFO note.
//
// Whatever the bytes: no crash, and what is to be written into the dump lies within the header that was read.
func checkDump(_ bytes: [UInt8]) {
    if let header = CoreHeader(bytes) {
        precondition(header.memory.count * 56 <= bytes.count, "segments out of nothing")
        for patch in header.patches(notes: .init(offset: .max, size: .max)) {
            precondition(
                patch.offset >= 0 && patch.offset + patch.bytes.count <= bytes.count, "outside the header")
        }
    }
    if let note = VMCoreInfoNote(bytes) {
        precondition(note.bytes.count <= bytes.count + 4)
        _ = note.release
    }
    if bytes.count >= VMCoreInfoNote.pageSize {
        bytes.withUnsafeBytes { _ = VMCoreInfoNote.mayBegin($0) }
    }
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { data, size in
        checkDump(Array(UnsafeBufferPointer(start: data, count: size)))
        return 0
    })
