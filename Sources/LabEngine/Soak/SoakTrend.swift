// SPDX-License-Identifier: Apache-2.0

import Evidence
import RunStore

/// What a number that must not grow does in the runs of a cell.
public struct SoakTrend: Sendable, Codable, Equatable {
    /// Of every interval here. Higher than that of rates: there are many series, and they are looked at again and again.
    public static let confidence = 0.99

    /// The cell's name.
    public var cell: String
    /// Which number.
    public var series: Series
    /// What it is counted in.
    public var unit: String
    /// Runs that sampled it.
    public var runs: Int
    /// Tasks made in all of them.
    public var forks: Int
    /// Growth for 10,000 tasks, in ``unit``.
    public var slope: Double
    /// Where that lies with 99 %; nil where too few runs leave it open.
    public var low: Double?
    /// See ``low``.
    public var high: Double?
    /// The mean value.
    public var mean: Double
    /// The same interval for the mean; nil with fewer than two runs.
    public var meanLow: Double?
    /// See ``meanLow``.
    public var meanHigh: Double?
    /// `failed` when it grows, beyond what the rest of the kernel explains; `passed` otherwise.
    public var verdict: Verdict

    /// Of the sums in the store; nil for a series that this version does not know.
    init?(_ sums: TrendSums, cell: String) {
        guard let series = Series(rawValue: sums.series) else { return nil }
        (self.cell, self.series, unit) = (cell, series, series.unit)
        (runs, forks, slope, mean) = (sums.runs, sums.forks, sums.slope, sums.mean)
        let interval = sums.slopeEstimate.interval(confidence: Self.confidence)
        (low, high) = (interval.lowerBound.ifFinite, interval.upperBound.ifFinite)
        if let estimate = sums.meanEstimate {
            let interval = estimate.interval(confidence: Self.confidence)
            (meanLow, meanHigh) = (interval.lowerBound.ifFinite, interval.upperBound.ifFinite)
        }
        let least = sums.slopeEstimate.leastHarm(of: series, confidence: Self.confidence)
        verdict = least > series.tolerance ? .failed : .passed
    }

    /// The most that it may grow in the bad direction; nil where that is open.
    public var mostHarm: Double? { series.isBadToShrink ? low.map { -$0 } : high }

    /// For people.
    public var text: String {
        let interval =
            if let low, let high { "\(low.shortText) to \(high.shortText)" } else { "too few runs to say" }
        return "\(slope > 0 ? "+" : "")\(slope.shortText) \(unit) per 10,000 tasks (\(interval))"
    }
}

extension TrendSums {
    /// The mean slope of the runs; of a single one its own.
    var slopeEstimate: Slope {
        guard runs > 1 else {
            return Slope(value: slope, standardError: standardError, degreesOfFreedom: degreesOfFreedom)
        }
        let count = Double(runs)
        return Slope(
            value: slope, standardError: (slopeSquares / (count - 1) / count).squareRoot(),
            degreesOfFreedom: count - 1)
    }

    /// The mean of the runs' mean values; nil with fewer than two.
    var meanEstimate: Slope? {
        guard runs > 1 else { return nil }
        let count = Double(runs)
        return Slope(
            value: mean, standardError: (meanSquares / (count - 1) / count).squareRoot(),
            degreesOfFreedom: count - 1)
    }
}

extension StoredTrend {
    /// As a run's report has it.
    init(_ trend: SeriesTrend) {
        self.init(
            series: trend.series.rawValue, slope: trend.slope.value, standardError: trend.slope.standardError,
            degreesOfFreedom: trend.slope.degreesOfFreedom, mean: trend.mean, forks: trend.forks)
    }
}

extension Double {
    /// JSON knows no infinity.
    fileprivate var ifFinite: Double? { isFinite ? self : nil }
}
