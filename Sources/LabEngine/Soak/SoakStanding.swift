// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import RunStore

/// How a campaign stands: rates with their intervals, and what is still to be shown.
public struct SoakStanding: Sendable, Codable {
    /// A cell.
    public struct Cell: Sendable, Codable {
        /// Its name, as in ``SuiteCell/name`` without the seed.
        public var name: String
        /// The kernel's variant.
        public var variant: String
        /// Runs that passed.
        public var passed: Int
        /// Runs that failed.
        public var failed: Int
        /// Runs without an answer. They are in no rate.
        public var inconclusive: Int
        /// Failures of runs that had an answer, with Wilson's interval.
        public var rate: HitRate
        /// Runs that must pass, without a failure, until the failure rate is below the policy's with 95 % confidence;
        /// 0 when it is.
        public var cleanRunsNeeded: Int
    }

    /// A bug.
    public struct Signature: Sendable, Codable {
        /// Names it.
        public var signature: String
        /// One line for people.
        public var title: String
        /// Source file and line, where it is known.
        public var location: String?
        /// Runs that showed it.
        public var runs: Int
        /// When it was seen first, seconds since 1970.
        public var first: Double
        /// When it was seen last.
        public var last: Double
        /// The folder of the first run that showed it.
        public var evidence: String
        /// Cells that showed it.
        public var cells: [String]
        /// The lowest seed of each of these that showed it.
        public var seeds: [Int64]
        /// How often it showed in these cells, from its first run there on.
        public var rate: HitRate
        /// Whether it comes every time.
        public var kind: SignatureKind
        /// Whether it comes more often in the later half of those runs than in the earlier one.
        public var trend: SignatureTrend
    }

    /// Whether a bug comes every time.
    public enum SignatureKind: String, Sendable, Codable {
        /// It came in every run of its cells, of which there are at least three.
        case deterministic
        /// It came in some runs, and not in others.
        case flaky
        /// There are fewer than three runs to say.
        case open
    }

    /// How a bug's frequency changes in the course of a campaign.
    public enum SignatureTrend: String, Sendable, Codable {
        case rising
        case falling
        /// The two halves cannot be told apart.
        case steady
    }

    /// The campaign.
    public var campaign: String
    /// What it is doing.
    public var state: StoredCampaign.State
    /// Why it ended; nil before.
    public var reason: String?
    /// Whether its process is there. A campaign that runs without one was killed: `pacctlab soak resume` goes on.
    public var isAlive: Bool
    /// The module's folder.
    public var module: String
    /// The failure rate that is to be shown, a share.
    public var target: Double
    /// Its cells, in their order.
    public var cells: [Cell]
    /// Runs with an answer of other versions of the module, which are in no cell.
    public var otherVersions: Int
    /// Its bugs, the most frequent first, of every version.
    public var signatures: [Signature]
    /// Numbers that must not grow, by cell.
    public var trends: [SoakTrend]
    /// Versions of the module that joined, in their order, and what each changed.
    public var changes: [SoakChange]
    /// Host seconds of runs with an answer.
    public var runSeconds: Double
    /// Where run folders are.
    public var directory: String

    /// Runs that are over.
    public var runs: Int { cells.reduce(0) { $0 + $1.passed + $1.failed + $1.inconclusive } }

    /// `failed` with any failure, and when a number grows; `passed` when every cell has shown its rate; `inconclusive` before that.
    public var verdict: Verdict {
        if cells.contains(where: { $0.failed > 0 }) || trends.contains(where: { $0.verdict == .failed }) {
            return .failed
        }
        return !cells.isEmpty && cells.allSatisfy { $0.cleanRunsNeeded == 0 } ? .passed : .inconclusive
    }

    /// Of a campaign in the store.
    ///
    /// - Parameter modules: Keys of the module by cell: only runs with that key count. Nil: all runs.
    init(
        _ campaign: StoredCampaign, target: Double, isAlive: Bool, store: RunStore,
        modules: [Int64: String]? = nil
    ) throws {
        self.campaign = campaign.id
        (state, reason, self.isAlive, module) = (campaign.state, campaign.reason, isAlive, campaign.module)
        (self.target, directory) = (target, campaign.directory)
        let all = try store.counts(of: campaign.id)
        let counts = Dictionary(
            grouping: all.filter { modules == nil || modules?[$0.cell] == $0.module }, by: \.cell)
        let counted = counts.values.joined().reduce(0) { $0 + $1.passed + $1.failed }
        otherVersions = all.reduce(0) { $0 + $1.passed + $1.failed } - counted
        let stored = try store.cells(of: campaign.id)
        cells = stored.map { cell in
            let parts = cell.id.flatMap { counts[$0] } ?? []
            let passed = parts.reduce(0) { $0 + $1.passed }
            let failed = parts.reduce(0) { $0 + $1.failed }
            return Cell(
                name: cell.name, variant: cell.variant, passed: passed, failed: failed,
                inconclusive: parts.reduce(0) { $0 + $1.inconclusive },
                rate: HitRate(hits: failed, tries: passed + failed),
                cleanRunsNeeded: CleanRuns.needed(below: target, passed: passed, failed: failed))
        }
        let names = Dictionary(
            uniqueKeysWithValues: stored.compactMap { cell in cell.id.map { ($0, cell.name) } })
        let seen = Dictionary(grouping: try store.signatureCells(of: campaign.id), by: \.signature)
        signatures = try store.signatures(of: campaign.id).map { found in
            Signature(found, in: seen[found.signature] ?? [], names, directory: campaign.directory)
        }
        trends = try store.trends(of: campaign.id, by: .build)
            .filter { modules == nil || modules?[$0.cell] == $0.module }
            .compactMap { SoakTrend($0, cell: names[$0.cell] ?? "") }
        let versions = try store.versions(of: campaign.id)
        changes = SoakChange.all(
            versions, trends: try store.trends(of: campaign.id, by: .version), cells: names)
        runSeconds = counts.values.joined().reduce(0) { $0 + $1.seconds }
    }
}

extension SoakStanding.Signature {
    private static let enough = 3

    init(
        _ found: SignatureCounts, in cells: [SignatureCell], _ names: [Int64: String], directory: String
    ) {
        (signature, title, location) = (found.signature, found.title, found.location)
        (runs, first, last) = (found.runs, found.first, found.last)
        evidence = "\(directory)/\(found.folder)"
        self.cells = cells.map { names[$0.cell] ?? "" }
        seeds = cells.map(\.seed)
        let (hits, tries) = (cells.reduce(0) { $0 + $1.hits }, cells.reduce(0) { $0 + $1.tries })
        let late = (cells.reduce(0) { $0 + $1.lateHits }, cells.reduce(0) { $0 + $1.lateTries })
        // A run that was stored while the numbers were read may be in one of them only.
        rate = HitRate(hits: hits, tries: max(hits, tries))
        kind = rate.tries < Self.enough ? .open : rate.hits == rate.tries ? .deterministic : .flaky
        let difference = RateDifference(
            from: HitRate(hits: max(0, hits - late.0), tries: max(0, hits - late.0, tries - late.1)),
            to: HitRate(hits: late.0, tries: max(late.0, late.1)))
        trend = difference.low > 0 ? .rising : difference.high < 0 ? .falling : .steady
    }
}

extension StoredCell {
    /// Where the kernel's source comes from.
    var source: KernelSpec.Source {
        SuiteCell(scenario: scenario, variant: variant, cpus: cpus, kernel: kernel, seed: 0).source
    }

    /// As ``SuiteCell/name``, without the seed.
    public var name: String {
        let place = kernel == SuiteCell.defaultKernel ? "" : "/\(kernel)"
        return "\(scenario)/\(variant)\(place)/\(cpus)cpu"
    }
}

/// How many clean runs show that failures are rare.
public enum CleanRuns {
    /// The confidence of everything said here.
    private static let confidence = 0.95
    /// A rate below which no campaign will ever show it.
    private static let least = 1e-9

    /// Runs in a row that must pass from now on until the failure rate is below `rate` with 95 % confidence.
    ///
    /// Without a failure it is the exact binomial bound, (1 - rate)^n <= 5 %: 299 runs for 1 %, the "rule of three"
    /// (Hanley and Lippman-Hand, JAMA 249 (1983), 1743-1745) without its approximation. With failures the upper end of
    /// Wilson's interval has to come below the rate.
    public static func needed(below rate: Double, passed: Int, failed: Int) -> Int {
        guard rate >= least, rate < 1 else { return .max }
        if failed == 0 {
            let all = Int((log(1 - confidence) / log1p(-rate)).rounded(.up))
            return max(0, all - passed)
        }
        func isShown(_ more: Int) -> Bool { HitRate(hits: failed, tries: passed + failed + more).high < rate }
        if isShown(0) { return 0 }
        var (low, high) = (0, 1)
        while !isShown(high) {
            guard high < 1 << 40 else { return .max }
            (low, high) = (high, high * 2)
        }
        while high - low > 1 {
            let middle = (low + high) / 2
            if isShown(middle) { high = middle } else { low = middle }
        }
        return high
    }
}
