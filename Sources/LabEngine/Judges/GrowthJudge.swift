// SPDX-License-Identifier: Apache-2.0

import Evidence

/// What a module has must not grow with the tasks that come and go, nor may its hooks get slower.
struct GrowthJudge: Judge {
    /// One run among a million good ones may be called bad, for each series. A campaign sees smaller slopes, with less to
    /// spare: it has many runs.
    static let confidence = 0.999_999
    /// Samples that a finding shows.
    private static let shown = 12

    func judge(_ evidence: RunEvidence, earlier: [Finding]) throws -> Judgement {
        guard evidence.plan.watch.sampling > 0, evidence.ending == .goodbye else { return .nothing }
        let trends = SeriesTrend.all(of: evidence.samples)
        guard !trends.isEmpty else {
            return Judgement(
                doubts: ["\(evidence.samples.count) samples are too few to say whether anything grows"])
        }
        return Judgement(
            findings: trends.filter { trend in
                trend.slope.leastHarm(of: trend.series, confidence: Self.confidence)
                    > trend.series.tolerance
            }.map { finding($0, evidence) })
    }

    private func finding(_ trend: SeriesTrend, _ evidence: RunEvidence) -> Finding {
        let points = trend.series.points(of: evidence.samples)
        let step = max(1, points.count / Self.shown)
        return Finding(
            crashClass: .growth,
            title: "\(evidence.moduleUnderTest ?? "the module"): \(trend.text)",
            signature: "growth \(trend.series.rawValue)",
            evidence: ["tasks made since boot, \(trend.series.unit)"]
                + stride(from: 0, to: points.count, by: step).map { place in
                    "\(Int((points[place].x * Series.forks).rounded())) \(points[place].y.shortText)"
                })
    }
}

extension SeriesTrend {
    /// The slope with its interval of 95 %, for people.
    public var text: String { slope.text(of: series) }
}

extension Slope {
    /// With its interval, for people.
    ///
    /// - Parameter confidence: That of the interval.
    public func text(of series: Series, confidence: Double = 0.95) -> String {
        let interval = interval(confidence: confidence)
        let sign = value > 0 ? "+" : ""
        return "\(series.rawValue) \(sign)\(value.shortText) \(series.unit) per 10,000 tasks"
            + " (\(interval.lowerBound.shortText) to \(interval.upperBound.shortText))"
    }
}

extension Double {
    /// With as many digits as a person wants to see.
    var shortText: String {
        guard isFinite else { return self < 0 ? "less than can be said" : "more than can be said" }
        let digits = abs(self) >= 100 ? 1.0 : abs(self) >= 10 ? 10 : 100
        let rounded = (self * digits).rounded() / digits
        return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }
}
