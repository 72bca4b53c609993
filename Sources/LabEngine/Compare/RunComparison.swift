// SPDX-License-Identifier: Apache-2.0

import Evidence

/// How two runs differ: the document that `pacctlab compare --json` prints.
public struct RunComparison: Sendable, Codable, Equatable {
    /// Something that is not the same.
    public struct Change: Sendable, Codable, Equatable {
        /// What it is of.
        public var what: String
        /// In the first run.
        public var first: String
        /// In the second.
        public var second: String
    }

    /// A finding.
    public struct Item: Sendable, Codable, Equatable {
        /// Names the bug.
        public var signature: String
        /// One line for people.
        public var title: String
        /// Source file and line, where it is known.
        public var location: String?

        init(_ finding: Finding) {
            (signature, title, location) = (finding.signature, finding.title, finding.location)
        }
    }

    /// A number of both runs.
    public struct Figure: Sendable, Codable, Equatable {
        /// What it is of.
        public var what: String
        /// Its unit.
        public var unit: String
        /// In the first run.
        public var first: Double
        /// In the second.
        public var second: Double

        /// The second as a share of the first; nil when there is nothing to divide by.
        public var ratio: Double? { first == 0 ? nil : second / first }
    }

    /// The runs' ids.
    public var runs: [String]
    /// The runs' verdicts.
    public var verdicts: [Verdict]
    /// What decided the runs and is not the same: kernel, image, module, machine, seed.
    public var inputs: [Change]
    /// Bugs that only the second run has.
    public var new: [Item]
    /// Bugs that only the first one has.
    public var gone: [Item]
    /// Bugs of both.
    public var same: [Item]
    /// Steps that came out differently.
    public var steps: [Change]
    /// Numbers of the guests, where they can be compared.
    public var figures: [Figure]
    /// Times of the host, which say more about it than about the runs.
    public var hostTimes: [Figure]
    /// What was not compared, and why.
    public var notes: [String]

    /// `failed` when the second run shows something that the first did not; `inconclusive` when either had no answer.
    public var verdict: Verdict {
        if !new.isEmpty { return .failed }
        return verdicts.contains(.inconclusive) ? .inconclusive : .passed
    }

    /// Compares two runs. One that never got as far as a guest does not say what it was made of, which is noted.
    public init(_ first: StoredRun, _ second: StoredRun) {
        let inputs = [first, second].map { try? RunInputs.read(in: $0.folder) }
        var changes: [Change] = []
        if let before = inputs[0], let after = inputs[1] {
            changes = before.differences(from: after).map { Change(what: $0, first: "", second: "") }
        }
        self.init(first.report, second.report, inputs: changes)
        if inputs.contains(where: { $0 == nil }) {
            notes.append("What went in was not compared: a run does not say what it was made of.")
        }
    }

    init(_ first: RunReport, _ second: RunReport, inputs: [Change]) {
        runs = [first.id, second.id]
        verdicts = [first.verdict, second.verdict]
        self.inputs = inputs + Self.settings(first, second)
        let before = Set(first.findings.map(\.signature))
        let after = Set(second.findings.map(\.signature))
        new = second.findings.filter { !before.contains($0.signature) }.map { Item($0) }
        gone = first.findings.filter { !after.contains($0.signature) }.map { Item($0) }
        same = second.findings.filter { before.contains($0.signature) }.map { Item($0) }
        steps = Self.steps(first, second)
        figures = []
        hostTimes = []
        notes = []
        compareFigures(first, second)
        for phase in second.phases {
            guard let other = first.phases.first(where: { $0.name == phase.name }) else { continue }
            hostTimes.append(
                .init(what: phase.name, unit: "s", first: other.durationS, second: phase.durationS))
        }
    }

    private static func settings(_ first: RunReport, _ second: RunReport) -> [Change] {
        [
            ("scenario", first.scenario, second.scenario), ("variant", first.variant, second.variant),
            ("kernel", first.kernel ?? "unknown", second.kernel ?? "unknown"),
            ("accelerator", first.accel.rawValue, second.accel.rawValue),
            ("counters", first.pmu.rawValue, second.pmu.rawValue),
            ("CPUs", "\(first.cpus)", "\(second.cpus)"),
            ("memory", "\(first.memoryMib) MiB", "\(second.memoryMib) MiB"),
            ("seed", "\(first.seed)", "\(second.seed)"),
        ].filter { $0.1 != $0.2 }.map { Change(what: $0.0, first: $0.1, second: $0.2) }
    }

    private static func steps(_ first: RunReport, _ second: RunReport) -> [Change] {
        let names =
            first.steps.map(\.name)
            + second.steps.map(\.name).filter { name in
                !first.steps.contains { $0.name == name }
            }
        return names.compactMap { name in
            let (before, after) = (
                first.steps.first { $0.name == name }, second.steps.first { $0.name == name }
            )
            let states = [before, after].map { $0?.status.rawValue ?? "not there" }
            return states[0] == states[1] ? nil : Change(what: name, first: states[0], second: states[1])
        }
    }

    /// Numbers of different provenance say nothing about each other.
    private mutating func compareFigures(_ first: RunReport, _ second: RunReport) {
        for step in second.steps {
            guard let after = step.durationS,
                let before = first.steps.first(where: { $0.name == step.name })?.durationS
            else { continue }
            figures.append(
                .init(what: "step \"\(step.name)\"", unit: "s of the guest", first: before, second: after))
        }
        figures.append(
            .init(
                what: "records", unit: "records", first: Double(first.energy.records),
                second: Double(second.energy.records)))
        figures.append(
            .init(
                what: "records lost", unit: "records", first: Double(first.energy.lost),
                second: Double(second.energy.lost)))
        guard first.pmu == second.pmu else {
            notes.append(
                "Energy was not compared: counts are \(first.pmu.rawValue) in one run and \(second.pmu.rawValue) in the other."
            )
            return
        }
        guard first.pmu != CounterProvenance.none else {
            notes.append("Energy was not compared: there were no counters.")
            return
        }
        figures.append(
            .init(
                what: "energy", unit: "µJ", first: Double(first.energy.totalUj),
                second: Double(second.energy.totalUj)))
        if let before = first.conservation, let after = second.conservation, before.compared, after.compared {
            figures.append(
                .init(
                    what: "time of tasks not counted", unit: "s of the guest", first: before.uncountedS,
                    second: after.uncountedS))
        }
    }
}
