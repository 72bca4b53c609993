// SPDX-License-Identifier: Apache-2.0

import Foundation
import RunStore

/// Makes the runs of a campaign, on this machine or on others. What is next, what is stored and what ends it is the
/// same for all of them: ``SoakBooks``.
public protocol SoakEngine: Sendable {
    /// Runs until the campaign ends, or the task is cancelled; then it can be resumed.
    ///
    /// - Returns: Why it ended; nil when it was cut off.
    /// - Throws: `DatabaseError` when the store cannot be written, ``LabError`` when there is no such campaign.
    func run(onEvent: @escaping @Sendable (SoakRunner.Event) -> Void) async throws -> String?
}

/// Why a campaign begins no runs for a while.
public enum SoakRest: Sendable, Equatable {
    /// Somebody has paused it.
    case paused
    /// Its quiet hours, which end then.
    case quiet(until: Date)
    /// There is no room for another run's evidence.
    case diskFull
}

/// The module under test as a run had it.
public struct SoakModule: Sendable, Codable, Equatable {
    /// Names what was built of it for the run's kernel.
    public var key = "does not build"
    /// Stands for its sources; empty where they are not known.
    public var version = ""
}

/// The books of a campaign: they say what is to run, take what has run, each run once, and know when it is enough.
struct SoakBooks: Sendable {
    /// So many runs without an answer, one after the other, say that the lab is in trouble.
    private static let patience = 20
    /// Bytes that must be free for a run to begin. Few write more.
    private static let leastRoom: UInt64 = 64 << 20
    /// Between two looks at how much room the folders take.
    private static let budgetInterval = 25

    let store: RunStore
    let campaign: String
    let plan: SoakPlan
    private let evidence: SoakEvidence

    /// Opens the books.
    ///
    /// - Throws: ``LabError`` when there is no such campaign.
    init(store: RunStore, campaign: String, plan: SoakPlan) throws {
        guard let begun = try store.campaign(campaign) else {
            throw LabError(
                .badInput, "There is no campaign \(campaign).", remedy: "pacctlab soak list shows them.")
        }
        (self.store, self.campaign, self.plan) = (store, campaign, plan)
        evidence = SoakEvidence(store: store, campaign: begun, plan: plan)
    }

    /// Removes what runs that were cut off have left. None may be under way.
    func removeStrays() throws { try evidence.removeStrays() }

    /// A desk that knows what is stored.
    func desk() throws -> SoakDesk {
        let counts = Dictionary(grouping: try store.counts(of: campaign), by: \.cell)
        return SoakDesk(
            cells: try store.cells(of: campaign).map { cell in
                let parts = cell.id.flatMap { counts[$0] } ?? []
                return SoakDesk.Cell(
                    cell: cell, done: try cell.id.map(store.seeds(of:)) ?? [],
                    passed: parts.reduce(0) { $0 + $1.passed }, failed: parts.reduce(0) { $0 + $1.failed })
            })
    }

    /// The campaign as it is at this moment: others change it.
    func now() throws -> StoredCampaign {
        guard let found = try store.campaign(campaign) else {
            throw LabError(.trouble, "The campaign \(campaign) was taken out of the store while it ran.")
        }
        return found
    }

    /// Why no run is to be begun at this moment; nil when one may.
    static func rest(_ campaign: StoredCampaign, now: Date = .now) -> SoakRest? {
        if campaign.state == .paused { return .paused }
        if let end = campaign.quietHours.flatMap({ QuietHours(text: $0)?.end(after: now) }) {
            return .quiet(until: end)
        }
        return hasRoom(campaign) ? nil : .diskFull
    }

    /// Whether a run could write its evidence. Where that cannot be found out, it is tried.
    static func hasRoom(_ campaign: StoredCampaign) -> Bool {
        var status = statvfs()
        guard statvfs(campaign.directory, &status) == 0 else { return true }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize) >= leastRoom
    }

    /// Why the campaign is to end; nil while it goes on.
    ///
    /// - Parameters:
    ///   - desk: What is stored.
    ///   - unanswered: Runs without an answer, one after the other, up to the last one.
    func ending(_ campaign: StoredCampaign, _ desk: SoakDesk, unanswered: Int) -> String? {
        if unanswered >= Self.patience { return "\(Self.patience) runs in a row had no answer" }
        return SoakDesk.ending(
            campaign, done: desk.done, now: Date.now.timeIntervalSince1970, hasFailed: desk.hasFailed,
            isConfident: desk.hasShown(campaign.confidence ?? plan.policy.failureRate))
    }

    /// Stores a run that is over. Its folder must be in the campaign's by then, or come there at once.
    func add(
        _ report: RunReport, of cell: StoredCell, seed: Int64, module: SoakModule,
        _ onEvent: (SoakRunner.Event) -> Void
    ) throws {
        let result = StoredResult(
            campaign: campaign, cell: cell.id ?? 0, seed: seed, module: module.key, version: module.version,
            verdict: report.verdict.rawValue,
            reason: report.reason, duration: report.durationS, folder: report.id,
            records: report.energy.records,
            energy: report.energy.totalUj)
        let findings = report.findings.map {
            StoredFinding(signature: $0.signature, title: $0.title, location: $0.location)
        }
        let trends = (report.trends ?? []).map { StoredTrend($0) }
        for signature in try store.add(result, findings: findings, trends: trends) {
            onEvent(.found(signature: signature, report))
        }
    }

    /// Thins the evidence of a run that was added, when there is enough like it.
    func thin(_ report: RunReport, of cell: StoredCell, seed: Int64) throws {
        let like = try store.whole(of: campaign, verdict: report.verdict.rawValue)
            .filter { $0.cell == cell.id }
        guard let stored = like.last(where: { $0.seed == seed }) else { return }
        try evidence.thin(stored, examples: like.count - 1)
    }

    /// Now and then, makes room for evidence to come.
    ///
    /// - Parameter done: Runs that are stored.
    func keepBudget(done: Int) throws {
        if done.isMultiple(of: Self.budgetInterval) { try evidence.keepBudget(used: evidence.used) }
    }

    /// Notes that the campaign has ended.
    func close(_ reason: String) throws {
        try store.change(campaign) { campaign in
            campaign.state = .ended
            campaign.reason = reason
        }
    }
}
