// SPDX-License-Identifier: Apache-2.0

import CFuzz
import Evidence
import Foundation

// Entries of the process ledger, as a hostile guest may send them.
//
// Whatever the bytes: no crash, no more events and lives than the bytes have room for, and every event
// is one line of JSON.
func checkLedger(_ bytes: [UInt8]) {
    let (events, problem) = LedgerEvent.events(decoding: bytes)
    // The smallest entry is a kind and a time.
    precondition(events.count * 9 <= bytes.count, "events out of nothing")
    precondition(problem != nil || bytes.isEmpty || !events.isEmpty)
    for event in events {
        let line = event.json
        precondition(!line.contains("\n"), "a line that is two")
        precondition((try? JSONSerialization.jsonObject(with: Data(line.utf8))) != nil, "no JSON: \(line)")
    }
    let table = ProcessTable(of: events)
    // A fork makes one life, and so may an exec or exit of a task that was never seen before.
    precondition(table.lives.count <= 2 * events.count, "lives out of nothing")
    for life in table.lives.prefix(8) { _ = table.candidates(pid: life.pid, startNs: life.start.lowerBound) }
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { data, size in
        checkLedger(Array(UnsafeBufferPointer(start: data, count: size)))
        return 0
    })
