// SPDX-License-Identifier: Apache-2.0

import Evidence

/// What a run with one seed came to, as a campaign notes it down.
public struct SeedResult: Sendable, Codable, Equatable {
    /// A finding without its evidence, which is in the run's folder.
    public struct Symptom: Sendable, Codable, Equatable {
        /// Names the bug.
        public var signature: String
        /// What kind of thing it is; `class` in JSON.
        public var crashClass: CrashClass
        /// One line for people.
        public var title: String
        /// Source file and line, where it is known.
        public var location: String?
        /// The rule of the module's authors that it breaks.
        public var rule: String?

        private enum CodingKeys: String, CodingKey {
            case signature, title, location, rule
            case crashClass = "class"
        }

        init(_ finding: Finding) {
            signature = finding.signature
            crashClass = finding.crashClass
            title = finding.title
            location = finding.location
            rule = finding.rule
        }
    }

    /// The seed.
    public var seed: UInt64
    /// The run's verdict.
    public var verdict: Verdict
    /// Why it is inconclusive; nil otherwise.
    public var reason: String?
    /// What was found.
    public var findings: [Symptom]
    /// Seconds of host time.
    public var durationS: Double
    /// The run's id: the name of its folder, which may have been removed.
    public var run: String

    /// Each bug once, however often the run showed it.
    public var signatures: Set<String> { Set(findings.map(\.signature)) }

    /// The result of a run that has come to its verdict.
    public init(_ report: RunReport) {
        seed = report.seed
        verdict = report.verdict
        reason = report.reason
        findings = report.findings.map { Symptom($0) }
        durationS = report.durationS
        run = report.id
    }
}
