// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Evidence

@Suite("Records held against the ledger")
struct LedgerAccountTests {
    private typealias Fixture = LedgerFixture
    private let second = LedgerFixture.second

    /// Two processes, the second with a thread, and their records.
    private func whole() -> (LedgerFixture, [EnergyRecord]) {
        var ledger = Fixture()
        ledger.fork(100, at: 2 * second)
        ledger.exit(100, at: 3 * second)
        ledger.fork(101, at: 4 * second)
        ledger.fork(102, tgid: 101, by: 101, at: 4 * second + 1_000_000)
        ledger.exit(102, tgid: 101, at: 5 * second)
        ledger.exit(101, at: 6 * second)
        let records = [
            Fixture.record(100, forked: 2 * second, exited: 3 * second),
            Fixture.record(
                102, tgid: 101, forked: 4 * second + 1_000_000, exited: 5 * second, flags: .thread),
            Fixture.record(101, forked: 4 * second, exited: 6 * second), Fixture.initRecord,
        ]
        return (ledger, records)
    }

    private func account(_ ledger: LedgerFixture, _ records: [EnergyRecord]) -> LedgerAccount {
        LedgerAccount(ledger.table, records: records, module: Fixture.module)
    }

    @Test("One record for each exit, and one for each task alive: nothing is wrong")
    func right() {
        let (ledger, records) = whole()
        let account = account(ledger, records)
        #expect(ledger.table.doubts.isEmpty)
        #expect(account.exitsOwed == 3 && account.exitsFound == 3 && account.exitsMissing.isEmpty)
        #expect(account.aliveOwed == 1 && account.aliveFound == 1 && account.aliveMissing.isEmpty)
        #expect(account.wrong.isEmpty)
    }

    @Test("Each record that is left out is missed", arguments: 0..<4)
    func missing(index: Int) {
        var (ledger, records) = whole()
        let gone = records.remove(at: index)
        let account = account(ledger, records)
        let missing = account.exitsMissing + account.aliveMissing
        #expect(missing.map { ledger.table.lives[$0].pid } == [gone.pid])
        #expect(account.wrong.isEmpty)
    }

    @Test("A second record of a task is one too many", arguments: 0..<4)
    func twice(index: Int) {
        var (ledger, records) = whole()
        records.append(records[index])
        #expect(account(ledger, records).wrong.map(\.fault) == [.second])
    }

    @Test("A record of a pid that no task had is of no task")
    func nobody() {
        var (ledger, records) = whole()
        records.append(Fixture.record(555, forked: 2 * second, exited: 3 * second))
        // The right pid, and a start at which somebody else, or nobody, had it.
        records.append(Fixture.record(100, forked: 7 * second, exited: 8 * second))
        #expect(account(ledger, records).wrong.map(\.fault) == [.ofNoTask, .ofNoTask])
    }

    @Test("A record says exited of a task that lives, or alive of one that exited")
    func states() {
        var (ledger, records) = whole()
        ledger.fork(103, at: 7 * second)
        records.append(Fixture.record(103, forked: 7 * second, exited: 8 * second))
        #expect(account(ledger, records).wrong.map(\.fault) == [.ofLivingTask])
        records.removeLast()
        records.append(Fixture.record(103, forked: 7 * second, exited: 8 * second, flags: .alive))
        #expect(account(ledger, records).wrong.isEmpty)
        records[0].flags.insert(.alive)
        #expect(account(ledger, records).wrong.map(\.fault) == [.aliveAfterExit])
    }

    @Test("Two lives of one pid have a record each, told apart by their starts")
    func reuse() {
        var (ledger, records) = whole()
        ledger.fork(100, at: 7 * second)
        ledger.exit(100, at: 8 * second)
        let account1 = account(ledger, records)
        #expect(account1.exitsMissing.map { ledger.table.lives[$0].forkedNs } == [7 * second])
        records.append(Fixture.record(100, forked: 7 * second, exited: 8 * second))
        let account2 = account(ledger, records)
        #expect(account2.exitsOwed == 4 && account2.exitsMissing.isEmpty && account2.wrong.isEmpty)
        // The first life's account that went on to the end of the second one.
        records[0].exitNs = 8 * second
        #expect(account(ledger, records).wrong.map(\.fault) == [.beyondExit])
    }

    @Test("Records of a time when the module was not loaded are wrong")
    func notLoaded() {
        var (ledger, records) = whole()
        ledger.fork(104, at: second / 2)
        ledger.exit(104, at: second / 2 + 1000)
        records.append(Fixture.record(104, forked: second / 2, exited: second / 2 + 1000))
        #expect(account(ledger, records).wrong.map(\.fault) == [.whileNotLoaded])
    }

    @Test("What happens during load and unload may have a record and need not")
    func edges() {
        var (ledger, records) = whole()
        ledger.fork(105, at: Fixture.loaded - 500)
        ledger.exit(105, at: Fixture.loaded - 200)
        ledger.fork(106, at: 8 * second)
        ledger.exit(106, at: Fixture.unloading + 300_000)
        let without = account(ledger, records)
        #expect(without.exitsMissing.isEmpty && without.wrong.isEmpty)
        records.append(Fixture.record(106, forked: 8 * second, exited: Fixture.unloading + 300_000))
        let with = account(ledger, records)
        #expect(with.exitsMissing.isEmpty && with.wrong.isEmpty)
    }

    @Test("A thread that calls exec takes over its leader's pid; both have one record")
    func threadExec() {
        var ledger = Fixture()
        ledger.fork(200, at: 2 * second)
        ledger.fork(201, tgid: 200, by: 200, at: 2 * second + 1_000_000)
        // The leader dies first; the thread goes on as 200.
        ledger.exit(200, at: 3 * second)
        ledger.exec(200, at: 3 * second + 1000)
        ledger.exit(200, at: 4 * second)
        var records = [
            Fixture.record(200, forked: 2 * second, exited: 3 * second),
            Fixture.record(200, forked: 2 * second, exited: 4 * second), Fixture.initRecord,
        ]
        let whole = account(ledger, records)
        #expect(ledger.table.doubts.isEmpty)
        #expect(whole.exitsOwed == 2 && whole.exitsMissing.isEmpty && whole.wrong.isEmpty)
        records.removeFirst()
        #expect(account(ledger, records).exitsMissing.count == 1)
    }

    @Test("An overrun, missing events and a kernel that tells nothing are doubts, never a pass")
    func overruns() {
        let events: [LedgerEvent.What] = [.overrun, .gap(cpu: 1, missing: 3), .unavailable(errno: 93)]
        for event in events {
            var (ledger, _) = whole()
            ledger.extra = [.init(timeNs: 9_500_000_000, what: event)]
            #expect(!ledger.table.doubts.isEmpty, "\(event)")
        }
    }
}
