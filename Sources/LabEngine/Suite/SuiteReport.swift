// SPDX-License-Identifier: Apache-2.0

import Evidence

/// What a suite came to: the document that `pacctlab suite --json` prints. It has all that a report of runs has.
public struct SuiteReport: Sendable, Codable {
    /// A run that failed, and passed when it was done once more with the same seed.
    public struct Flaky: Sendable, Codable {
        /// The cell.
        public var cell: String
        /// The run that failed, which is the one that counts.
        public var run: String
        /// The one that passed.
        public var rerun: String
        /// What the first one found.
        public var signatures: [String]
    }

    /// A cell that was not run.
    public struct Left: Sendable, Codable {
        /// The cell.
        public var cell: String
        /// Why.
        public var reason: String
    }

    /// The suite's name.
    public var suite: String
    /// `passed` only when every cell of the part that was asked for ran and passed, and there was at least one.
    public var verdict: Verdict
    /// Why there is no better verdict than the runs' own would be; empty when those say it all.
    public var problems: [String]
    /// One run for each cell, in the order of the matrix.
    public var runs: [RunReport]
    /// The cells of these runs.
    public var cells: [String]
    /// Failures that did not come back. They are failures.
    public var flaky: [Flaky]
    /// Runs that had no answer and were done once more.
    public var retried: Int
    /// Cells that make no sense, such as a scenario for another variant.
    public var excluded: [Left]
    /// Cells that were to be run and were not.
    public var left: [Left]
    /// The part of the suite, as in `2/5`; nil: all of it.
    public var shard: String?
    /// The revision since which changes were looked for; nil: everything is run.
    public var since: String?
    /// Seconds of host time.
    public var durationS: Double
    /// Most guests that ran at once.
    public var jobs: Int
    /// The suite's folder.
    public var directory: String

    /// For writers of reports that know runs and nothing of suites.
    public var asRuns: RunsReport { RunsReport(runs: runs, problems: problems) }

    /// Takes note of what else is no pass.
    public mutating func add(problems more: [String]) {
        problems += more
        verdict = asRuns.verdict
    }

    /// Puts what became of the cells together.
    init(
        suite: String, plan: SuitePlan, results: [SuiteCell: SuiteResult], retried: Int, stopped: String?
    ) {
        self.suite = suite
        self.retried = retried
        let done = plan.cells.compactMap { cell in results[cell].map { (cell, $0) } }
        runs = done.map { $0.1.run }
        cells = done.map { $0.0.name }
        flaky = done.compactMap { cell, result in
            guard let rerun = result.rerun, result.isFlaky else { return nil }
            return Flaky(
                cell: cell.name, run: result.run.id, rerun: rerun.id,
                signatures: Set(result.run.findings.map(\.signature)).sorted())
        }
        excluded = plan.excluded.map { Left(cell: $0.cell.name, reason: $0.reason) }
        left = plan.cells.filter { results[$0] == nil }
            .map { Left(cell: $0.name, reason: stopped ?? "it was not begun") }
        problems = []
        if plan.cells.isEmpty {
            problems.append("nothing was run: no cell of the suite was left to run")
        } else if !left.isEmpty {
            problems.append(
                "\(left.count) of \(plan.cells.count) cells were not run: \(stopped ?? "interrupted")")
        }
        verdict = RunsReport(runs: runs, problems: problems).verdict
        (durationS, jobs, directory) = (0, 0, "")
    }
}

/// What became of a cell.
struct SuiteResult: Sendable {
    /// The run that counts.
    var run: RunReport
    /// The same run once more, after a failure.
    var rerun: RunReport?

    /// Whether the failure did not come back. A rerun without an answer says nothing.
    var isFlaky: Bool { run.verdict == .failed && rerun?.verdict == .passed }
}
