// SPDX-License-Identifier: Apache-2.0

import Evidence
import GuestContract
import Testing

@testable import LabEngine

@Suite("Judges")
struct JudgeTests {
    static let steps: [JobPlan.Step] = [
        .init(name: "load it", limit: 1, always: false, action: .load(path: "/job/mod.ko", parameters: "")),
        .init(name: "work", limit: 1, always: false, action: .run(arguments: ["x"], environment: [])),
        .init(name: "unload it", limit: 1, always: true, action: .unload(name: "mod")),
    ]

    /// Evidence of a run in which nothing went wrong.
    static func clean() -> RunEvidence {
        let plan = JobPlan(
            job: "r", seed: 1, heartbeat: 1, outputLimit: 1, recordDevice: "", keepsLedger: false,
            steps: steps)
        return RunEvidence(
            plan: plan, ending: .goodbye,
            hello: .init(job: "r", kernelRelease: "6.18.5", cpus: 2, time: 1),
            goodbye: .init(
                time: 2, steps: 3, kernelLogRecords: 1, recordBytes: 0, ledgerEntries: 0, droppedFrames: 0),
            steps: [
                0: .init(index: 0, status: .passed), 1: .init(index: 1, status: .passed),
                2: .init(index: 2, status: .passed),
            ],
            openStep: nil,
            log: MergedKernelLog(kmsg: [Array("6,0,1000,-;Linux version 6.18.5\n".utf8)], console: []),
            consoleTail: ["the end"], records: [], recordsAreBinary: false, recordProblem: nil,
            ledgerEvents: [], processes: ProcessTable(of: []), ledgerProblem: nil, notes: [],
            missingFrames: 0, unfinishedBytes: 0, kernelLogRecords: 1, recordBytes: 0,
            moduleUnderTest: "mod", expectations: .init(), provenance: .simulated)
    }

    private func verdict(_ change: (inout RunEvidence) -> Void) -> (Verdict, Judgement) {
        var evidence = Self.clean()
        change(&evidence)
        let judgement = Judges.judge(evidence)
        return (Judges.verdict(judgement), judgement)
    }

    @Test("Nothing wrong and nothing missing is a pass")
    func pass() {
        let (verdict, judgement) = verdict { _ in }
        #expect(verdict == .passed, "\(judgement)")
    }

    @Test("No ending but the goodbye is ever a pass")
    func endings() {
        let failing: [GuestMonitor.Ending] = [
            .panicked, .reset, .poweredOff, .hung(during: "x"), .flooded(what: "y"),
        ]
        for ending in failing { #expect(verdict { $0.ending = ending }.0 == .failed, "\(ending)") }
        let doubtful: [GuestMonitor.Ending] = [
            .neverBooted, .outOfTime(during: "x"), .channelBroken(.badMagic), .machineDied("x"),
            .cancelled,
        ]
        for ending in doubtful { #expect(verdict { $0.ending = ending }.0 == .inconclusive, "\(ending)") }
    }

    @Test("Whatever is missing from the evidence rules a pass out")
    func missing() {
        let changes: [(String, (inout RunEvidence) -> Void)] = [
            ("hello", { $0.hello = nil }), ("goodbye", { $0.goodbye = nil }),
            ("another job", { $0.hello?.job = "other" }), ("frames", { $0.missingFrames = 1 }),
            ("dropped", { $0.goodbye?.droppedFrames = 1 }), ("torn", { $0.unfinishedBytes = 3 }),
            ("log", { $0.kernelLogRecords = 0 }), ("records", { $0.goodbye?.recordBytes = 200 }),
            ("step", { $0.steps[1] = nil }),
            (
                "log's start",
                { $0.log = MergedKernelLog(kmsg: [Array("6,7,1,-;a\n".utf8)], console: []) }
            ),
            (
                "gap",
                {
                    $0.log = MergedKernelLog(
                        kmsg: [Array("6,0,1,-;a\n".utf8), Array("6,5,9,-;b\n".utf8)], console: [])
                }
            ),
        ]
        for (name, change) in changes { #expect(verdict(change).0 == .inconclusive, "\(name)") }
    }

    @Test("A step that fails is a finding; a refused load says its errno and the module's lines")
    func refused() throws {
        let (verdict, judgement) = verdict { evidence in
            evidence.steps[0] = .init(
                index: 0, status: .failed, errno: 19, message: "ENODEV (No such device)")
            evidence.log = MergedKernelLog(
                kmsg: [
                    Array("6,0,1,-;Linux version\n".utf8), Array("3,1,2,-;mod: no counters here\n".utf8),
                ], console: [])
            evidence.kernelLogRecords = 1
        }
        #expect(verdict == .failed)
        let finding = try #require(judgement.findings.first)
        #expect(finding.crashClass == .moduleRefused)
        #expect(finding.title.contains("ENODEV"))
        #expect(finding.evidence.contains { $0.contains("no counters here") })
    }

    @Test("What this kernel cannot do is no finding, and no pass either")
    func unavailable() {
        let (verdict, judgement) = verdict { evidence in
            evidence.steps[1] = .init(index: 1, status: .unavailable, message: "no fault injection here")
        }
        #expect(verdict == .inconclusive)
        #expect(judgement.doubts.contains { $0.contains("no fault injection here") })
    }

    @Test("Steps that were skipped without a reason, all of them or one, are no pass")
    func skipped() {
        let all = verdict { evidence in
            for index in 0..<3 { evidence.steps[index] = .init(index: index, status: .skipped) }
        }
        #expect(all.0 == .inconclusive, "\(all.1)")
        let one = verdict { $0.steps[1] = .init(index: 1, status: .skipped) }
        #expect(one.0 == .inconclusive && one.1.doubts.first?.contains("work") == true, "\(one.1)")
    }

    @Test("A judge that throws leaves no pass; what others found is still found")
    func throwing() {
        struct Broken: Judge {
            struct Trouble: Error {}
            func judge(_ evidence: RunEvidence, earlier: [Finding]) throws -> Judgement { throw Trouble() }
        }
        func broken(_ name: JudgeName) -> any Judge {
            name == .energy ? Broken() : Judges.judge(named: name)
        }
        let clean = Judges.judge(Self.clean(), by: broken)
        #expect(Judges.verdict(clean) == .inconclusive)
        #expect(clean.doubts.first?.contains("energy") == true, "\(clean.doubts)")
        var evidence = Self.clean()
        evidence.ending = .panicked
        #expect(Judges.verdict(Judges.judge(evidence, by: broken)) == .failed)
    }

    @Test("A group that fails is a finding only when nothing inside it is one")
    func group() {
        let outcomes: [(GuestEvent.StepStatus, [String], Verdict)] = [
            (.failed, ["unload it: EBUSY"], .failed), (.unavailable, [], .inconclusive),
            (.passed, ["work: one of 500 rounds"], .failed),
        ]
        for (status, titles, expected) in outcomes {
            let (verdict, judgement) = verdict { evidence in
                evidence.plan.steps[1].action = .repeating(count: 500)
                evidence.plan.steps[1].members = 1
                evidence.steps[1] = .init(index: 1, status: .failed, message: "one of 500 rounds")
                evidence.steps[2] = .init(index: 2, status: status, errno: 16, message: "EBUSY")
            }
            #expect(judgement.findings.map(\.title) == titles)
            #expect(verdict == expected)
        }
    }

    @Test("After a crash the steps that failed are consequences, not findings of their own")
    func crash() {
        let (verdict, judgement) = verdict { evidence in
            evidence.ending = .panicked
            evidence.steps = [0: .init(index: 0, status: .passed)]
            evidence.log = MergedKernelLog(
                kmsg: [],
                console: Array("[    1.000000][   T70] Kernel panic - not syncing: on purpose\n".utf8))
        }
        #expect(verdict == .failed)
        #expect(judgement.findings.map(\.crashClass) == [.panic])
    }

    @Test("Records that the scenario wants and that did not come are a finding")
    func records() {
        #expect(
            verdict { $0.expectations.minimumRecords = 1 }.1.findings.map(\.crashClass) == [.recordsMissing])
        let order = { (numbers: [UInt64]) in
            self.verdict { evidence in
                evidence.records = numbers.map {
                    EnergyRecord(seq: $0, comm: "a", pid: 1, energyUj: 0, counts: [])
                }
            }
        }
        #expect(order([0, 1, 4]).1.findings.map(\.crashClass) == [.recordsLost])
        #expect(order([1, 2]).1.findings.map(\.crashClass) == [.recordsLost], "the first one is missing")
        #expect(order([0, 1, 1]).1.findings.map(\.crashClass) == [.energyWrong])
        #expect(order([0, 1, 2, 0, 1]).0 == .passed, "numbers begin anew with each load")
    }

    @Test("Energy that is not that of its counts is a finding, a microjoule of rounding is not")
    func energy() {
        let counts: [UInt64] = [8_455_301_134, 26_733_799_528, 0, 0, 0, 0, 0, 0]
        let right = EnergyArithmetic.energy(counts: counts)
        func evidence(_ energy: Int64) -> Verdict {
            verdict { evidence in
                evidence.recordsAreBinary = true
                evidence.records = [
                    EnergyRecord(
                        seq: 0, comm: "a", pid: 1, energyUj: energy, counts: counts,
                        table: EnergyRecord.pCoreTable)
                ]
            }.0
        }
        #expect(evidence(right) == .passed)
        #expect(evidence(right + 1) == .passed)
        #expect(evidence(right + 2) == .failed)
        #expect(evidence(-right) == .failed)
    }

    private static let texts = [
        "modules": "witness 1 0 - Live 0x0 (OE)\n", "tainted": "12288\n", "slabinfo": "a\nb\nx 1 1\n",
        "timers": "Timer List Version: v0.10\n", "probes": "", "proc-names": "x\n", "dev-names": "null\n",
        "debugfs-names": "y\n",
    ]

    /// Evidence with snapshots around the unload, of which the one after it has `changes`.
    private func unloaded(_ changes: [String: String] = [:], _ evidence: inout RunEvidence) {
        evidence.plan.watch.snapshots = [.init(moment: .unloaded, step: 2, isBefore: false)]
        let before = Self.texts.mapValues { SystemSnapshot.Section(text: $0) }
        let after = before.merging(changes.mapValues { .init(text: $0) }) { $1 }
        let end = before.merging(["kmemleak": .init(error: 2, text: "")]) { $1 }
        evidence.snapshots = [
            .beforeLoad: .init(sections: before), .unloaded: .init(sections: after),
            .end: .init(sections: end),
        ]
    }

    @Test("What a module leaves behind is a finding, a snapshot that is missing a doubt")
    func residue() throws {
        #expect(verdict { unloaded([:], &$0) }.0 == .passed)
        let (verdict, judgement) = verdict { unloaded(["dev-names": "null\nmine\nother\n"], &$0) }
        #expect(verdict == .failed)
        let finding = try #require(judgement.findings.first)
        #expect(finding.crashClass == .residue && finding.count == 2)
        #expect(finding.title == "mod left behind: /dev mine, and 1 more")
        for moment in [SnapshotMoment.beforeLoad, .unloaded, .end] {
            let missing = self.verdict {
                unloaded([:], &$0)
                $0.snapshots[moment] = nil
            }
            #expect(missing.0 == .inconclusive, "\(moment)")
        }
    }
}
