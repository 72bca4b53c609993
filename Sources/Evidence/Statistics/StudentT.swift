// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Student's t distribution, as far as intervals need it.
public enum StudentT {
    private static let terms = 500
    private static let precision = 1e-14

    /// The value that |t| stays below with this probability: half the width of an interval, in standard errors.
    ///
    /// Found by halving, from P(|t| > x) = I(df / (df + x^2); df / 2, 1 / 2), see NIST's Digital Library of
    /// Mathematical Functions, 8.17 (the regularized incomplete beta function).
    ///
    /// - Parameters:
    ///   - confidence: Above 0 and below 1.
    ///   - degreesOfFreedom: Above 0; it need not be whole.
    /// - Returns: Infinity where there is no such value.
    public static func quantile(confidence: Double, degreesOfFreedom: Double) -> Double {
        guard confidence > 0, confidence < 1, degreesOfFreedom > 0 else { return .infinity }
        var (low, high) = (0.0, 1.0)
        while outside(high, degreesOfFreedom) > 1 - confidence {
            (low, high) = (high, high * 2)
            if high > 1e12 { return .infinity }
        }
        for _ in 0..<200 {
            let middle = (low + high) / 2
            if outside(middle, degreesOfFreedom) > 1 - confidence { low = middle } else { high = middle }
        }
        return high
    }

    /// P(|t| > x).
    static func outside(_ x: Double, _ degreesOfFreedom: Double) -> Double {
        incompleteBeta(degreesOfFreedom / (degreesOfFreedom + x * x), degreesOfFreedom / 2, 0.5)
    }

    private static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        guard x > 0 else { return 0 }
        guard x < 1 else { return 1 }
        let front = exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log1p(-x))
        // The fraction converges fast on this side; the other is its mirror image (8.17.4).
        return x < (a + 1) / (a + b + 2)
            ? front * fraction(x, a, b) / a : 1 - front * fraction(1 - x, b, a) / b
    }

    /// The continued fraction 8.17.22, from the front, by Lentz's method as Thompson and Barnett changed it.
    private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        let tiny = 1e-300
        func guarded(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
        var c = 1.0
        var d = 1 / guarded(1 - (a + b) * x / (a + 1))
        var result = d
        for m in 1...terms {
            let m = Double(m)
            for numerator in [
                m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
            ] {
                d = 1 / guarded(1 + numerator * d)
                c = guarded(1 + numerator / c)
                result *= d * c
            }
            if abs(d * c - 1) < precision { break }
        }
        return result
    }

    private static func logGamma(_ x: Double) -> Double {
        var sign: Int32 = 0
        return lgamma_r(x, &sign)
    }
}
