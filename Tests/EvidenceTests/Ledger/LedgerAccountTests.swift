// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Evidence

/// A ledger written by hand. Times are milliseconds.
private struct Story {
    private(set) var events: [LedgerEvent] = []

    init() {
        mark(1, .listening)
        list(2, [1])
    }

    mutating func fork(_ time: UInt64, _ pid: Int32, of tgid: Int32? = nil) {
        add(time, .fork(pid: pid, tgid: tgid ?? pid, parentPid: 1, parentTgid: 1))
    }

    mutating func exec(_ time: UInt64, _ pid: Int32) { add(time, .exec(pid: pid, tgid: pid)) }

    mutating func exit(_ time: UInt64, _ pid: Int32, of tgid: Int32? = nil) {
        add(time, .exit(pid: pid, tgid: tgid ?? pid, parentPid: 1, parentTgid: 1, code: 0))
    }

    mutating func list(_ time: UInt64, _ pids: [Int32], exiting: Set<Int32> = []) {
        mark(time, .listing)
        for pid in pids {
            add(
                time,
                .task(
                    .init(
                        pid: pid, tgid: pid, parent: 0, startNs: 0, isExiting: exiting.contains(pid),
                        isKernelThread: false, comm: "t\(pid)")))
        }
        mark(time, .listed)
    }

    mutating func load(_ time: UInt64, alive: [Int32] = [1], exiting: Set<Int32> = []) {
        mark(time, .loadStarted, "m")
        mark(time + 5, .loadEnded, "m", device: true)
        list(time + 6, alive, exiting: exiting)
    }

    mutating func unload(_ time: UInt64, open: Bool = true) {
        mark(time, .unloadStarted, "m", device: open)
        mark(time + 5, .unloadEnded, "m", device: open)
    }

    mutating func end(_ time: UInt64, alive: [Int32] = [1]) {
        list(time, alive)
        mark(time + 1, .ended)
    }

    mutating func mark(
        _ time: UInt64, _ mark: LedgerEvent.Mark, _ module: String = "", device: Bool = false,
        wentWell: Bool = true
    ) { add(time, .mark(mark, wentWell: wentWell, hasDevice: device, module: module)) }

    mutating func add(_ time: UInt64, _ what: LedgerEvent.What) {
        events.append(LedgerEvent(timeNs: time * 1_000_000, what: what))
    }

    var table: ProcessTable { ProcessTable(of: events) }

    func account(_ records: [EnergyRecord]) -> LedgerAccount {
        LedgerAccount(table, records: records, module: "m")
    }
}

/// A record; the start is that of a fork told of at `forked` milliseconds.
private func record(
    _ pid: Int32, forked: Double, exit: Double, alive: Bool = false, of tgid: Int32? = nil
) -> EnergyRecord {
    EnergyRecord(
        comm: "t", pid: pid, tgid: tgid ?? pid, startNs: UInt64(forked * 1e6) - (forked == 0 ? 0 : 2000),
        exitNs: UInt64(exit * 1e6), energyUj: 0, counts: [], flags: alive ? .alive : [])
}

@Suite("Records against the ledger")
struct LedgerAccountTests {
    /// Two processes live and die while the module is loaded; PID 1 lives on.
    private func simple() -> Story {
        var story = Story()
        story.load(100)
        story.fork(200, 50)
        story.fork(210, 51)
        story.exit(300, 50)
        story.exit(310, 51)
        story.unload(1000)
        story.end(1100)
        return story
    }

    private let right = [
        record(50, forked: 200, exit: 299.9), record(51, forked: 210, exit: 309.9),
        record(1, forked: 0, exit: 1002, alive: true),
    ]

    @Test("Of two unloads at once the first begins it, whichever is refused")
    func twoUnloads() {
        var story = Story()
        story.load(10)
        story.mark(30, .unloadStarted, "m", device: true)
        story.mark(31, .unloadStarted, "m", device: true)
        story.mark(32, .unloadEnded, "m", wentWell: false)
        story.mark(40, .unloadEnded, "m", device: true)
        story.end(50)
        let window = story.table.windows[0]
        #expect(window.unloadStartedNs == 30_000_000 && window.unloadEndedNs == 40_000_000)
        #expect(window.deviceOpenAtUnload)
        // Refused, and nothing else goes on: it is as if it had never been tried.
        var other = Story()
        other.load(10)
        other.mark(30, .unloadStarted, "m", device: true)
        other.mark(31, .unloadEnded, "m", wentWell: false)
        #expect(other.table.windows[0].unloadStartedNs == nil)
        other.unload(40)
        #expect(other.table.windows[0].unloadStartedNs == 40_000_000)
    }

    @Test("One record each is right, in any order")
    func clean() {
        #expect(simple().table.doubts.isEmpty, "\(simple().table.doubts)")
        for records in [right, right.reversed()] {
            let account = simple().account(records)
            #expect(account.exitsOwed == 2 && account.exitsFound == 2)
            #expect(account.aliveOwed == 1 && account.aliveFound == 1)
            #expect(account.exitsMissing.isEmpty && account.aliveMissing.isEmpty && account.wrong.isEmpty)
        }
    }

    @Test("Each record that is not there is missed, and named")
    func missing() {
        let story = simple()
        for index in right.indices {
            var records = right
            let gone = records.remove(at: index)
            let account = story.account(records)
            let missing = account.exitsMissing + account.aliveMissing
            #expect(missing.map { story.table.lives[$0].pid } == [gone.pid])
            #expect(account.wrong.isEmpty)
        }
        #expect(story.account([]).exitsMissing.count == 2)
    }

    @Test("An exit that is told after younger ones of the same pid is still its own task's")
    func toldLate() {
        var story = Story()
        story.load(100)
        story.fork(200, 50)
        story.fork(300, 50)
        story.exit(350, 50)
        story.fork(400, 50)
        story.exit(250, 50)
        story.exit(450, 50)
        story.unload(1000)
        story.end(1100)
        let account = story.account([
            record(50, forked: 200, exit: 249.9), record(50, forked: 300, exit: 349.9),
            record(50, forked: 400, exit: 449.9), record(1, forked: 0, exit: 1002, alive: true),
        ])
        #expect(story.table.doubts.isEmpty)
        #expect(account.exitsFound == 3 && account.exitsMissing.isEmpty && account.wrong.isEmpty)
    }

    @Test("Each kind of wrong record is told from the others")
    func wrong() {
        let cases: [(EnergyRecord, LedgerAccount.Fault)] = [
            (right[0], .second),
            (record(52, forked: 210, exit: 250), .ofNoTask),
            (record(50, forked: 205, exit: 250), .ofNoTask),
            // Long before the fork was told of, but nobody else had the pid then: it may be that task's.
            (record(50, forked: 20, exit: 250), .second),
            (record(50, forked: 200, exit: 50), .whileNotLoaded),
            (record(50, forked: 200, exit: 1200), .whileNotLoaded),
        ]
        for (extra, fault) in cases {
            let account = simple().account(right + [extra])
            #expect(account.wrong.map(\.fault) == [fault], "\(extra)")
            #expect(account.wrong.first?.record == 3)
        }
        let instead: [(Int, EnergyRecord, LedgerAccount.Fault)] = [
            (0, record(50, forked: 200, exit: 305), .beyondExit),
            (0, record(50, forked: 200, exit: 1002, alive: true), .aliveAfterExit),
            (2, record(1, forked: 0, exit: 500), .ofLivingTask),
        ]
        for (index, other, fault) in instead {
            var records = right
            records[index] = other
            #expect(simple().account(records).wrong.map(\.fault) == [fault], "\(other)")
        }
    }

    @Test("A pid that is used again is another task: its record is not that of its predecessor")
    func reuse() {
        var story = Story()
        story.load(100)
        for round in 0..<3 as Range<UInt64> {
            story.fork(200 + 20 * round, 50)
            story.exit(210 + 20 * round, 50)
        }
        story.unload(1000)
        story.end(1100)
        let good = (0..<3).map { record(50, forked: 200 + 20 * Double($0), exit: 209 + 20 * Double($0)) }
        let alive = record(1, forked: 0, exit: 1002, alive: true)
        let account = story.account(good + [alive])
        #expect(account.exitsOwed == 3 && account.exitsFound == 3 && account.wrong.isEmpty)
        // The account of the first goes on with what the second did: one record for two tasks.
        let billed = story.account([record(50, forked: 200, exit: 229), good[2], alive])
        #expect(billed.wrong.map(\.fault) == [.beyondExit])
        #expect(billed.exitsMissing.count == 1)
        let twice = story.account([good[0], good[0], good[2], alive])
        #expect(twice.wrong.map(\.fault) == [.second] && twice.exitsMissing.count == 1)
    }

    @Test("A predecessor whose exit is told late does not lose it to its successor")
    func lateExit() {
        var story = Story()
        story.load(100)
        story.fork(200, 50)
        story.fork(220, 50)
        story.exit(221, 50)
        story.exit(300, 50)
        story.unload(1000)
        story.end(1100)
        #expect(story.table.lives.suffix(2).map(\.exitNs?.lowerBound) == [221_000_000, 300_000_000])
        let account = story.account([
            record(50, forked: 200, exit: 215), record(50, forked: 220, exit: 299),
            record(1, forked: 0, exit: 1002, alive: true),
        ])
        #expect(account.exitsFound == 2 && account.wrong.isEmpty && account.exitsMissing.isEmpty)
    }

    @Test("Around loading and unloading a record may be there and need not")
    func edges() {
        var story = Story()
        story.fork(50, 40)
        story.exit(60, 40)
        story.fork(70, 41)
        story.fork(71, 42)
        story.load(100, alive: [1, 41, 42], exiting: [41])
        story.exit(150, 41)
        story.exit(160, 42)
        story.fork(200, 43)
        story.unload(1000)
        story.exit(1003, 43)
        story.end(1100)
        let owed = [record(42, forked: 71, exit: 159), record(1, forked: 0, exit: 1002, alive: true)]
        for last in [record(43, forked: 200, exit: 1001, alive: true), record(43, forked: 200, exit: 1002)] {
            for may in [[], [record(41, forked: 70, exit: 152)]] {
                let account = story.account(owed + may + [last])
                #expect(account.exitsOwed == 1 && account.exitsFound == 1)
                #expect(account.aliveOwed == 2 && account.aliveFound == 2)
                #expect(account.wrong.isEmpty && account.optional == 1)
            }
        }
        #expect(story.account(owed).aliveMissing.count == 1)
        let before = story.account(owed + [record(40, forked: 50, exit: 110)])
        #expect(before.wrong.map(\.fault) == [.beyondExit])
    }

    @Test("A device that nobody read during the unload owes no record of the living")
    func closedDevice() {
        var story = Story()
        story.load(100)
        story.fork(200, 50)
        story.exit(300, 50)
        story.fork(8000, 51)
        story.exit(8900, 51)
        story.unload(9000, open: false)
        story.end(9100)
        let account = story.account([record(50, forked: 200, exit: 299)])
        #expect(account.exitsOwed == 1 && account.exitsFound == 1 && account.aliveOwed == 0)
        #expect(account.exitsMissing.isEmpty)
    }

    @Test("A thread that calls exec takes over its leader's pid: two tasks, two records")
    func threadExec() {
        for leaderFirst in [true, false] {
            var story = Story()
            story.load(100)
            story.fork(200, 50)
            story.fork(210, 51, of: 50)
            // The old leader's exit comes under its own pid, or under the thread's if they have changed already.
            story.exit(300, leaderFirst ? 50 : 51, of: 50)
            story.exec(301, 50)
            story.exit(400, 50)
            story.unload(1000)
            story.end(1100)
            #expect(story.table.doubts.isEmpty, "\(story.table.doubts)")
            #expect(story.table.lives.last?.takeover == (leaderFirst ? .certain : .possible))
            let records = [
                record(50, forked: 200, exit: 299), record(50, forked: 210, exit: 399),
                record(1, forked: 0, exit: 1002, alive: true),
            ]
            let account = story.account(records)
            #expect(account.exitsOwed == 2 && account.exitsFound == 2, "\(account)")
            #expect(account.wrong.isEmpty && account.aliveFound == 1)
            #expect(story.account([records[0], records[2]]).exitsMissing.count == 1)
            #expect(story.account([records[1], records[2]]).exitsMissing.count == 1)
            #expect(story.account(records + [records[1]]).wrong.map(\.fault) == [.second])
        }
    }

    @Test("A ledger that missed something says so")
    func doubts() {
        func doubts(_ change: (inout Story) -> Void) -> [String] {
            var story = Story()
            change(&story)
            return story.table.doubts
        }
        #expect(doubts { $0.end(10) }.isEmpty)
        #expect(doubts { _ in }.contains { $0.contains("no end") })
        #expect(ProcessTable(of: []).doubts.count == 1)
        let changes: [(String, (inout Story) -> Void)] = [
            ("no room", { $0.add(5, .overrun) }), ("3 events", { $0.add(5, .gap(cpu: 1, missing: 3)) }),
            ("1 exits are of no task", { $0.exit(5, 77) }),
            ("first pid 77", { $0.fork(5, 77) }),
            ("1 tasks in /proc", { $0.list(6, [1, 78]) }),
            ("errno 93", { $0.add(5, .unavailable(errno: 93)) }),
        ]
        for (word, change) in changes {
            let found = doubts {
                change(&$0)
                $0.end(10)
            }
            #expect(found.count == 1 && found[0].contains(word), "\(word): \(found)")
        }
    }

    @Test("What a module prints must be of a task that exited, and of each only once")
    func printed() {
        let line = { (pid: Int32, time: Double) in
            EnergyRecord(comm: "t", pid: pid, exitNs: UInt64(time * 1e6), energyUj: 0, counts: [])
        }
        let account = { (records: [EnergyRecord]) in
            PrintedRecordAccount(self.simple().table, records: records, module: "m")
        }
        #expect(account([line(50, 300), line(51, 310)]) == account([]))
        #expect(account([line(50, 300), line(1, 310)]).ofNoTask == [1])
        #expect(account([line(50, 300), line(51, 310), line(50, 320)]).second == [2])
    }
}
