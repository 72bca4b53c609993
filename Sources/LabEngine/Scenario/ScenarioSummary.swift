// SPDX-License-Identifier: Apache-2.0

/// A shipped scenario in short: an element of what `pacctlab scenario list --json` prints.
public struct ScenarioSummary: Sendable, Codable, Equatable {
    /// Its name.
    public var name: String
    /// What it is for.
    public var description: String
    /// Words to select it by.
    public var tags: [String]
    /// Variants of the kernel that it is for; nil: all.
    public var variants: [String]?
    /// Fewest CPUs that it makes sense on.
    public var minCpus: Int
    /// What the module under test must have; empty: it works with any.
    public var needs: [String]

    /// A scenario in short.
    public init(_ scenario: Scenario) {
        name = scenario.name
        description = scenario.description
        tags = scenario.tags
        variants = scenario.variants
        minCpus = scenario.minimumCpus
        needs = scenario.allNeeds.map(\.rawValue).sorted()
    }
}

/// What `pacctlab scenario list --json` prints.
public struct ScenarioList: Sendable, Codable {
    /// By their names.
    public var scenarios: [ScenarioSummary]

    /// The shipped scenarios that have all of these tags.
    ///
    /// - Throws: ``LabError`` when there is none, ``ScenarioError`` when a shipped file is wrong.
    public init(_ library: ScenarioLibrary, tags: [String]) throws {
        let all = try library.names().map { ScenarioSummary(try library.scenario($0)) }
        scenarios = all.filter { Set(tags).isSubset(of: $0.tags) }
        guard scenarios.isEmpty else { return }
        let known = Set(all.flatMap(\.tags)).sorted()
        let unknown = tags.first { !known.contains($0) }
        let nearest = unknown.flatMap { nearestWord(to: $0, in: known) }.map { "Did you mean \"\($0)\"?" }
        throw LabError(
            .badInput,
            "No shipped scenario has the tag\(tags.count == 1 ? "" : "s") \(tags.joined(separator: ", ")).",
            remedy: nearest ?? "There are: \(known.joined(separator: ", ")).")
    }
}

extension Scenario {
    /// What it expects, a line for each thing.
    public var expectedLines: [String] {
        var lines: [String] = []
        let expect = expectations
        if expect.minimumRecords > 0 { lines.append("at least \(expect.minimumRecords) energy records") }
        if let lost = expect.lost { lines.append("\(lost.text) records lost, and stated") }
        if let finding = expect.finding { lines.append("just \(finding.text)") }
        if let energy = expect.energy { lines.append("energy of all records: \(energy.text) µJ") }
        for (comm, bounds) in expect.energyOfProcesses.sorted(by: { $0.key < $1.key }) {
            lines.append("energy of \(comm): \(bounds.text) µJ")
        }
        for (judge, number) in expect.thresholds.sorted(by: { $0.key < $1.key }) {
            lines.append("the judge \(judge.rawValue) with \(judge.threshold?.name ?? "") \(number)")
        }
        lines += expect.judgesOff.sorted().map { "nothing of the judge \($0.rawValue), which is off" }
        return lines
    }
}
