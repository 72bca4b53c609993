// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB

/// A campaign as it is in the store.
public struct StoredCampaign: Sendable, Equatable, Codable, FetchableRecord, PersistableRecord {
    /// The table.
    public static let databaseTableName = "campaign"

    /// What a campaign is doing, or is to do.
    public enum State: String, Sendable, Codable {
        /// Runs are made, or would be, if its process had not been killed.
        case running
        /// No new runs are begun.
        case paused
        /// Somebody wants it to end.
        case stopping
        /// It is over.
        case ended
    }

    /// Names it: the name of its folder.
    public var id: String
    /// The plan's name.
    public var name: String
    /// The plan's text, as it was in the beginning.
    public var plan: String
    /// The plan's file.
    public var planFile: String
    /// The folder of the module under test.
    public var module: String
    /// Where run folders are.
    public var directory: String
    /// When it began, seconds since 1970.
    public var created: Double
    /// What it is doing.
    public var state: State
    /// Why it ended; nil before.
    public var reason: String?
    /// When it ends, seconds since 1970; nil: not by time.
    public var endsAt: Double?
    /// After how many runs it ends; nil: not by number.
    public var maxRuns: Int?
    /// Whether the first failure ends it.
    public var untilFailure: Bool
    /// It ends when every cell's failure rate is below this with 95 % confidence, a share; nil: not by that.
    public var confidence: Double?
    /// Times of day at which no run is begun, as in `08:00-18:00`; nil: none.
    public var quietHours: String?
    /// A line for the shell that is run for news; nil: none.
    public var command: String?
    /// An address that news is posted to; nil: none.
    public var webhook: String?

    /// A campaign that begins now.
    public init(
        id: String, name: String, plan: String, planFile: String, module: String, directory: String,
        endsAt: Double? = nil, maxRuns: Int? = nil, untilFailure: Bool = false, confidence: Double? = nil
    ) {
        (self.id, self.name, self.plan, self.planFile) = (id, name, plan, planFile)
        (self.module, self.directory) = (module, directory)
        created = Date.now.timeIntervalSince1970
        state = .running
        (self.endsAt, self.maxRuns, self.untilFailure, self.confidence) = (
            endsAt, maxRuns, untilFailure, confidence
        )
    }
}

/// A cell of a campaign's matrix.
public struct StoredCell: Sendable, Equatable, Codable, FetchableRecord, MutablePersistableRecord {
    /// The table.
    public static let databaseTableName = "cell"

    /// Its number; nil before it is stored.
    public var id: Int64?
    /// Its campaign.
    public var campaign: String
    /// The scenario as it was named.
    public var scenario: String
    /// The kernel's variant.
    public var variant: String
    /// CPUs of the guest.
    public var cpus: Int
    /// The kernel: `default`, a version or a path.
    public var kernel: String
    /// Its share of the runs, relative to the others.
    public var weight: Double

    /// A cell that is not stored yet.
    public init(
        campaign: String, scenario: String, variant: String, cpus: Int, kernel: String, weight: Double
    ) {
        (id, self.campaign, self.scenario, self.variant) = (nil, campaign, scenario, variant)
        (self.cpus, self.kernel, self.weight) = (cpus, kernel, weight)
    }

    /// Takes the number that the store gave it.
    public mutating func didInsert(_ inserted: InsertionSuccess) { id = inserted.rowID }
}

extension RunStore {
    /// Begins a campaign.
    public func create(_ campaign: StoredCampaign, cells: [StoredCell]) throws {
        try pool.write { db in
            try campaign.insert(db)
            for var cell in cells { try cell.insert(db) }
        }
    }

    /// The campaign of that id; nil when there is none.
    public func campaign(_ id: String) throws -> StoredCampaign? {
        try pool.read { try StoredCampaign.fetchOne($0, key: id) }
    }

    /// All campaigns, the youngest first.
    public func campaigns() throws -> [StoredCampaign] {
        try pool.read { try StoredCampaign.order(Column("created").desc).fetchAll($0) }
    }

    /// The cells of a campaign, in their order.
    public func cells(of campaign: String) throws -> [StoredCell] {
        try pool.read { db in
            try StoredCell.filter(Column("campaign") == campaign).order(Column("id")).fetchAll(db)
        }
    }

    /// Changes a campaign, as it is at that moment: two who change it at once do so one after the other.
    ///
    /// - Returns: What it is now; nil when there is none.
    @discardableResult
    public func change(
        _ campaign: String, _ body: @Sendable (inout StoredCampaign) -> Void
    ) throws -> StoredCampaign? {
        try pool.write { db in
            guard var found = try StoredCampaign.fetchOne(db, key: campaign) else { return nil }
            body(&found)
            try found.update(db)
            return found
        }
    }
}
