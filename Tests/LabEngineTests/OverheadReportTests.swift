// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import LabEngine

@Suite("Overhead")
struct OverheadReportTests {
    private static func figures(_ tasks: Int = 100) throws -> OverheadFigures {
        let text = OverheadSampleTests.text.replacing("tasks 100", with: "tasks \(tasks)")
        return OverheadFigures(try OverheadSample(text: text), shift: 3, accountBytes: 392)
    }

    private static func row(
        _ subject: String, tasks: [Int], pmu: CounterProvenance = .simulated, verdict: Verdict = .passed
    ) throws -> OverheadReport.Row {
        let run = RunReport(
            id: "r", scenario: "overhead", variant: "release", kernel: nil, accel: .tcg, accelReason: nil,
            pmu: pmu, seed: 1, cpus: 1, memoryMib: 512, verdict: verdict,
            reason: verdict == .inconclusive ? "disk full" : nil, durationS: 1, guestReadyS: nil,
            findings: [],
            energy: .init(), steps: [], notes: [], phases: [], directory: "results/r")
        return OverheadReport.Row(subject: subject, figures: try tasks.map { try figures($0) }, run: run)
    }

    @Test("Times become instructions: 8 ns each, two switches a round trip")
    func arithmetic() throws {
        let figures = try Self.figures()
        #expect(figures.contextSwitch.median == 10.5)
        #expect(figures.contextSwitch.lowest == 10)
        #expect(figures.contextSwitch.samples == 4)
        #expect(figures.fork.median == 1001)
        // 8800 ns are 1100 instructions, 100 more than the task executes, in 0.0088 ms.
        #expect(abs(figures.backgroundPerMs - 100 / 0.0088) < 1e-6)
        // 10000 ns a fork are 1250 instructions, of which the background takes its share.
        #expect(abs(figures.forkWithDeferred - (1250 - figures.backgroundPerMs * 0.01)) < 1e-6)
        #expect(figures.slabPerTask == 5120)
        #expect(figures.memoryPerTask == 20480)
        #expect(figures.accountBytes == 392)
    }

    @Test("Quantiles lie between neighbours, and nothing measured is no number")
    func quantiles() {
        let sorted: [Double] = [1, 2, 4, 8]
        #expect(OverheadFigures.Spread.quantile(0, sorted) == 1)
        #expect(OverheadFigures.Spread.quantile(1, sorted) == 8)
        #expect(OverheadFigures.Spread.quantile(0.5, sorted) == 3)
        #expect(OverheadFigures.Spread.quantile(0.5, [7]) == 7)
        #expect(OverheadFigures.Spread([]).median.isNaN)
        #expect(OverheadFigures.Spread([5, 1, 3]).quartiles == 2)
    }

    @Test("Figures of different provenance are never put side by side")
    func provenance() throws {
        let rows = [
            try Self.row("without", tasks: [10]), try Self.row("mine", tasks: [10], pmu: .passthrough),
        ]
        #expect(throws: LabError.self) {
            try OverheadReport(rows: rows, sizes: [10], instructionShift: 3)
        }
        #expect(try OverheadReport(rows: [rows[1]], sizes: [10], instructionShift: 3).pmu == .passthrough)
    }

    @Test("A missing figure is no pass, and a finding outweighs it")
    func verdicts() throws {
        func verdict(_ rows: [OverheadReport.Row]) throws -> OverheadReport {
            try OverheadReport(rows: rows, sizes: [10, 100], instructionShift: 3)
        }
        let whole = try Self.row("without", tasks: [10, 100])
        #expect(try verdict([whole]).verdict == .passed)
        let short = try verdict([whole, try Self.row("mine", tasks: [10])])
        #expect(short.verdict == .inconclusive)
        #expect(short.reason?.contains("mine: no figures at 100") == true)
        let crashed = try verdict([whole, try Self.row("mine", tasks: [10], verdict: .failed)])
        #expect(crashed.verdict == .failed && crashed.reason == nil)
        let trouble = try verdict([whole, try Self.row("mine", tasks: [], verdict: .inconclusive)])
        #expect(trouble.verdict == .inconclusive && trouble.reason == "mine: disk full")
        #expect(try verdict([]).verdict == .inconclusive)
    }

    @Test("The kernel by itself gets no module, every module is loaded afresh for each number of tasks")
    func scenario() {
        func loads(_ scenario: Scenario) -> Int {
            scenario.steps.count { if case .load = $0.action { true } else { false } }
        }
        #expect(loads(OverheadSubject.without.scenario(sizes: [10, 100])) == 0)
        let subject = OverheadSubject(module: "/x/mine", parameters: "a=1")
        #expect(subject.name == "mine a=1")
        let scenario = subject.scenario(sizes: [10, 100])
        #expect(loads(scenario) == 2)
        #expect(!scenario.isWatched && scenario.counters == .simulated)
        #expect(Set(scenario.steps.map(\.name)).count == scenario.steps.count)
    }

    @Test("A guest has memory for its tasks")
    func memory() {
        #expect(OverheadBench.memoryMiB(tasks: 10) == 384)
        #expect(OverheadBench.memoryMiB(tasks: 10_000) == 1024)
    }

    @Test("The module's statistics are found by name")
    func statistics() {
        let text = "tasks 5\nbytes_per_task 448\nrecords 7\n"
        #expect(OverheadBench.value("bytes_per_task", in: text) == 448)
        #expect(OverheadBench.value("bytes", in: text) == nil)
        #expect(OverheadBench.value("records", in: "records many\n") == nil)
    }
}
