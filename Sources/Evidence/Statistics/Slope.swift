// SPDX-License-Identifier: Apache-2.0

import Glibc

/// How fast something grows, and how sure that is.
public struct Slope: Sendable, Equatable, Codable {
    /// Growth for one unit of what it grows with.
    public var value: Double
    /// Standard error of ``value``.
    public var standardError: Double
    /// Degrees of freedom of the error.
    public var degreesOfFreedom: Double

    /// A slope that somebody else has found.
    public init(value: Double, standardError: Double, degreesOfFreedom: Double) {
        (self.value, self.standardError) = (value, standardError)
        self.degreesOfFreedom = degreesOfFreedom
    }

    /// Least squares through points in the order of time.
    ///
    /// Neighbours in time resemble each other, so that they are worth less than as many independent points: n of them
    /// count as n (1 - r) / (1 + r), with r the residuals' correlation from one point to the next, where it is above 0
    /// (Bayley and Hammersley, Suppl. J. R. Stat. Soc. 8 (1946), 184-197, for a first-order process).
    ///
    /// - Parameters:
    ///   - points: What it grows with, and what grows.
    ///   - resolution: Steps in which the latter is known. Its error is never taken for smaller than that of rounding.
    /// - Returns: nil when the points are too few, or too much alike, to say anything.
    public init?(_ points: [(x: Double, y: Double)], resolution: Double) {
        let count = Double(points.count)
        guard points.count >= 4 else { return nil }
        let (meanX, meanY) = (
            points.reduce(0) { $0 + $1.x } / count, points.reduce(0) { $0 + $1.y } / count
        )
        let spread = points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
        guard spread > 0, spread.isFinite else { return nil }
        let slope = points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) } / spread
        let residuals = points.map { $0.y - meanY - slope * ($0.x - meanX) }
        let squares = residuals.reduce(0) { $0 + $1 * $1 }
        let neighbours = zip(residuals, residuals.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
        let rounding = resolution * resolution / 12
        // Of residuals that are no more than rounding, nothing can be said, and need not be.
        let correlation = squares > count * rounding ? min(max(neighbours / squares, 0), 1) : 0
        let effective = count * (1 - correlation) / (1 + correlation)
        guard effective > 3 else { return nil }
        let variance = max(squares / (effective - 2), rounding)
        value = slope
        standardError = (variance / spread).squareRoot()
        degreesOfFreedom = effective - 2
    }

    /// The mean of independent values, as a slope of its own: of slopes of one run each, that of them all.
    ///
    /// - Returns: nil when there are fewer than two.
    public init?(meanOf values: [Double]) {
        guard values.count >= 2 else { return nil }
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
        self.init(
            value: mean, standardError: (variance / count).squareRoot(), degreesOfFreedom: count - 1)
    }

    /// Where the true slope lies with this probability.
    public func interval(confidence: Double) -> ClosedRange<Double> {
        guard standardError > 0 else { return value...value }
        let half =
            standardError
            * StudentT.quantile(confidence: confidence, degreesOfFreedom: degreesOfFreedom)
        return (value - half)...(value + half)
    }

    /// How much larger another one is, after Welch (Biometrika 34 (1947), 28-35).
    public func difference(to other: Slope) -> Slope {
        let (own, others) = (standardError * standardError, other.standardError * other.standardError)
        let parts = own * own / degreesOfFreedom + others * others / other.degreesOfFreedom
        return Slope(
            value: other.value - value, standardError: (own + others).squareRoot(),
            degreesOfFreedom: parts > 0
                ? (own + others) * (own + others) / parts : min(degreesOfFreedom, other.degreesOfFreedom))
    }
}
