// SPDX-License-Identifier: Apache-2.0

import Evidence

/// What became of one canary.
public struct CanaryResult: Sendable, Codable {
    /// Its name.
    public var name: String
    /// The kernel's variant.
    public var variant: String
    /// Whether it was caught: `passed`, `failed` when it got through, or `inconclusive`.
    public var verdict: Verdict
    /// Why it was not caught; nil when it was.
    public var reason: String?
    /// Classes that would have been right.
    public var expected: [CrashClass]
    /// The class of the first finding, nil when there was none.
    public var found: CrashClass?
    /// The first finding's title.
    public var title: String?
    /// Where the first finding says that it happened.
    public var location: String?
    /// Whether that is a line to blame; nil when there is none.
    public var locationRight: Bool?
    /// The rule that the first finding names.
    public var rule: String?
    /// From the agent's first word to the verdict, seconds of host time; nil when it never said one.
    public var detectS: Double?
    /// The whole run, seconds of host time.
    public var durationS: Double
    /// The run's folder.
    public var directory: String
}

/// All canaries: what `pacctlab canaries --json` prints.
public struct CanariesReport: Sendable, Codable {
    /// `passed` when every canary was caught.
    public var verdict: Verdict
    /// In the order of the list.
    public var canaries: [CanaryResult]
    /// From the first guest to the last verdict, seconds of host time.
    public var durationS: Double
    /// CPU time of this process and of the guests it has run, seconds.
    public var cpuS: Double

    /// - Parameters:
    ///   - wanted: How many there should be. When the person stopped it before all had their turn, nothing is
    ///     proven, unless one that had got through.
    ///   - cpu: CPU time of all of them.
    public init(canaries: [CanaryResult], wanted: Int, duration: Duration, cpu: Duration) {
        let worst = canaries.map(\.verdict).max() ?? .inconclusive
        verdict = canaries.count < wanted ? max(worst, .inconclusive) : worst
        self.canaries = canaries
        durationS = duration.inSeconds
        cpuS = cpu.inSeconds
    }
}

extension CanaryResult {
    /// Judges what a run with the canary came to.
    ///
    /// - Parameter places: `file:line` of the lines to blame, relative to the module's folder.
    init(_ canary: Canary, places: Set<String>, run: RunReport) {
        let first = run.findings.first
        name = canary.name
        variant = canary.variant
        expected = canary.classes
        found = first?.crashClass
        title = first?.title
        location = first?.location
        rule = first?.rule
        locationRight = canary.hasLine ? places.contains { Self.names(first?.location, $0) } : nil
        detectS = run.phases.first { $0.name == "steps" }?.durationS
        durationS = run.durationS
        directory = run.directory
        verdict = .passed
        reason = nil
        if run.verdict == .inconclusive {
            verdict = .inconclusive
            reason = run.reason ?? "the run is inconclusive"
        } else if let wrong = Self.wrong(canary, places, run) {
            verdict = .failed
            reason = wrong
        }
    }

    /// What is wrong with the findings; nil when they are as they must be.
    private static func wrong(_ canary: Canary, _ places: Set<String>, _ run: RunReport) -> String? {
        guard let first = run.findings.first else { return "it got through: nothing was found" }
        guard canary.classes.contains(first.crashClass) else { return "the class is wrong" }
        if let other = run.findings.dropFirst().first(where: { !canary.classes.contains($0.crashClass) }) {
            return "there is a second finding, \(other.crashClass.rawValue): \(other.title)"
        }
        if canary.hasLine, !places.contains(where: { names(first.location, $0) }) {
            return "the line is wrong; to blame is \(places.sorted().joined(separator: " or "))"
        }
        guard let rule = canary.rule else {
            return first.rule.map { "it breaks no rule of the authors, and the finding names one: \($0)" }
        }
        guard let found = first.rule else { return "the finding does not name the rule: \(rule)" }
        if !found.hasPrefix(rule) { return "the finding names another rule: \(found)" }
        if let hook = canary.hook, !found.hasSuffix("(in \(hook))") {
            return "the finding does not say that it was in \(hook): \(found)"
        }
        return nil
    }

    /// Whether a location, as people are shown it, is that place of the module's folder.
    private static func names(_ location: String?, _ place: String) -> Bool {
        guard let location else { return false }
        return location == "\(CanaryTable.folder)/\(place)"
            || location.hasSuffix("/\(CanaryTable.folder)/\(place)")
            || location == place
    }
}
