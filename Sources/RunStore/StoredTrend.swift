// SPDX-License-Identifier: Apache-2.0

import GRDB

/// What a number that must not grow did in one run.
public struct StoredTrend: Sendable, Equatable {
    /// The series, as run.json names it.
    public var series: String
    /// Growth for 10,000 tasks.
    public var slope: Double
    /// Standard error of the slope, within that run.
    public var standardError: Double
    /// Degrees of freedom of that error.
    public var degreesOfFreedom: Double
    /// The mean value.
    public var mean: Double
    /// Tasks made from the first sample to the last.
    public var forks: Int

    /// A trend.
    public init(
        series: String, slope: Double, standardError: Double, degreesOfFreedom: Double, mean: Double,
        forks: Int
    ) {
        (self.series, self.slope, self.standardError) = (series, slope, standardError)
        (self.degreesOfFreedom, self.mean, self.forks) = (degreesOfFreedom, mean, forks)
    }
}

/// The trends of a series in all runs of a cell with one version of the module: what intervals are made of.
public struct TrendSums: Sendable, Equatable, Codable, FetchableRecord {
    /// The cell's number.
    public var cell: Int64
    /// The module's identity, as it was asked for.
    public var module: String
    /// The series.
    public var series: String
    /// Runs.
    public var runs: Int
    /// Tasks made in all of them.
    public var forks: Int
    /// Mean of their slopes.
    public var slope: Double
    /// Sum of the squares of the slopes' distances from that.
    public var slopeSquares: Double
    /// Mean of their means.
    public var mean: Double
    /// Sum of the squares of the means' distances from that.
    public var meanSquares: Double
    /// Standard error within the run, and its degrees of freedom: of use where there is but one run.
    public var standardError: Double
    /// See ``standardError``.
    public var degreesOfFreedom: Double
}

/// What tells one module from another.
public enum ModuleIdentity: Sendable {
    /// What was built, for one kernel: what a gate asks for.
    case build
    /// Its sources: what people call a version.
    case version
}

extension RunStore {
    /// The trends of a campaign, by cell, series and module.
    public func trends(of campaign: String, by identity: ModuleIdentity) throws -> [TrendSums] {
        let module =
            switch identity {
            case .build: "module"
            case .version: "version"
            }
        return try pool.read { db in
            try TrendSums.fetchAll(
                db,
                sql: """
                    SELECT t.cell, t.\(module) AS module, t.series, m.runs, m.forks, m.slope, m.mean,
                        SUM((t.slope - m.slope) * (t.slope - m.slope)) AS slopeSquares,
                        SUM((t.mean - m.mean) * (t.mean - m.mean)) AS meanSquares,
                        MAX(t.standardError) AS standardError, MAX(t.degreesOfFreedom) AS degreesOfFreedom
                    FROM (SELECT cell, \(module) AS module, series, COUNT(*) AS runs, SUM(forks) AS forks,
                            AVG(slope) AS slope, AVG(mean) AS mean
                          FROM trend WHERE campaign = ? GROUP BY cell, series, \(module)) AS m
                    JOIN trend AS t ON t.campaign = ? AND t.cell = m.cell AND t.series = m.series
                        AND t.\(module) = m.module
                    GROUP BY t.cell, t.series, t.\(module) ORDER BY t.cell, t.series, t.\(module)
                    """, arguments: [campaign, campaign])
        }
    }

    /// Adds what trends, and the versions that they tell apart, are kept in.
    static func addTrends(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE run ADD COLUMN version TEXT NOT NULL DEFAULT '';
                DROP INDEX runByVerdict;
                CREATE INDEX runByVerdict ON run (campaign, cell, module, verdict, duration);
                CREATE INDEX runByVersion ON run (campaign, cell, version, verdict, ended, duration);
                CREATE TABLE trend (
                    run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, campaign TEXT NOT NULL,
                    cell INTEGER NOT NULL, module TEXT NOT NULL, version TEXT NOT NULL, series TEXT NOT NULL,
                    slope DOUBLE NOT NULL,
                    standardError DOUBLE NOT NULL, degreesOfFreedom DOUBLE NOT NULL, mean DOUBLE NOT NULL,
                    forks INTEGER NOT NULL, PRIMARY KEY (run, series)
                ) WITHOUT ROWID;
                CREATE INDEX trendBySeries ON trend (campaign, cell, series);
                """)
    }

    static func insert(_ trend: StoredTrend, of run: StoredResult, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO trend (run, campaign, cell, module, version, series, slope, standardError,
                    degreesOfFreedom, mean, forks) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                run.id, run.campaign, run.cell, run.module, run.version, trend.series, trend.slope,
                trend.standardError, trend.degreesOfFreedom, trend.mean, trend.forks,
            ])
    }
}
