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
            try SignatureCell.fetchAll(
                db,
                sql: """
                    WITH seen AS (
                        SELECT signature, cell, COUNT(*) AS hits, MIN(run) AS first, MAX(run) AS last FROM finding
                        WHERE campaign = ? GROUP BY signature, cell),
                    span AS (
                        SELECT seen.*, (SELECT MAX(id) FROM run WHERE cell = seen.cell) AS newest FROM seen)
                    SELECT s.signature, s.cell, s.hits,
                        (SELECT COUNT(*) FROM run WHERE cell = s.cell AND id >= s.first
                            AND verdict <> 'inconclusive') AS tries,
                        (SELECT COUNT(*) FROM finding WHERE campaign = ? AND signature = s.signature
                            AND cell = s.cell AND run > (s.first + s.newest) / 2) AS lateHits,
                        (SELECT COUNT(*) FROM run WHERE cell = s.cell AND id > (s.first + s.newest) / 2
                            AND verdict <> 'inconclusive') AS lateTries,
                        (SELECT MIN(r.seed) FROM finding AS f JOIN run AS r ON r.id = f.run
                            WHERE f.campaign = ? AND f.signature = s.signature AND f.cell = s.cell) AS seed
                    FROM span AS s ORDER BY s.signature, s.cell
                    """, arguments: [campaign, campaign, campaign])
        }
    }
}
