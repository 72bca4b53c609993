// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB

/// When and where a campaign has seen a bug.
public struct SignatureHistory: Sendable, Equatable {
    /// Runs of one cell with one version of the module, in one slot of time, that showed it.
    public struct Part: Sendable, Equatable, Codable, FetchableRecord {
        /// The cell's number.
        public var cell: Int64
        /// The version of the module, see ``StoredResult/version``.
        public var version: String
        /// The slot, from 0.
        public var slot: Int
        /// Runs that showed it.
        public var runs: Int
        /// When the first of them ended, seconds since 1970.
        public var first: Double
        /// When the last of them ended.
        public var last: Double
    }

    /// Names the bug.
    public var signature: String
    /// One line for people, as the last run that showed it has it.
    public var title: String
    /// Source file and line, where it is known.
    public var location: String?
    /// The parts, none of them empty.
    public var parts: [Part]
    /// Other campaigns that have seen it, the youngest first.
    public var elsewhere: [String]

    /// Runs that showed it.
    public var runs: Int { parts.reduce(0) { $0 + $1.runs } }
}

extension RunStore {
    /// The history of a bug in a campaign.
    ///
    /// - Parameters:
    ///   - from: When the first slot begins, seconds since 1970.
    ///   - slot: How long each is, seconds, above 0.
    /// - Returns: nil when the campaign has not seen it.
    public func history(
        of signature: String, in campaign: String, from: Double, slot: Double
    ) throws -> SignatureHistory? {
        try pool.read { db in
            guard
                let last = try Row.fetchOne(
                    db,
                    sql: """
                        SELECT title, location FROM finding WHERE campaign = ? AND signature = ?
                        ORDER BY run DESC LIMIT 1
                        """, arguments: [campaign, signature])
            else { return nil }
            let parts = try SignatureHistory.Part.fetchAll(
                db,
                sql: """
                    SELECT r.cell, r.version, MAX(0, CAST((r.ended - ?) / ? AS INTEGER)) AS slot, COUNT(*) AS runs,
                        MIN(r.ended) AS first, MAX(r.ended) AS last
                    FROM finding AS f JOIN run AS r ON r.id = f.run WHERE f.campaign = ? AND f.signature = ?
                    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
                    """, arguments: [from, slot, campaign, signature])
            let elsewhere = try String.fetchAll(
                db,
                sql: """
                    SELECT id FROM campaign AS c WHERE id <> ? AND EXISTS (
                        SELECT 1 FROM finding WHERE campaign = c.id AND signature = ?)
                    ORDER BY created DESC, id
                    """, arguments: [campaign, signature])
            return SignatureHistory(
                signature: signature, title: last["title"], location: last["location"], parts: parts,
                elsewhere: elsewhere)
        }
    }
}
