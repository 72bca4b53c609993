// SPDX-License-Identifier: Apache-2.0

import Evidence

/// What a commit came to: the answer that `git bisect` is given, and why.
public struct BisectStep: Sendable, Codable, Equatable {
    /// What can be said of a commit.
    public enum Outcome: String, Sendable, Codable {
        /// Every seed passed.
        case good
        /// A seed showed the finding that is looked for.
        case bad
        /// Nobody can say.
        case skip
    }

    /// Its hash.
    public var commit: String
    /// The first line of its message.
    public var subject: String
    /// What it came to.
    public var outcome: Outcome
    /// Why, in a sentence.
    public var reason: String
    /// The run that shows it: its folder.
    public var evidence: String?

    /// Judges a commit by its runs.
    ///
    /// - Parameter signatures: Of the findings that are looked for; nil: any finding is one.
    static func judge(_ runs: [RunReport], wanted signatures: Set<String>?) -> (Outcome, String, RunReport?) {
        let failed = runs.filter { $0.verdict == .failed }
        let hit = failed.first { run in
            signatures.map { wanted in run.findings.contains { wanted.contains($0.signature) } } ?? true
        }
        if let hit {
            let finding =
                hit.findings.first { signatures?.contains($0.signature) ?? true } ?? hit.findings.first
            return (.bad, "seed \(hit.seed): \(finding?.title ?? "failed")", hit)
        }
        if let other = failed.first {
            // It may hide the one that is looked for.
            return (
                .skip, "it fails otherwise, seed \(other.seed): \(other.findings.first?.title ?? "failed")",
                other
            )
        }
        if let silent = runs.first(where: { $0.verdict == .inconclusive }) {
            return (.skip, "no answer, seed \(silent.seed): \(silent.reason ?? "unknown")", silent)
        }
        guard !runs.isEmpty else { return (.skip, "nothing was run", nil) }
        return (.good, runs.count == 1 ? "it passed" : "all \(runs.count) seeds passed", nil)
    }
}

/// What a bisection came to: the document that `pacctlab bisect --json` prints.
public struct BisectReport: Sendable, Codable {
    /// A commit.
    public struct Commit: Sendable, Codable, Equatable {
        /// Its hash.
        public var hash: String
        /// The first line of its message.
        public var subject: String
        /// Who wrote it.
        public var author: String
        /// When, as YYYY-MM-DD.
        public var date: String

        init(_ commit: BisectRepository.Commit) {
            (hash, subject, author, date) = (commit.hash, commit.subject, commit.author, commit.date)
        }
    }

    /// `passed` when the commit was found, `inconclusive` otherwise.
    public var verdict: Verdict
    /// Why it was not found; nil when it was.
    public var reason: String?
    /// The first bad commit.
    public var firstBad: Commit?
    /// Commits of which one is the first bad one, when the others between could not be judged.
    public var candidates: [Commit]
    /// What the first bad commit shows.
    public var finding: Finding?
    /// Every commit that was judged, in the order it was.
    public var steps: [BisectStep]
    /// The scenario's name.
    public var scenario: String
    /// Seeds of each step.
    public var seeds: String
    /// Seconds of host time.
    public var durationS: Double
    /// Where the runs are.
    public var directory: String
}
