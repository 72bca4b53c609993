// SPDX-License-Identifier: Apache-2.0

import LabEngine
import Testing

@Suite("How often something happens")
struct HitRateTests {
    /// The score interval's column of table I in R. G. Newcombe, "Two-sided confidence intervals for the single
    /// proportion", Statistics in Medicine 17 (1998), 857-872.
    @Test(
        "Wilson's interval has its published values",
        arguments: [
            (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ])
    func published(hits: Int, tries: Int, low: Double, high: Double) {
        let rate = HitRate(hits: hits, tries: tries)
        #expect(abs(rate.low - low) < 0.00005, "\(rate.low)")
        #expect(abs(rate.high - high) < 0.00005, "\(rate.high)")
        #expect(rate.share == Double(hits) / Double(tries))
    }

    @Test("No try says nothing, and all hits are as sure as none")
    func ends() {
        let nothing = HitRate(hits: 0, tries: 0)
        #expect(nothing.low == 0 && nothing.high == 1)
        let all = HitRate(hits: 20, tries: 20)
        let none = HitRate(hits: 0, tries: 20)
        #expect(all.high == 1 && none.low == 0)
        #expect(abs(all.low - (1 - none.high)) < 1e-12)
    }

    @Test("More tries make it narrower, and it always contains the share")
    func narrower() {
        var width = 1.0
        for tries in [10, 100, 1000, 10_000] {
            let rate = HitRate(hits: tries / 10, tries: tries)
            #expect(rate.low < rate.share && rate.share < rate.high)
            #expect(rate.high - rate.low < width)
            width = rate.high - rate.low
        }
    }
}
