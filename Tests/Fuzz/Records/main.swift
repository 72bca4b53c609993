// SPDX-License-Identifier: Apache-2.0

import CFuzz
import Evidence
import Glibc

// Bytes of the record device, as a hostile module may hand them out.
//
// Whatever the bytes: no crash, no arithmetic that traps, no record that the bytes have no room for; and
// what was wrong at the end of the bytes is said.
func checkRecords(_ bytes: [UInt8]) {
    let (records, problem) = EnergyRecord.records(decoding: bytes)
    // No version that is read is smaller than version 3.
    precondition(records.count * 272 <= bytes.count, "records out of nothing")
    precondition(problem != nil || bytes.isEmpty || !records.isEmpty)
    for record in records {
        _ = EnergyArithmetic.error(record)
        _ = EnergyArithmetic.energy(counts: record.counts)
        precondition(record.comm.utf8.count <= 3 * 16, "a name that is longer than its field")
    }
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { data, size in
        checkRecords(Array(UnsafeBufferPointer(start: data, count: size)))
        return 0
    })
