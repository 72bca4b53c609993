// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB

/// Which runs of a campaign are wanted.
public struct RunFilter: Sendable, Equatable {
    /// `passed`, `failed` or `inconclusive`; nil: all.
    public var verdict: String?
    /// Numbers of their cells; nil: all.
    public var cells: [Int64]?
    /// A bug that they showed; nil: any or none.
    public var signature: String?

    /// A filter; without arguments every run is wanted.
    public init(verdict: String? = nil, cells: [Int64]? = nil, signature: String? = nil) {
        (self.verdict, self.cells, self.signature) = (verdict, cells, signature)
    }
}

extension RunStore {
    private static let verdicts = ["passed", "failed", "inconclusive"]

    /// Indexes for what follows: a page of runs costs the same in a campaign of 100 runs and of 100,000.
    static func addPageIndexes(_ db: Database) throws {
        // An entry of an index ends with the row's number, so that both have runs in their order.
        try db.execute(
            sql: """
                CREATE INDEX runInOrder ON run (campaign);
                CREATE INDEX runOfCell ON run (cell, verdict);
                """)
    }

    /// The number of the last run of a campaign that ended; nil before the first. As long as it is the same, so are all counts.
    public func lastRun(of campaign: String) throws -> Int64? {
        try pool.read { db in
            try Int64.fetchOne(
                db, sql: "SELECT id FROM run WHERE campaign = ? ORDER BY id DESC LIMIT 1",
                arguments: [campaign])
        }
    }

    /// Runs of a campaign, the youngest first.
    ///
    /// - Parameters:
    ///   - before: Only runs with a lower number: the last one of the page before; nil: from the youngest on.
    ///   - limit: So many at most.
    public func runs(
        of campaign: String, _ filter: RunFilter = RunFilter(), before: Int64? = nil, limit: Int
    ) throws -> [StoredResult] {
        try pool.read { db in
            let ids = try Self.ids(db, campaign, filter, before ?? .max, limit)
            return try StoredResult.filter(keys: ids).order(Column("id").desc).fetchAll(db)
        }
    }

    /// A run of a campaign; nil when that campaign has none of that number.
    public func run(_ id: Int64, of campaign: String) throws -> StoredResult? {
        try pool.read { db in
            try StoredResult.filter(Column("id") == id && Column("campaign") == campaign).fetchOne(db)
        }
    }

    /// What a run showed.
    public func findings(of run: Int64) throws -> [StoredFinding] { try findings(ofRuns: [run])[run] ?? [] }

    /// What runs showed, by their numbers. Runs that showed nothing are not among them.
    public func findings(ofRuns runs: [Int64]) throws -> [Int64: [StoredFinding]] {
        try pool.read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT run, signature, title, location FROM finding
                    WHERE run IN (\(databaseQuestionMarks(count: runs.count))) ORDER BY run, signature
                    """, arguments: StatementArguments(runs))
            return Dictionary(grouping: rows) { $0["run"] }.mapValues { rows in
                rows.map {
                    StoredFinding(signature: $0["signature"], title: $0["title"], location: $0["location"])
                }
            }
        }
    }

    private static func ids(
        _ db: Database, _ campaign: String, _ filter: RunFilter, _ before: Int64, _ limit: Int
    ) throws -> [Int64] {
        if let signature = filter.signature {
            return try ids(db, campaign, showing: signature, filter, before, limit)
        }
        if filter.verdict == nil, filter.cells == nil {
            return try Int64.fetchAll(
                db, sql: "SELECT id FROM run WHERE campaign = ? AND id < ? ORDER BY id DESC LIMIT ?",
                arguments: [campaign, before, limit])
        }
        // A page from each cell and verdict, of which the youngest are the page: no run is looked at that is on none of them,
        // however rare what is looked for.
        let cells =
            try filter.cells
            ?? Int64.fetchAll(db, sql: "SELECT id FROM cell WHERE campaign = ?", arguments: [campaign])
        let statement = try db.cachedStatement(
            sql: """
                SELECT id FROM run WHERE cell = ? AND verdict = ? AND id < ? AND campaign = ?
                ORDER BY id DESC LIMIT ?
                """)
        var found: [Int64] = []
        for cell in cells {
            for verdict in filter.verdict.map({ [$0] }) ?? verdicts {
                found += try Int64.fetchAll(statement, arguments: [cell, verdict, before, campaign, limit])
            }
        }
        return Array(found.sorted(by: >).prefix(limit))
    }

    private static func ids(
        _ db: Database, _ campaign: String, showing signature: String, _ filter: RunFilter, _ before: Int64,
        _ limit: Int
    ) throws -> [Int64] {
        var sql = "SELECT f.run FROM finding AS f JOIN run AS r ON r.id = f.run"
        sql += " WHERE f.campaign = ? AND f.signature = ? AND f.run < ?"
        var arguments: StatementArguments = [campaign, signature, before]
        if let verdict = filter.verdict {
            sql += " AND r.verdict = ?"
            arguments += [verdict]
        }
        if let cells = filter.cells {
            sql += " AND r.cell IN (\(databaseQuestionMarks(count: cells.count)))"
            arguments += StatementArguments(cells)
        }
        return try Int64.fetchAll(
            db, sql: sql + " ORDER BY f.run DESC LIMIT ?", arguments: arguments + [limit])
    }
}
