// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB

/// What the passed runs of a cell with one version of the module counted.
public struct EnergyOfVersion: Sendable, Equatable, Codable, FetchableRecord {
    /// The cell's number.
    public var cell: Int64
    /// The version of the module, see ``StoredResult/version``.
    public var version: String
    /// Runs that passed.
    public var runs: Int
    /// Energy records of a run, their mean.
    public var records: Double
    /// Energy of a run's records, microjoules, their mean.
    public var energy: Double
    /// The sum of squared distances from that mean, microjoules squared.
    public var squares: Double
    /// When its first run ended, seconds since 1970.
    public var first: Double
    /// When its last run ended.
    public var last: Double
}

/// Runs of a campaign with one verdict on one variant.
public struct VariantCounts: Sendable, Equatable, Codable, FetchableRecord {
    /// The campaign.
    public var campaign: String
    /// The kernel's variant.
    public var variant: String
    /// `passed`, `failed` or `inconclusive`.
    public var verdict: String
    /// How many.
    public var runs: Int
}

extension RunStore {
    /// What each cell counted with each version of the module, versions in the order they came.
    public func energy(of campaign: String) throws -> [EnergyOfVersion] {
        try pool.read { db in
            try EnergyOfVersion.fetchAll(
                db,
                sql: """
                    WITH mean AS (
                        SELECT cell, version, AVG(energy) AS energy FROM run
                        WHERE campaign = ?1 AND verdict = 'passed' GROUP BY cell, version)
                    SELECT r.cell, r.version, COUNT(*) AS runs, AVG(r.records) AS records, m.energy AS energy,
                        SUM((r.energy - m.energy) * (r.energy - m.energy)) AS squares,
                        MIN(r.ended) AS first, MAX(r.ended) AS last
                    FROM run AS r JOIN mean AS m ON m.cell = r.cell AND m.version = r.version
                    WHERE r.campaign = ?1 AND r.verdict = 'passed'
                    GROUP BY r.cell, r.version ORDER BY r.cell, first, r.version
                    """, arguments: [campaign])
        }
    }

    /// Runs of all campaigns by variant and verdict.
    public func countsByVariant() throws -> [VariantCounts] {
        try pool.read { db in
            // First by cell, which the index has in order: joining every run would take ten times as long.
            try VariantCounts.fetchAll(
                db,
                sql: """
                    SELECT c.campaign, c.variant, r.verdict, SUM(r.runs) AS runs
                    FROM (SELECT cell, verdict, COUNT(*) AS runs FROM run GROUP BY cell, verdict) AS r
                    JOIN cell AS c ON c.id = r.cell
                    GROUP BY c.campaign, c.variant, r.verdict ORDER BY c.campaign, c.variant, r.verdict
                    """)
        }
    }

    /// The number of bugs that each campaign has seen.
    public func bugsByCampaign() throws -> [String: Int] {
        try pool.read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT campaign, COUNT(DISTINCT signature) AS bugs FROM finding GROUP BY campaign")
            return Dictionary(uniqueKeysWithValues: rows.map { ($0["campaign"], $0["bugs"]) })
        }
    }

    /// The number of the last run of any campaign that ended; nil before the first.
    public func lastRun() throws -> Int64? {
        try pool.read { try Int64.fetchOne($0, sql: "SELECT MAX(id) FROM run") }
    }
}
