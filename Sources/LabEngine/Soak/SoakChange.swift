// SPDX-License-Identifier: Apache-2.0

import Evidence
import RunStore

/// A new version of the module joined a campaign: what became better, and what worse.
public struct SoakChange: Sendable, Codable, Equatable {
    /// What can be said of one number.
    public enum Answer: String, Sendable, Codable {
        case better
        case worse
        /// The runs there are do not tell the two apart.
        case same
    }

    /// One number, before and after.
    public struct Item: Sendable, Codable, Equatable {
        /// What it is: "failure rate", or a series of a cell.
        public var what: String
        /// What it is counted in.
        public var unit: String
        /// Of the version before.
        public var before: Double
        /// Of this one.
        public var after: Double
        /// By how much it grew, at least.
        public var low: Double
        /// By how much it grew, at most.
        public var high: Double
        /// What that means.
        public var answer: Answer
    }

    /// The version that joined, see `ModuleArtifact.version`.
    public var version: String
    /// The one before it.
    public var before: String
    /// When its first run ended, seconds since 1970.
    public var first: Double
    /// Runs with an answer of the version before, in cells that both have.
    public var runsBefore: Int
    /// Runs with an answer of this one there.
    public var runsAfter: Int
    /// The numbers that both have.
    public var items: [Item]

    /// `worse` when anything is, then `better` when anything is.
    public var answer: Answer {
        let answers = items.map(\.answer)
        return answers.contains(.worse) ? .worse : answers.contains(.better) ? .better : .same
    }

    /// The changes of a campaign, in their order.
    ///
    /// - Parameters:
    ///   - versions: By cell, as the store has them.
    ///   - trends: By cell and version.
    ///   - cells: Names by number.
    static func all(
        _ versions: [StoredVersion], trends: [TrendSums], cells: [Int64: String]
    ) -> [SoakChange] {
        let known = versions.filter { !$0.version.isEmpty }
        let firsts = Dictionary(grouping: known, by: \.version).mapValues { parts in
            parts.map(\.first).min() ?? 0
        }
        let order = firsts.keys.sorted { (firsts[$0] ?? 0, $0) < (firsts[$1] ?? 0, $1) }
        return zip(order, order.dropFirst()).map { before, after in
            change(from: before, to: after, first: firsts[after] ?? 0, known, trends, cells)
        }
    }

    private static func change(
        from before: String, to after: String, first: Double, _ versions: [StoredVersion],
        _ trends: [TrendSums], _ cells: [Int64: String]
    ) -> SoakChange {
        func answered(_ version: String) -> [Int64: StoredVersion] {
            Dictionary(
                versions.filter { $0.version == version && $0.passed + $0.failed > 0 }.map { ($0.cell, $0) },
                uniquingKeysWith: { first, _ in first })
        }
        let (old, new) = (answered(before), answered(after))
        // A cell that only one of them ran says nothing about the other.
        let shared = Set(old.keys).intersection(new.keys)
        func rate(_ runs: [Int64: StoredVersion]) -> HitRate {
            let parts = shared.compactMap { runs[$0] }
            return HitRate(
                hits: parts.reduce(0) { $0 + $1.failed },
                tries: parts.reduce(0) { $0 + $1.passed + $1.failed })
        }
        let rates = (rate(old), rate(new))
        var items: [Item] = []
        if rates.0.tries > 0, rates.1.tries > 0 {
            let difference = RateDifference(from: rates.0, to: rates.1)
            items.append(
                Item(
                    what: "failure rate", unit: "", before: rates.0.share, after: rates.1.share,
                    low: difference.low, high: difference.high,
                    answer: answer(difference.low, difference.high)))
        }
        for cell in shared.sorted() {
            for earlier in trends where earlier.cell == cell && earlier.module == before {
                guard let series = Series(rawValue: earlier.series),
                    let later = trends.first(where: {
                        $0.cell == cell && $0.module == after && $0.series == earlier.series
                    })
                else { continue }
                items += compare(earlier, later, series, cell: cells[cell] ?? "cell \(cell)")
            }
        }
        return SoakChange(
            version: after, before: before, first: first, runsBefore: rates.0.tries,
            runsAfter: rates.1.tries,
            items: items)
    }

    private static func compare(
        _ before: TrendSums, _ after: TrendSums, _ series: Series, cell: String
    ) -> [Item] {
        func item(_ what: String, _ unit: String, _ old: Slope, _ new: Slope) -> Item? {
            let interval = old.difference(to: new).interval(confidence: SoakTrend.confidence)
            guard interval.lowerBound.isFinite, interval.upperBound.isFinite else { return nil }
            let sign: Double = series.isBadToShrink ? -1 : 1
            let ends = [sign * interval.lowerBound, sign * interval.upperBound]
            return Item(
                what: "\(series.rawValue)\(what) in \(cell)", unit: unit, before: old.value, after: new.value,
                low: interval.lowerBound, high: interval.upperBound,
                answer: answer(ends.min() ?? 0, ends.max() ?? 0))
        }
        var items = [
            item(
                ", slope", "\(series.unit) per 10,000 tasks", before.slopeEstimate, after.slopeEstimate)
        ]
        if let old = before.meanEstimate, let new = after.meanEstimate {
            items.append(item("", series.unit, old, new))
        }
        return items.compactMap(\.self)
    }

    /// All numbers here are bad when they grow.
    private static func answer(_ low: Double, _ high: Double) -> Answer {
        low > 0 ? .worse : high < 0 ? .better : .same
    }
}
