// SPDX-License-Identifier: Apache-2.0

import Evidence

/// What exploring a scenario came to: the document that `pacctlab explore --json` prints.
public struct ExploreReport: Sendable, Codable {
    /// One bug, by its signature.
    public struct Group: Sendable, Codable, Equatable {
        /// Names the bug; what else is here is that of the first seed.
        public var finding: SeedResult.Symptom
        /// Seeds that show it, in rising order.
        public var seeds: [UInt64]
        /// Of all runs that had an answer.
        public var rate: HitRate
        /// The folder of the run with the first of these seeds; nil when it is not there any more.
        public var directory: String?
    }

    /// A run that had no answer.
    public struct Unanswered: Sendable, Codable, Equatable {
        /// Its seed.
        public var seed: UInt64
        /// Why.
        public var reason: String
    }

    /// Failed when anything was found; passed when every seed was run and passed; inconclusive otherwise.
    public var verdict: Verdict
    /// Why not every seed was run; nil when every one was.
    public var stopped: String?
    /// The scenario's name.
    public var scenario: String
    /// The kernel's variant.
    public var variant: String
    /// CPUs of each guest.
    public var cpus: Int
    /// The seeds that were asked for.
    public var seeds: String
    /// How many these are.
    public var wanted: Int
    /// Runs that passed.
    public var passed: Int
    /// Runs with findings.
    public var failed: Int
    /// Runs that had no answer. They are in no rate.
    public var inconclusive: [Unanswered]
    /// Bugs, the most frequent one first.
    public var groups: [Group]
    /// Guests at once.
    public var jobs: Int
    /// Host time since this command began with the first seed, seconds.
    public var durationS: Double
    /// Seeds that this command has run in a minute; nil when it has run none.
    public var seedsPerMinute: Double?
    /// The campaign's folder.
    public var directory: String

    /// Sums up what is known.
    ///
    /// - Parameters:
    ///   - ran: How many of the results are of this command, as opposed to one before it.
    ///   - folders: The run's folder, where it is there.
    init(
        _ campaign: Campaign, name: String, seeds: SeedSet, results: [SeedResult], ran: Int, jobs: Int,
        duration: Duration, stopped: String?, directory: String, folders: (SeedResult) -> String?
    ) {
        scenario = name
        variant = campaign.variant
        cpus = campaign.cpus
        self.seeds = seeds.description
        wanted = seeds.count
        self.jobs = jobs
        self.directory = directory
        durationS = duration.inSeconds
        seedsPerMinute = ran > 0 ? Double(ran) / duration.inSeconds * 60 : nil
        let sorted = results.sorted { $0.seed < $1.seed }
        passed = sorted.count { $0.verdict == .passed }
        failed = sorted.count { $0.verdict == .failed }
        inconclusive = sorted.filter { $0.verdict == .inconclusive }
            .map { Unanswered(seed: $0.seed, reason: $0.reason ?? "unknown") }
        groups = Self.groups(sorted, folders: folders)
        self.stopped = stopped
        if self.stopped == nil, results.count < wanted { self.stopped = "an interruption" }
        if failed > 0 {
            verdict = .failed
        } else {
            verdict = passed == wanted ? .passed : .inconclusive
        }
    }

    /// - Parameter results: in rising order of their seeds.
    static func groups(_ results: [SeedResult], folders: (SeedResult) -> String?) -> [Group] {
        let answers = results.count { $0.verdict != .inconclusive }
        var order: [String] = []
        var members: [String: [SeedResult]] = [:]
        for result in results where result.verdict == .failed {
            for signature in result.signatures.sorted() {
                if members[signature] == nil { order.append(signature) }
                members[signature, default: []].append(result)
            }
        }
        let groups = order.compactMap { signature -> Group? in
            guard let all = members[signature], let first = all.first,
                let finding = first.findings.first(where: { $0.signature == signature })
            else { return nil }
            return Group(
                finding: finding, seeds: all.map(\.seed),
                rate: HitRate(hits: all.count, tries: answers), directory: folders(first))
        }
        return groups.sorted {
            ($1.seeds.count, $0.finding.signature) < ($0.seeds.count, $1.finding.signature)
        }
    }
}
