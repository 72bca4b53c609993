// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB

/// A run of a campaign that is over.
public struct StoredResult: Sendable, Equatable, Codable, FetchableRecord, MutablePersistableRecord {
    /// The table.
    public static let databaseTableName = "run"

    /// Its number, in the order runs ended; nil before it is stored.
    public var id: Int64?
    /// Its campaign.
    public var campaign: String
    /// The number of its cell.
    public var cell: Int64
    /// Its seed.
    public var seed: Int64
    /// The key of the module under test: equal keys are equal modules.
    public var module: String
    /// Stands for the module's sources, whatever kernel it was built for; empty where that is not known.
    public var version: String
    /// `passed`, `failed` or `inconclusive`.
    public var verdict: String
    /// Why it is inconclusive; nil otherwise.
    public var reason: String?
    /// When it ended, seconds since 1970.
    public var ended: Double
    /// Seconds of host time.
    public var duration: Double
    /// The name of its folder below the campaign's.
    public var folder: String
    /// Whether all its evidence is still there, as opposed to its report alone.
    public var isWhole: Bool
    /// Energy records that came.
    public var records: Int
    /// Their energy, microjoules.
    public var energy: Int64

    /// A result that is not stored yet, with all its evidence.
    public init(
        campaign: String, cell: Int64, seed: Int64, module: String, version: String, verdict: String,
        reason: String?, duration: Double, folder: String, records: Int, energy: Int64
    ) {
        (id, self.campaign, self.cell, self.seed, self.module) = (nil, campaign, cell, seed, module)
        self.version = version
        (self.verdict, self.reason, self.duration, self.folder) = (verdict, reason, duration, folder)
        ended = Date.now.timeIntervalSince1970
        isWhole = true
        (self.records, self.energy) = (records, energy)
    }

    /// Takes the number that the store gave it.
    public mutating func didInsert(_ inserted: InsertionSuccess) { id = inserted.rowID }
}

/// What a run showed.
public struct StoredFinding: Sendable, Equatable {
    /// Names the bug.
    public var signature: String
    /// One line for people.
    public var title: String
    /// Source file and line, where it is known.
    public var location: String?

    /// A finding.
    public init(signature: String, title: String, location: String?) {
        (self.signature, self.title, self.location) = (signature, title, location)
    }
}

/// How the runs of a cell with one version of the module came out.
public struct CellCounts: Sendable, Equatable, Codable, FetchableRecord {
    /// The cell's number.
    public var cell: Int64
    /// The key of the module.
    public var module: String
    /// Runs that passed.
    public var passed: Int
    /// Runs that failed.
    public var failed: Int
    /// Runs without an answer.
    public var inconclusive: Int
    /// Host seconds of runs with one.
    public var seconds: Double
}

/// A bug, and how often a campaign has seen it.
public struct SignatureCounts: Sendable, Equatable, Codable, FetchableRecord {
    /// Names it.
    public var signature: String
    /// One line for people.
    public var title: String
    /// Source file and line, where it is known.
    public var location: String?
    /// Runs that showed it.
    public var runs: Int
    /// When it was seen first and last, seconds since 1970.
    public var first: Double
    /// When it was seen last.
    public var last: Double
    /// The folder of the first run that showed it.
    public var folder: String
}

extension RunStore {
    /// Stores a run with what it showed: all of it, or nothing.
    ///
    /// - Returns: Signatures that the campaign had not seen.
    /// - Throws: `DatabaseError`; with `SQLITE_CONSTRAINT` for a run that is stored already.
    public func add(
        _ result: StoredResult, findings: [StoredFinding], trends: [StoredTrend] = []
    ) throws -> [String] {
        try pool.write { db in
            var result = result
            try result.insert(db)
            var new: [String] = []
            for finding in findings {
                let known = try Bool.fetchOne(
                    db, sql: "SELECT EXISTS (SELECT 1 FROM finding WHERE campaign = ? AND signature = ?)",
                    arguments: [result.campaign, finding.signature])
                try db.execute(
                    sql: "INSERT OR IGNORE INTO finding VALUES (?, ?, ?, ?, ?, ?)",
                    arguments: [
                        result.id, result.campaign, result.cell, finding.signature, finding.title,
                        finding.location,
                    ])
                if known == false, !new.contains(finding.signature) { new.append(finding.signature) }
            }
            for trend in trends { try Self.insert(trend, of: result, db) }
            return new
        }
    }

    /// How the cells of a campaign stand, by the version of the module. Cells without a run are not among them.
    public func counts(of campaign: String) throws -> [CellCounts] {
        try pool.read { db in
            try CellCounts.fetchAll(
                db,
                sql: """
                    SELECT cell, module, SUM(verdict = 'passed') AS passed, SUM(verdict = 'failed') AS failed,
                        SUM(verdict = 'inconclusive') AS inconclusive,
                        SUM(CASE WHEN verdict <> 'inconclusive' THEN duration ELSE 0 END) AS seconds
                    FROM run WHERE campaign = ? GROUP BY cell, module ORDER BY cell, module
                    """, arguments: [campaign])
        }
    }

    /// The bugs that a campaign has seen, the most frequent first.
    public func signatures(of campaign: String) throws -> [SignatureCounts] {
        try pool.read { db in
            try SignatureCounts.fetchAll(
                db,
                sql: """
                    SELECT f.signature, f.title, f.location, g.runs, r.ended AS first, l.ended AS last, r.folder
                    FROM (SELECT signature, COUNT(*) AS runs, MIN(run) AS first, MAX(run) AS last FROM finding
                          WHERE campaign = ? GROUP BY signature) AS g
                    JOIN finding AS f ON f.run = g.first AND f.signature = g.signature
                    JOIN run AS r ON r.id = g.first JOIN run AS l ON l.id = g.last
                    ORDER BY g.runs DESC, f.signature
                    """, arguments: [campaign])
        }
    }

    /// The seeds that a cell has results of.
    public func seeds(of cell: Int64) throws -> Set<Int64> {
        try pool.read {
            try Set(Int64.fetchAll($0, sql: "SELECT seed FROM run WHERE cell = ?", arguments: [cell]))
        }
    }

    /// Runs of a verdict of which all evidence is there, the oldest first.
    public func whole(of campaign: String, verdict: String) throws -> [StoredResult] {
        try pool.read { db in
            try StoredResult
                .filter(
                    Column("campaign") == campaign && Column("verdict") == verdict
                        && Column("isWhole") == 1
                )
                .order(Column("id")).fetchAll(db)
        }
    }

    /// Notes that only the report of a run is left.
    public func thinned(_ run: Int64) throws {
        try pool.write { try $0.execute(sql: "UPDATE run SET isWhole = 0 WHERE id = ?", arguments: [run]) }
    }

    /// Names of all run folders of a campaign that belong to a result.
    public func folders(of campaign: String) throws -> Set<String> {
        try pool.read {
            try Set(
                String.fetchAll($0, sql: "SELECT folder FROM run WHERE campaign = ?", arguments: [campaign]))
        }
    }
}
