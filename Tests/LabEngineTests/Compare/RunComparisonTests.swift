// SPDX-License-Identifier: Apache-2.0

import Evidence
import Testing

@testable import LabEngine

@Suite("Two runs side by side")
struct RunComparisonTests {
    private func run(
        _ verdict: Verdict, _ signatures: [String] = [], pmu: CounterProvenance = .simulated,
        energy: Int64 = 10,
        step: RunReport.Step.Status = .passed
    ) -> RunReport {
        RunReport(
            id: "r", scenario: "x", variant: "release", accel: .tcg, pmu: pmu, seed: 1, cpus: 2,
            memoryMib: 512,
            verdict: verdict, reason: nil, durationS: 1,
            findings: signatures.map { Finding(crashClass: .warning, title: "of \($0)", signature: $0) },
            energy: .init(records: 3, totalUj: energy),
            steps: [.init(name: "work", status: step, startS: nil, durationS: 2, message: nil, depth: 0)],
            notes: [],
            phases: [.init(name: "prepare", durationS: 1)], directory: "/r")
    }

    private func compare(_ first: RunReport, _ second: RunReport) -> RunComparison {
        RunComparison(first, second, inputs: [])
    }

    @Test("New findings fail it, gone ones do not, and a run without an answer proves nothing")
    func verdicts() {
        #expect(compare(run(.passed), run(.passed)).verdict == .passed)
        let worse = compare(run(.failed, ["a"]), run(.failed, ["a", "b"]))
        #expect(
            worse.verdict == .failed && worse.new.map(\.signature) == ["b"]
                && worse.same.map(\.signature) == ["a"])
        let better = compare(run(.failed, ["a"]), run(.passed))
        #expect(better.verdict == .passed && better.gone.map(\.signature) == ["a"])
        #expect(compare(run(.inconclusive), run(.passed)).verdict == .inconclusive)
        #expect(compare(run(.inconclusive), run(.failed, ["a"])).verdict == .failed)
    }

    @Test("Energy of different provenance is never compared, and that is said")
    func provenance() {
        let other = compare(run(.passed), run(.passed, pmu: .passthrough))
        #expect(!other.figures.contains { $0.what == "energy" })
        #expect(other.notes.first?.contains("simulated in one run and passthrough in the other") == true)
        #expect(other.inputs.map(\.what) == ["counters"])
        let same = compare(run(.passed), run(.passed, energy: 25))
        #expect(same.figures.first { $0.what == "energy" }?.ratio == 2.5 && same.notes.isEmpty)
    }

    @Test("Steps that came out differently are named")
    func steps() {
        let comparison = compare(run(.passed), run(.failed, step: .failed))
        #expect(comparison.steps == [.init(what: "work", first: "passed", second: "failed")])
    }
}
