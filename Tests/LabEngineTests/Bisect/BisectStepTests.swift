// SPDX-License-Identifier: Apache-2.0

import Evidence
import Testing

@testable import LabEngine

@Suite("What a commit is in a bisection")
struct BisectStepTests {
    private func run(_ verdict: Verdict, _ signatures: [String] = [], seed: UInt64 = 1) -> RunReport {
        RunReport(
            id: "r", scenario: "x", variant: "release", accel: .tcg, pmu: .none, seed: seed, cpus: 2,
            memoryMib: 512,
            verdict: verdict, reason: verdict == .inconclusive ? "no disk" : nil, durationS: 1,
            findings: signatures.map { Finding(crashClass: .warning, title: "of \($0)", signature: $0) },
            energy: .init(), steps: [], notes: [], phases: [], directory: "/r\(seed)")
    }

    private func outcome(_ runs: [RunReport], _ wanted: Set<String>? = ["a"]) -> BisectStep.Outcome {
        BisectStep.judge(runs, wanted: wanted).0
    }

    @Test("Good is only what passed with every seed")
    func good() {
        #expect(outcome([run(.passed), run(.passed, seed: 2)]) == .good)
        #expect(outcome([run(.passed), run(.inconclusive, seed: 2)]) == .skip)
        #expect(outcome([]) == .skip)
    }

    @Test("Bad is what shows the finding that is looked for with any seed; another finding hides it, perhaps")
    func bad() {
        #expect(outcome([run(.passed), run(.failed, ["b", "a"], seed: 2)]) == .bad)
        #expect(outcome([run(.inconclusive), run(.failed, ["a"], seed: 2)]) == .bad)
        #expect(outcome([run(.failed, ["b"])]) == .skip)
        #expect(outcome([run(.failed, ["b"])], nil) == .bad)
        let (_, reason, shown) = BisectStep.judge(
            [run(.passed), run(.failed, ["a"], seed: 7)], wanted: ["a"])
        #expect(reason == "seed 7: of a" && shown?.seed == 7)
    }

    @Test("The log of git bisect says where it stands")
    func log() {
        let hash = String(repeating: "ab", count: 20)
        let start = ["# bad: [\(hash)] x", "# good: [\(hash)] y", "git bisect start 'HEAD' 'HEAD~7'"]
        #expect(BisectRepository.state(log: start, head: "h") == .testing("h"))
        #expect(
            BisectRepository.state(log: start + ["# first bad commit: [\(hash)] x"], head: "h")
                == .found(hash))
        let skipped = ["# only skipped commits left to test", "# possible first bad commit: [\(hash)] x"]
        #expect(
            BisectRepository.state(log: start + skipped + skipped, head: "h") == .ambiguous([hash, hash]))
        // What a commit calls itself is no statement of git's.
        let forged = start + ["# good: [\(hash)] # first bad commit: [\(hash)]"]
        #expect(BisectRepository.state(log: forged, head: "h") == .testing("h"))
    }
}
