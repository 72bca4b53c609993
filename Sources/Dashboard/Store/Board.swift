// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import RunStore
import Synchronization

/// What pages and API show, read from the store. Its functions block: ``Offload`` has the threads for them.
final class Board: Sendable {
    /// A campaign with everything that is counted of it.
    struct Snapshot: Sendable {
        var campaign: StoredCampaign
        var cells: [StoredCell]
        var standing: SoakStanding
        /// How its cells stand with each version of the module.
        var versions: [StoredVersion]
        /// What its cells counted with each of them.
        var energy: [EnergyOfVersion]
        /// The number of its last run.
        var lastRun: Int64?
        /// When all that was counted, and how long it took.
        var counted: ContinuousClock.Instant
        var cost: Duration

        /// The cell of a run.
        func cell(_ id: Int64) -> StoredCell? { cells.first { $0.id == id } }
    }

    /// Runs of a campaign by verdict, and its bugs.
    struct Tally: Sendable, Equatable {
        var passed = 0
        var failed = 0
        var inconclusive = 0
        var bugs = 0

        var runs: Int { passed + failed + inconclusive }
    }

    private struct Overview {
        var lastRun: Int64?
        var variants: [VariantCounts]
        var tallies: [String: Tally]
    }

    /// Campaigns of which counts are kept: more than anybody looks at within a moment.
    private static let kept = 16

    let store: RunStore
    private let library: SoakLibrary
    private let snapshots = Mutex<[String: Snapshot]>([:])
    private let counting = Mutex<Void>(())
    private let overview = Mutex<Overview?>(nil)

    init(store: RunStore, library: SoakLibrary) { (self.store, self.library) = (store, library) }

    /// A campaign as it is now. Counted again only when a run has ended since, or somebody changed it.
    ///
    /// - Parameter patience: For so many times as long as counting takes, what was counted before is new enough: who asks
    ///   all the time leaves the machine to the campaign.
    /// - Throws: ``Problem`` with status 404 when there is none.
    func snapshot(_ id: String, patience: Double = 0) throws -> Snapshot {
        if let known = try current(id, patience) { return known }
        // One after the other: who waits for the same campaign finds it counted.
        return try counting.withLock { _ in
            if let known = try current(id, patience) { return known }
            let begin = ContinuousClock.now
            // In this order: a run that ends meanwhile is counted, and counted again with the next look.
            let (campaign, last) = (try campaign(id), try store.lastRun(of: id))
            let snapshot = Snapshot(
                campaign: campaign, cells: try store.cells(of: id),
                standing: try library.standing(campaign, in: store), versions: try store.versions(of: id),
                energy: try store.energy(of: id), lastRun: last, counted: .now, cost: .now - begin)
            snapshots.withLock { known in
                if known.count >= Self.kept { known.removeAll() }
                known[id] = snapshot
            }
            return snapshot
        }
    }

    private func current(_ id: String, _ patience: Double) throws -> Snapshot? {
        let campaign = try campaign(id)
        guard var found = snapshots.withLock({ $0[id] }), found.campaign == campaign else { return nil }
        let isFresh = try found.lastRun == store.lastRun(of: id)
        guard isFresh || .now - found.counted < found.cost * patience else { return nil }
        found.standing.isAlive = SoakLibrary.isAlive(campaign)
        return found
    }

    /// A campaign without its counts.
    ///
    /// - Throws: ``Problem`` with status 404 when there is none.
    func campaign(_ id: String) throws -> StoredCampaign {
        guard let campaign = try store.campaign(id) else {
            throw Problem.notFound("There is no campaign \"\(id)\".")
        }
        return campaign
    }

    /// A run of a campaign.
    ///
    /// - Throws: ``Problem`` with status 404 when there is none.
    func run(_ id: Int64, of campaign: String) throws -> StoredResult {
        guard let run = try store.run(id, of: campaign) else {
            throw Problem.notFound("The campaign \"\(campaign)\" has no run \(id).")
        }
        return run
    }

    /// How all campaigns stand, by their ids.
    func tallies() throws -> [String: Tally] { try look().tallies }

    /// Runs of all campaigns by variant and verdict.
    func variants() throws -> [VariantCounts] { try look().variants }

    private func look() throws -> Overview {
        let last = try store.lastRun()
        if let known = overview.withLock({ $0 }), known.lastRun == last { return known }
        let variants = try store.countsByVariant()
        var tallies: [String: Tally] = [:]
        for part in variants {
            switch part.verdict {
            case "passed": tallies[part.campaign, default: Tally()].passed += part.runs
            case "failed": tallies[part.campaign, default: Tally()].failed += part.runs
            default: tallies[part.campaign, default: Tally()].inconclusive += part.runs
            }
        }
        for (campaign, bugs) in try store.bugsByCampaign() { tallies[campaign, default: Tally()].bugs = bugs }
        let new = Overview(lastRun: last, variants: variants, tallies: tallies)
        overview.withLock { $0 = new }
        return new
    }
}
