// SPDX-License-Identifier: Apache-2.0

/// How much more often something happens than before.
///
/// The interval is Newcombe's hybrid score interval, from Wilson's for each rate: R. G. Newcombe, "Interval Estimation
/// for the Difference Between Independent Proportions", Statistics in Medicine 17 (1998), 873-890, method 10.
public struct RateDifference: Sendable, Equatable, Codable {
    /// The later share less the earlier one.
    public let value: Double
    /// The lower end of the interval of 95 %.
    public let low: Double
    /// The upper end.
    public let high: Double

    /// Of two rates. Without tries in one of them it can be anything.
    public init(from before: HitRate, to after: HitRate) {
        value = after.share - before.share
        guard before.tries > 0, after.tries > 0 else {
            (low, high) = (-1, 1)
            return
        }
        func distance(_ a: Double, _ b: Double) -> Double { (a * a + b * b).squareRoot() }
        low = value - distance(after.share - after.low, before.high - before.share)
        high = value + distance(after.high - after.share, before.share - before.low)
    }
}
