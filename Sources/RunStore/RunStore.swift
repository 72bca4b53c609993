// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB

/// Campaigns and their runs, in SQLite. Every run that is over is one transaction: what was committed is there after
/// SIGKILL and after a power cut, and nothing is there twice.
public struct RunStore: Sendable {
    let pool: DatabasePool

    /// Opens the store, and makes it when there is none.
    ///
    /// - Parameter path: The file. Its folder is made.
    /// - Throws: `DatabaseError` when it cannot be opened, or is none of ours.
    public init(path: String) throws {
        try FileManager.default.createDirectory(
            at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
        var configuration = Configuration()
        // A writer waits for another one, such as "stop" for the campaign itself.
        configuration.busyMode = .timeout(30)
        configuration.prepareDatabase { db in
            // In WAL mode the default leaves the last transactions to a power cut.
            try db.execute(sql: "PRAGMA synchronous = FULL")
        }
        pool = try DatabasePool(path: path, configuration: configuration)
        try Self.migrator.migrate(pool)
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 campaigns, cells, runs, findings") { db in
            try db.execute(
                sql: """
                    CREATE TABLE campaign (
                        id TEXT PRIMARY KEY, name TEXT NOT NULL, plan TEXT NOT NULL, planFile TEXT NOT NULL,
                        module TEXT NOT NULL, directory TEXT NOT NULL, created DOUBLE NOT NULL, state TEXT NOT NULL,
                        reason TEXT, endsAt DOUBLE, maxRuns INTEGER, untilFailure BOOLEAN NOT NULL, confidence DOUBLE
                    );
                    CREATE TABLE cell (
                        id INTEGER PRIMARY KEY, campaign TEXT NOT NULL REFERENCES campaign ON DELETE CASCADE,
                        scenario TEXT NOT NULL, variant TEXT NOT NULL, cpus INTEGER NOT NULL, kernel TEXT NOT NULL,
                        weight DOUBLE NOT NULL, UNIQUE (campaign, scenario, variant, cpus, kernel)
                    );
                    CREATE TABLE run (
                        id INTEGER PRIMARY KEY, campaign TEXT NOT NULL REFERENCES campaign ON DELETE CASCADE,
                        cell INTEGER NOT NULL REFERENCES cell ON DELETE CASCADE, seed INTEGER NOT NULL,
                        module TEXT NOT NULL, verdict TEXT NOT NULL, reason TEXT, ended DOUBLE NOT NULL,
                        duration DOUBLE NOT NULL, folder TEXT NOT NULL, isWhole BOOLEAN NOT NULL,
                        records INTEGER NOT NULL, energy INTEGER NOT NULL, UNIQUE (campaign, cell, seed)
                    );
                    CREATE INDEX runByVerdict ON run (campaign, cell, module, verdict);
                    CREATE INDEX runBySeed ON run (cell, seed);
                    CREATE INDEX wholeRun ON run (campaign, verdict, cell) WHERE isWhole = 1;
                    CREATE TABLE finding (
                        run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, campaign TEXT NOT NULL,
                        cell INTEGER NOT NULL, signature TEXT NOT NULL, title TEXT NOT NULL, location TEXT,
                        PRIMARY KEY (run, signature)
                    ) WITHOUT ROWID;
                    CREATE INDEX findingBySignature ON finding (campaign, signature, run);
                    """)
        }
        migrator.registerMigration("runs in their order, by page") { try addPageIndexes($0) }
        migrator.registerMigration("versions and trends") { try addTrends($0) }
        migrator.registerMigration("quiet hours and news") { db in
            try db.alter(table: "campaign") { table in
                for column in ["quietHours", "command", "webhook"] { table.add(column: column, .text) }
            }
        }
        return migrator
    }
}
