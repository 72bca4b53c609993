// SPDX-License-Identifier: Apache-2.0

import Evidence
import Testing

@testable import LabEngine

@Suite("Expectations")
struct ExpectationTests {
    private func expectations(_ yaml: String) throws -> Scenario.Expectations {
        try Scenario(
            yaml: "name: a\ndescription: b\nsteps: [{wait: 1s}]\nexpect: \(yaml)\n", file: "x.yaml"
        ).expectations
    }

    private func judge(_ yaml: String, _ change: (inout RunEvidence) -> Void) throws -> Judgement {
        var evidence = JudgeTests.clean()
        evidence.expectations = try expectations(yaml)
        change(&evidence)
        return Judges.judge(evidence)
    }

    private static func records(_ numbers: [UInt64], lost: UInt64, energy: Int64 = 0) -> [EnergyRecord] {
        numbers.map {
            EnergyRecord(seq: $0, comm: "a", pid: 1, energyUj: energy, counts: [], lost: lost)
        }
    }

    // MARK: - the file

    @Test("All of them are read, and written so that they are read back")
    func all() throws {
        let yaml = """
            { records: 3, lost: { at_least: 1, at_most: 9 },
              finding: { class: null_deref, function: f, rule: No sleeping, at: "a.c:7" },
              energy: { total: { at_most: 5 }, processes: { sh: { at_least: 2 }, "1": { at_most: 3 } } },
              judges: { residue: off, conservation: false, crash: on, energy: { tolerance: 4 }, ledger: { missing: 2 } } }
            """
        let read = try expectations(yaml)
        #expect(read.minimumRecords == 3 && read.lost == NumberBounds(atLeast: 1, atMost: 9))
        #expect(
            read.finding
                == ExpectedFinding(.nullDereference, function: "f", rule: "No sleeping", place: "a.c:7"))
        #expect(read.energy == NumberBounds(atMost: 5))
        #expect(
            read.energyOfProcesses == ["sh": NumberBounds(atLeast: 2), "1": NumberBounds(atMost: 3)])
        #expect(read.judgesOff == [.residue, .conservation])
        #expect(read.thresholds == [.energy: 4, .ledger: 2])
        var scenario = try Scenario(yaml: "name: a\ndescription: b\nsteps: [{wait: 1s}]\n", file: "x.yaml")
        scenario.expectations = read
        #expect(try Scenario(yaml: scenario.yaml(), file: "again.yaml") == scenario)
    }

    @Test(
        "A mistake is named",
        arguments: [
            ("{ recrods: 1 }", "records"), ("{ lost: 1 }", "a mapping below \"lost\""),
            ("{ lost: {} }", "at_least"), ("{ lost: { at_least: 3, at_most: 2 } }", "above"),
            ("{ finding: { class: null_derf } }", "null_deref"), ("{ finding: { at: x } }", "\"class\""),
            ("{ finding: { class: expectation_missed } }", "there is no class"),
            ("{ energy: { totl: { at_most: 1 } } }", "total"),
            ("{ energy: { processes: { sh: 1 } } }", "a mapping"),
            ("{ judges: { residu: off } }", "residue"),
            ("{ judges: { completeness: off } }", "cannot be switched off"),
            ("{ judges: { ending: off } }", "cannot be switched off"),
            ("{ judges: { residue: { items: 1 } } }", "no threshold"),
            ("{ judges: { energy: { tolerence: 1 } } }", "tolerance"),
        ])
    func mistakes(yaml: String, text: String) {
        let error = #expect(throws: ScenarioError.self) { try expectations(yaml) }
        #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
        #expect(error?.line == 4)
    }

    // MARK: - an expected finding

    private static let oops = Finding(
        crashClass: .nullDereference, title: "t", function: "f", location: "kmod/m/a.c:7",
        rule: "No sleeping in a hook (in x)")

    @Test("Just the finding that is expected is no reason to fail; anything else is")
    func finding() {
        let right = ExpectedFinding(.nullDereference, function: "f", rule: "No sleeping", place: "m/a.c")
        let found = ExpectationCheck(right, findings: [Self.oops], isDead: true)
        #expect(found.findings.isEmpty && found.expected == [Self.oops] && found.notes.count == 1)
        let second = Finding(crashClass: .residue, title: "r")
        let both = ExpectationCheck(right, findings: [Self.oops, second], isDead: false)
        #expect(both.findings == [second] && both.expected == [Self.oops])
        let twice = ExpectationCheck(right, findings: [Self.oops, Self.oops], isDead: false)
        #expect(twice.findings == [Self.oops])
        let none = ExpectationCheck(right, findings: [], isDead: false)
        #expect(none.findings.map(\.crashClass) == [.expectationMissed] && none.expected.isEmpty)
        let nothing = ExpectationCheck(nil, findings: [Self.oops], isDead: true)
        #expect(nothing.findings == [Self.oops] && nothing.expected.isEmpty)
    }

    @Test(
        "A finding that differs in anything that is named is another one",
        arguments: [
            ExpectedFinding(.kernelBug), .init(.nullDereference, function: "g"),
            .init(.nullDereference, rule: "No allocation"), .init(.nullDereference, place: "b.c"),
            .init(.nullDereference, place: "a.c:8"), .init(.nullDereference, place: "xm/a.c"),
        ])
    func other(expected: ExpectedFinding) {
        let check = ExpectationCheck(expected, findings: [Self.oops], isDead: true)
        #expect(check.findings.map(\.crashClass) == [.nullDereference, .expectationMissed])
        #expect(check.expected.isEmpty)
    }

    @Test("Where a kill for want of memory is expected, steps and records are still judged")
    func outOfMemory() throws {
        let log = MergedKernelLog(
            kmsg: [
                Array(
                    "3,0,1,-;Out of memory: Killed process 54 (tail) total-vm:4kB, anon-rss:4kB, file-rss:0kB, shmem-rss:1kB, UID:0 pgtables:9kB oom_score_adj:0\n"
                        .utf8)
            ], console: [])
        let judgement = try judge("{ records: 1, finding: { class: guest_oom } }") { $0.log = log }
        #expect(judgement.findings.map(\.crashClass) == [.guestOutOfMemory, .recordsMissing])
        let other = try judge("{ records: 1, finding: { class: warning } }") { $0.log = log }
        #expect(other.findings.map(\.crashClass) == [.guestOutOfMemory])
    }

    // MARK: - judges

    @Test("A judge that is switched off is not asked, and that is said")
    func off() throws {
        let gap = { (evidence: inout RunEvidence) in evidence.records = Self.records([0, 4], lost: 0) }
        #expect(try judge("{}", gap).findings.map(\.crashClass) == [.recordsLost])
        let judgement = try judge("{ judges: { records: off } }", gap)
        #expect(judgement.findings.isEmpty && Judges.verdict(judgement) == .passed)
        #expect(judgement.notes.contains { $0.contains("\"records\"") }, "\(judgement.notes)")
    }

    @Test("Those without which no run could pass are asked, whatever an expectation says")
    func neverOff() {
        var evidence = JudgeTests.clean()
        evidence.ending = .neverBooted
        evidence.expectations.judgesOff = Set(JudgeName.allCases)
        #expect(Judges.verdict(Judges.judge(evidence)) == .inconclusive)
    }

    @Test("The tolerance of energy is the scenario's")
    func tolerance() throws {
        let counts: [UInt64] = [8_455_301_134, 26_733_799_528, 0, 0, 0, 0, 0, 0]
        func findings(_ yaml: String) throws -> Int {
            try judge(yaml) { evidence in
                evidence.recordsAreBinary = true
                evidence.records = [
                    EnergyRecord(
                        seq: 0, comm: "a", pid: 1, energyUj: EnergyArithmetic.energy(counts: counts) + 4,
                        counts: counts, table: EnergyRecord.pCoreTable)
                ]
            }.findings.count
        }
        #expect(try findings("{}") == 1)
        #expect(try findings("{ judges: { energy: { tolerance: 3 } } }") == 1)
        #expect(try findings("{ judges: { energy: { tolerance: 4 } } }") == 0)
    }

    // MARK: - losses

    @Test("Losses that are expected pass only when the module states just as many")
    func losses() throws {
        func classes(_ yaml: String, _ numbers: [UInt64], lost: UInt64) throws -> [CrashClass] {
            try judge(yaml) { evidence in
                evidence.records = Self.records(numbers, lost: lost)
                evidence.recordsAreBinary = true
            }.findings.map(\.crashClass)
        }
        let wanted = "{ lost: { at_least: 1 } }"
        #expect(try classes(wanted, [0, 5, 6], lost: 4) == [])
        #expect(try classes(wanted, [0, 5, 6], lost: 3) == [.recordsWrong])
        #expect(try classes(wanted, [0, 5, 6], lost: 5) == [.recordsWrong])
        #expect(try classes(wanted, [0, 1, 2], lost: 0) == [.expectationMissed])
        #expect(try classes("{ lost: { at_most: 3 } }", [0, 5], lost: 4) == [.expectationMissed])
        #expect(try classes("{}", [0, 5], lost: 4) == [.recordsLost])
        #expect(try classes("{}", [0, 5], lost: 0) == [.recordsLost, .recordsWrong])
        #expect(try classes("{}", [0, 1], lost: 2) == [.recordsWrong])
        let lives = Self.records([3, 4], lost: 3) + Self.records([0, 2], lost: 1)
        #expect(LossStatement.total(of: lives) == 4 && LossStatement.flaws(in: lives).isEmpty)
        // Each life of the module is one of its own.
        #expect(try classes(wanted, [3, 4, 0, 1], lost: 3) == [.recordsWrong])
    }

    // MARK: - energy

    @Test("Energy must be within its bounds, and be there at all")
    func energy() throws {
        func titles(_ yaml: String, _ energy: Int64?) throws -> [String] {
            try judge(yaml) { evidence in
                guard let energy else { return }
                evidence.records = Self.records([0, 1], lost: 0, energy: energy)
            }.findings.map(\.title)
        }
        let total = "{ energy: { total: { at_least: 10, at_most: 20 } } }"
        #expect(try titles(total, 5) == [] && titles(total, 10) == [])
        #expect(try titles(total, 4).first?.contains("is 8 µJ") == true)
        #expect(try titles(total, 11).first?.contains("is 22 µJ") == true)
        #expect(try titles(total, nil).first?.contains("no energy record") == true)
        let process = { (comm: String) in "{ energy: { processes: { \(comm): { at_most: 20 } } } }" }
        #expect(try titles(process("a"), 10) == [])
        #expect(try titles(process("a"), 11).count == 1)
        #expect(try titles(process("b"), 1).first?.contains("no energy record") == true)
    }

    @Test(
        "Where the scenario needs nothing of the module, one that keeps no records need not have any; else it must"
    )
    func keepsRecords() throws {
        let foreign = try judge("{ records: 1 }") { evidence in
            evidence.keepsRecords = false
            evidence.expectations.recordsAreOptional = true
        }
        #expect(foreign.findings.isEmpty && foreign.notes.contains { $0.contains("at least 1") })
        let silent = try judge("{ records: 1 }") { $0.keepsRecords = false }
        #expect(silent.findings.map(\.crashClass) == [.recordsMissing])
        let tooFew = try judge("{ records: 2 }") { evidence in
            evidence.keepsRecords = false
            evidence.records = Self.records([0], lost: 0)
        }
        #expect(tooFew.findings.map(\.crashClass) == [.recordsMissing])
        #expect(try judge("{ records: 1 }") { _ in }.findings.map(\.crashClass) == [.recordsMissing])
    }
}
