// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A logarithmic axis: values to places, and where its ticks are.
struct LogAxis {
    private let low: Double
    private let high: Double
    private let start: Double
    private let end: Double

    /// An axis that shows all of `values` between the places `start` and `end`; values that have no
    /// logarithm are left out.
    init(values: [Double], start: Double, end: Double) {
        let usable = values.filter { $0.isFinite && $0 > 0 }
        let least = usable.min() ?? 1
        let most = usable.max() ?? 10
        // Room beyond the outermost, and never nothing between them.
        low = least / 1.25
        high = max(most * 1.25, low * 2)
        self.start = start
        self.end = end
    }

    /// Where a value is; nil for one that has no place.
    func place(_ value: Double) -> Double? {
        guard value.isFinite, value > 0 else { return nil }
        return start + (end - start) * (log(value / low) / log(high / low))
    }

    /// Round values on the axis: powers of ten, and with few of them also twice and five times those.
    var ticks: [Double] {
        let decades = Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up))
        func values(_ factors: [Double]) -> [Double] {
            decades.flatMap { decade in factors.map { $0 * pow(10, Double(decade)) } }
                .filter { $0 >= low && $0 <= high }
        }
        let tens = values([1])
        return tens.count >= 4 ? tens : values([1, 2, 5])
    }
}
