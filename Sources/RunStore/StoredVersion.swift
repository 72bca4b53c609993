// SPDX-License-Identifier: Apache-2.0

import GRDB

/// A version of the module under test, and its share of a campaign.
public struct StoredVersion: Sendable, Equatable, Codable, FetchableRecord {
    /// Stands for its sources.
    public var version: String
    /// When the first run of it ended, seconds since 1970.
    public var first: Double
    /// When the last one did.
    public var last: Double
    /// The cell.
    public var cell: Int64
    /// Runs that passed.
    public var passed: Int
    /// Runs that failed.
    public var failed: Int
    /// Host seconds of runs with an answer.
    public var seconds: Double
}

/// How often a bug showed in a cell.
public struct SignatureCell: Sendable, Equatable, Codable, FetchableRecord {
    /// Names the bug.
    public var signature: String
    /// The cell's number.
    public var cell: Int64
    /// Runs that showed it.
    public var hits: Int
    /// Runs with an answer, from the first that showed it on.
    public var tries: Int
    /// The same, of the later half of those runs.
    public var lateHits: Int
    /// See ``lateHits``.
    public var lateTries: Int
    /// The lowest seed that showed it.
    public var seed: Int64
}

extension RunStore {
    /// Versions of the module by cell, in the order in which they came.
    public func versions(of campaign: String) throws -> [StoredVersion] {
        try pool.read { db in
            try StoredVersion.fetchAll(
                db,
                sql: """
                    SELECT version, MIN(ended) AS first, MAX(ended) AS last, cell, SUM(verdict = 'passed') AS passed,
                        SUM(verdict = 'failed') AS failed,
                        SUM(CASE WHEN verdict <> 'inconclusive' THEN duration ELSE 0 END) AS seconds
                    FROM run WHERE campaign = ? GROUP BY cell, version ORDER BY first, cell
                    """, arguments: [campaign])
        }
    }

    /// In which cells each bug of a campaign showed, and how often.
    public func signatureCells(of campaign: String) throws -> [SignatureCell] {
        try pool.read { db in
            // Materialized: else SQLite asks for the newest run of a cell again for each run that it counts.
            try SignatureCell.fetchAll(
                db,
                sql: """
                    WITH seen AS MATERIALIZED (
                        SELECT signature, cell, COUNT(*) AS hits, MIN(run) AS first FROM finding
                        WHERE campaign = ?1 GROUP BY signature, cell),
                    newest AS MATERIALIZED (
                        SELECT cell, MAX(id) AS run FROM run WHERE campaign = ?1 GROUP BY cell),
                    span AS MATERIALIZED (
                        SELECT s.*, (s.first + n.run) / 2 AS middle FROM seen AS s JOIN newest AS n ON n.cell = s.cell)
                    SELECT s.signature, s.cell, s.hits,
                        (SELECT COUNT(*) FROM run WHERE cell = s.cell AND verdict IN ('passed', 'failed')
                            AND id >= s.first) AS tries,
                        (SELECT COUNT(*) FROM finding WHERE campaign = ?1 AND signature = s.signature
                            AND cell = s.cell AND run > s.middle) AS lateHits,
                        (SELECT COUNT(*) FROM run WHERE cell = s.cell AND verdict IN ('passed', 'failed')
                            AND id > s.middle) AS lateTries,
                        (SELECT MIN(r.seed) FROM finding AS f JOIN run AS r ON r.id = f.run
                            WHERE f.campaign = ?1 AND f.signature = s.signature AND f.cell = s.cell) AS seed
                    FROM span AS s ORDER BY s.signature, s.cell
                    """, arguments: [campaign])
        }
    }
}
