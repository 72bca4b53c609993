// SPDX-License-Identifier: Apache-2.0

/// How often something happens, and how sure one can be of it after so many tries.
///
/// The interval is Wilson's score interval: E. B. Wilson, "Probable Inference, the Law of Succession, and
/// Statistical Inference", Journal of the American Statistical Association 22 (1927), 209-212. Unlike the textbook's
/// p ± z·sqrt(p(1-p)/n) it stays between 0 and 1, and says something sensible when nothing, or everything, was hit.
public struct HitRate: Sendable, Codable, Equatable {
    /// Tries that hit.
    public let hits: Int
    /// All tries that had an answer.
    public let tries: Int
    /// `hits / tries`; 0 when there was no try.
    public let share: Double
    /// The interval's lower end.
    public let low: Double
    /// The interval's upper end.
    public let high: Double

    /// The 97.5 % quantile of the normal distribution: 2.5 % are left out at either end.
    private static let z = 1.959963984540054

    /// The rate with its 95 % interval.
    ///
    /// - Parameters:
    ///   - hits: 0 to `tries`.
    ///   - tries: 0 says nothing: the interval is all from 0 to 1.
    public init(hits: Int, tries: Int) {
        self.hits = hits
        self.tries = tries
        guard tries > 0 else {
            (share, low, high) = (0, 0, 1)
            return
        }
        let n = Double(tries)
        let p = Double(hits) / n
        let square = Self.z * Self.z
        let scale = 1 + square / n
        let centre = (p + square / (2 * n)) / scale
        let half = Self.z * (p * (1 - p) / n + square / (4 * n * n)).squareRoot() / scale
        share = p
        // What rounding leaves must not look like a doubt.
        low = hits == 0 ? 0 : max(0, centre - half)
        high = hits == tries ? 1 : min(1, centre + half)
    }
}
