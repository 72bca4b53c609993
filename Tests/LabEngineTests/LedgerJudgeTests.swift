// SPDX-License-Identifier: Apache-2.0

import Evidence
import GuestContract
import Testing

@testable import LabEngine

@Suite("The judge of the ledger")
struct LedgerJudgeTests {
    /// PID 50 lives and dies while the module is loaded. Times are milliseconds.
    private static let events: [LedgerEvent] = [
        event(1, .mark(.listening, wentWell: true, hasDevice: false, module: "")),
        event(2, .mark(.listing, wentWell: true, hasDevice: false, module: "")),
        event(2, .mark(.listed, wentWell: true, hasDevice: false, module: "")),
        event(10, .mark(.loadStarted, wentWell: true, hasDevice: false, module: "mod")),
        event(11, .mark(.loadEnded, wentWell: true, hasDevice: true, module: "mod")),
        event(20, .fork(pid: 50, tgid: 50, parentPid: 1, parentTgid: 1)),
        event(30, .exit(pid: 50, tgid: 50, parentPid: 1, parentTgid: 1, code: 256)),
        event(40, .mark(.unloadStarted, wentWell: true, hasDevice: true, module: "mod")),
        event(41, .mark(.unloadEnded, wentWell: true, hasDevice: false, module: "mod")),
        event(50, .mark(.ended, wentWell: true, hasDevice: false, module: "")),
    ]

    private static func event(_ time: UInt64, _ what: LedgerEvent.What) -> LedgerEvent {
        LedgerEvent(timeNs: time * 1_000_000, what: what)
    }

    private func record(_ pid: Int32) -> EnergyRecord {
        EnergyRecord(
            seq: 0, comm: "task", pid: pid, tgid: pid, startNs: 19_999_000, exitNs: 29_000_000, energyUj: 0,
            counts: [])
    }

    private func judge(_ records: [EnergyRecord], _ change: (inout RunEvidence) -> Void = { _ in })
        -> Judgement
    {
        var evidence = JudgeTests.clean()
        evidence.plan.keepsLedger = true
        evidence.ledgerEvents = Self.events
        evidence.processes = ProcessTable(of: Self.events)
        evidence.records = records
        evidence.recordsAreBinary = true
        change(&evidence)
        return LedgerJudge().judge(evidence, earlier: [])
    }

    @Test("The right record passes without a word")
    func right() { #expect(judge([record(50)]) == .nothing) }

    @Test("A missing record is a finding with numbers and names")
    func missing() throws {
        let finding = try #require(judge([]).findings.first)
        #expect(finding.crashClass == .recordsMissing && finding.count == 1)
        #expect(finding.title.hasPrefix("1 of 1 tasks that exited"))
        #expect(finding.evidence.first?.contains("task 50: forked by 1 at 0.020000 s") == true)
    }

    @Test("What was lost for want of room is not found a second time")
    func lost() {
        var other = record(60)
        other.seq = 1
        #expect(judge([other]).findings.map(\.crashClass) == [.recordsWrong])
    }

    @Test("A second record, and one of nobody, are findings with numbers")
    func wrong() {
        let judgement = judge([record(50), record(50), record(60)])
        #expect(judgement.findings.map(\.crashClass) == [.recordsWrong, .recordsWrong])
        #expect(judgement.findings.allSatisfy { $0.title.hasPrefix("1 of 3 energy records") })
    }

    @Test("A ledger with a gap, without an end, or none at all rules a pass out for our records")
    func doubts() {
        let ledgers: [[LedgerEvent]] = [
            [], Self.events.dropLast(), Self.events + [Self.event(51, .overrun)],
            Self.events + [Self.event(51, .gap(cpu: 0, missing: 1))],
            [Self.event(1, .unavailable(errno: 93))],
        ]
        for events in ledgers {
            for records in [[record(50)], [], [record(60)]] {
                let judgement = judge(records) { $0.processes = ProcessTable(of: events) }
                #expect(judgement.findings.isEmpty && judgement.doubts.count == 1)
            }
        }
        #expect(judge([record(50)]) { $0.ledgerProblem = "torn" }.doubts.count == 1)
        #expect(judge([record(50)]) { $0.moduleUnderTest = "other" }.doubts.count == 1)
    }

    @Test("Of a module that prints only what it prints is judged, and that is said")
    func printed() {
        let printed = judge([record(50)]) {
            $0.recordsAreBinary = false
            $0.processes = ProcessTable(
                of: Self.events.map { event in
                    guard case .mark(let mark, _, _, let module) = event.what else { return event }
                    return LedgerEvent(
                        timeNs: event.timeNs,
                        what: .mark(mark, wentWell: true, hasDevice: false, module: module))
                })
        }
        #expect(printed.findings.isEmpty && printed.doubts.isEmpty && printed.notes.count == 1)
    }
}
