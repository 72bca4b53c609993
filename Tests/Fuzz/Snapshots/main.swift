// SPDX-License-Identifier: Apache-2.0

import CFuzz
import Evidence
import Glibc

// Snapshots of the system around the module's life, as a hostile guest may send them.
//
// The input is two snapshots, before and after, separated by the first byte 0xFF. Whatever the bytes: no crash; and
// a snapshot that is not whole never lets a comparison say that nothing is left.
func checkSnapshots(_ bytes: [UInt8]) {
    let end = bytes.firstIndex(of: 0xFF) ?? bytes.endIndex
    let before = SystemSnapshot(decoding: Array(bytes[..<end]))
    let after = SystemSnapshot(decoding: Array(bytes[end...].dropFirst()))
    precondition(before.sections.values.reduce(0) { $0 + $1.text.utf8.count } <= 3 * bytes.count)
    let residue = Residue(
        .init(before: before, loaded: before, after: after, end: after), module: "pacct_energy")
    if after.sections.isEmpty {
        precondition(
            !residue.items.isEmpty || !residue.doubts.isEmpty, "nothing was looked at, and nothing is said")
    }
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { data, size in
        checkSnapshots(Array(UnsafeBufferPointer(start: data, count: size)))
        return 0
    })
