// SPDX-License-Identifier: Apache-2.0

import Evidence

/// What `pacctlab bench overhead` came to: the one document that `--json` prints.
public struct OverheadReport: Sendable, Codable {
    /// One subject at every number of tasks.
    public struct Row: Sendable, Codable {
        /// The module's name with its parameters, or "without".
        public var subject: String
        /// The figures, by number of tasks; fewer than asked for when the run did not get that far.
        public var figures: [OverheadFigures]
        /// The run that brought them.
        public var run: RunReport
    }

    /// The worst of the runs' verdicts, and inconclusive where a figure is missing.
    public var verdict: Verdict
    /// Why it is inconclusive; nil otherwise.
    public var reason: String?
    /// An instruction takes 2^n ns of the guest's time.
    public var instructionShift: Int
    /// Where counts came from, in every run.
    public var pmu: CounterProvenance
    /// Numbers of sleeping tasks.
    public var sizes: [Int]
    /// The subjects; the kernel by itself is the first.
    public var rows: [Row]

    /// Puts the rows together.
    ///
    /// - Throws: ``LabError`` when their counts come from different places: reading a counter of a PMU and
    ///   reading a simulated one take different work, so that their figures must not stand side by side.
    public init(rows: [Row], sizes: [Int], instructionShift: Int) throws(LabError) {
        let sources = Set(rows.map(\.run.pmu.rawValue)).sorted()
        guard sources.count <= 1 else {
            throw LabError(
                .trouble,
                "The runs have counters of different provenance (\(sources.joined(separator: ", "))): their figures"
                    + " cannot be compared.",
                remedy: "Measure everything on one host, with one accelerator.")
        }
        pmu = rows.first?.run.pmu ?? .none
        self.rows = rows
        self.sizes = sizes
        self.instructionShift = instructionShift
        var reasons: [String] = []
        for row in rows {
            if let reason = row.run.reason { reasons.append("\(row.subject): \(reason)") }
            let missing = sizes.filter { size in !row.figures.contains { $0.tasks == size } }
            if !missing.isEmpty && row.run.verdict == .passed {
                reasons.append(
                    "\(row.subject): no figures at \(missing.map(String.init).joined(separator: ", "))")
            }
        }
        let worst = rows.map(\.run.verdict).max() ?? .inconclusive
        verdict = worst == .passed && !reasons.isEmpty ? .inconclusive : worst
        reason = verdict == .inconclusive ? reasons.joined(separator: "; ") : nil
    }

    /// The figures of a subject at a number of tasks.
    public func figures(_ row: Row, at tasks: Int) -> OverheadFigures? {
        row.figures.first { $0.tasks == tasks }
    }
}
