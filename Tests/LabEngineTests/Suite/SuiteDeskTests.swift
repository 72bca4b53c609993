// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import LabEngine

@Suite("What a suite does next")
struct SuiteDeskTests {
    private let plan: SuitePlan

    init() throws {
        let suite = try Suite(
            yaml: "name: s\ndescription: x\nmatrix:\n  - scenarios: [a, b]\n    seeds: 1..2\n", file: "s.yaml"
        )
        var scenarios: [String: Scenario] = [:]
        for name in ["a", "b"] {
            scenarios[name] = try Scenario(
                yaml: "name: \(name)\ndescription: x\nsteps:\n  - wait: 1s\n", file: "x.yaml")
        }
        plan = try SuitePlan(suite, scenarios: scenarios)
    }

    private func report(_ cell: SuiteCell, _ verdict: Verdict) -> RunReport {
        RunReport(
            id: "\(cell.name)-\(verdict)", scenario: cell.scenario, variant: cell.variant, kernel: nil,
            accel: .tcg,
            accelReason: nil, pmu: .none, seed: cell.seed, cpus: 2, memoryMib: 512, verdict: verdict,
            reason: verdict == .inconclusive ? "no disk" : nil, durationS: 1, findings: [],
            energy: .init(), steps: [], notes: [], phases: [], directory: "/x")
    }

    private static let prepared = SuiteDesk.Prepared(
        runs: nil, trouble: nil, need: .init(cpus: 2, memoryMiB: 512, accelerator: .tcg))

    /// Does everything that the desk wants, and answers each run as told.
    private func run(
        _ desk: inout SuiteDesk, _ verdict: (SuiteDesk.Task) -> Verdict,
        prepared: SuiteDesk.Prepared = Self.prepared
    ) -> [String] {
        var done: [String] = []
        while true {
            if let cell = desk.nextToPrepare() { desk.prepared(cell, prepared) }
            guard let task = desk.nextToRun(where: { _ in true }) else { return done }
            done.append(task.cell.name + (task.isRerun ? " rerun" : task.isRetry ? " retry" : ""))
            _ = desk.take(task, report(task.cell, verdict(task)))
        }
    }

    private func suiteReport(_ desk: SuiteDesk) -> SuiteReport {
        SuiteReport(
            suite: "s", plan: plan, results: desk.results, retried: desk.retried, stopped: desk.stopped)
    }

    @Test("All pass: each cell ran once, and the suite has passed")
    func passed() {
        var desk = SuiteDesk(plan: plan, failsFast: false)
        let done = run(&desk) { _ in .passed }
        #expect(done == plan.cells.map(\.name))
        let report = suiteReport(desk)
        #expect(report.verdict == .passed && report.runs.count == 4 && report.problems.isEmpty)
    }

    @Test("A failure that does not come back is flaky, and no pass")
    func flaky() {
        var desk = SuiteDesk(plan: plan, failsFast: false)
        let done = run(&desk) { $0.cell.name == "a/release/2cpu/s2" && !$0.isRerun ? .failed : .passed }
        #expect(done.filter { $0.hasSuffix("rerun") } == ["a/release/2cpu/s2 rerun"])
        let report = suiteReport(desk)
        #expect(report.verdict == .failed && report.flaky.map(\.cell) == ["a/release/2cpu/s2"])
        #expect(report.runs.count == 4 && report.asRuns.verdict == .failed)
    }

    @Test("A failure that comes back is a failure; a rerun without an answer does not make it flaky")
    func failed() {
        for again in [Verdict.failed, .inconclusive] {
            var desk = SuiteDesk(plan: plan, failsFast: false)
            _ = run(&desk) { $0.isRerun ? again : $0.cell.seed == 1 ? .failed : .passed }
            let report = suiteReport(desk)
            #expect(report.verdict == .failed && report.flaky.isEmpty)
        }
    }

    @Test("A run without an answer is done once more, and counted; twice none is the suite's answer, too")
    func retried() {
        var desk = SuiteDesk(plan: plan, failsFast: false)
        _ = run(&desk) { $0.cell.seed == 1 && !$0.isRetry ? .inconclusive : .passed }
        #expect(suiteReport(desk).verdict == .passed && suiteReport(desk).retried == 2)
        var hopeless = SuiteDesk(plan: plan, failsFast: false)
        let done = run(&hopeless) { $0.cell.name == "b/release/2cpu/s1" ? .inconclusive : .passed }
        #expect(done.count == 5 && suiteReport(hopeless).verdict == .inconclusive)
    }

    @Test("A failure after a run without an answer is a failure, and is done once more as well")
    func retriedThenFailed() {
        var desk = SuiteDesk(plan: plan, failsFast: false)
        let done = run(&desk) { task in
            guard task.cell.name == "a/release/2cpu/s1" else { return .passed }
            return task.isRerun ? .passed : task.isRetry ? .failed : .inconclusive
        }
        #expect(done.count == 6)
        #expect(suiteReport(desk).verdict == .failed && suiteReport(desk).flaky.count == 1)
    }

    @Test("--fail-fast begins nothing after a failure, and says what was not run")
    func failsFast() {
        var desk = SuiteDesk(plan: plan, failsFast: true)
        let done = run(&desk) { $0.cell.seed == 2 ? .failed : .passed }
        #expect(done.count == 2)
        let report = suiteReport(desk)
        #expect(report.verdict == .failed && report.left.count == 2 && report.problems.count == 1)
    }

    @Test("What was interrupted is not passed, whatever had passed by then")
    func interrupted() {
        var desk = SuiteDesk(plan: plan, failsFast: false)
        if let cell = desk.nextToPrepare() { desk.prepared(cell, Self.prepared) }
        let task = desk.nextToRun { _ in true }!
        _ = desk.take(task, report(task.cell, .passed))
        desk.stop("interrupted")
        let (run, build) = (desk.nextToRun { _ in true }, desk.nextToPrepare())
        #expect(run == nil && build == nil)
        let report = suiteReport(desk)
        #expect(report.verdict == .inconclusive && report.left.count == 3)
        #expect(report.asRuns.verdict == .inconclusive)
    }

    @Test("What the lab could not build is not tried again for every cell")
    func trouble() {
        var prepared = Self.prepared
        prepared.trouble = "the mirror is down"
        var desk = SuiteDesk(plan: plan, failsFast: false)
        let done = run(&desk, { _ in .inconclusive }, prepared: prepared)
        #expect(done.count == 4)
        #expect(suiteReport(desk).verdict == .inconclusive && suiteReport(desk).retried == 0)
    }

    @Test("A suite without cells is inconclusive, and says so")
    func empty() {
        var nothing = plan
        nothing.keep { _ in false }
        let desk = SuiteDesk(plan: nothing, failsFast: false)
        let report = SuiteReport(
            suite: "s", plan: nothing, results: desk.results, retried: 0, stopped: desk.stopped)
        #expect(report.verdict == .inconclusive && report.asRuns.verdict == .inconclusive)
        #expect(report.problems.first?.contains("nothing was run") == true)
    }
}
