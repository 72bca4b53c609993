// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Evidence

@Suite struct SlopeTests {
    /// A generator of its own, so that the numbers are the same everywhere (Marsaglia's xorshift64).
    private struct Noise {
        var state: UInt64 = 88_172_645_463_325_252

        mutating func uniform() -> Double {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Double(state >> 11) / Double(1 << 53)
        }

        /// Twelve uniform numbers less six: nearly normal, with variance 1.
        mutating func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + uniform() } }
    }

    /// Tables of the t distribution, as in any textbook: two-sided 95 %, 99 %.
    @Test(arguments: [
        (1.0, 0.95, 12.706), (2, 0.95, 4.303), (5, 0.95, 2.571), (10, 0.95, 2.228), (30, 0.95, 2.042),
        (1000, 0.95, 1.962), (1, 0.99, 63.657), (5, 0.99, 4.032), (30, 0.99, 2.750), (10, 0.999, 4.587),
    ])
    func `knows Student's distribution`(freedom: Double, confidence: Double, expected: Double) {
        let found = StudentT.quantile(confidence: confidence, degreesOfFreedom: freedom)
        #expect(abs(found - expected) < 0.001, "\(found)")
    }

    @Test func `says nothing where nothing can be said`() {
        #expect(StudentT.quantile(confidence: 0.95, degreesOfFreedom: 0) == .infinity)
        #expect(Slope([], resolution: 1) == nil)
        #expect(Slope([(1, 1), (2, 2), (3, 3)], resolution: 1) == nil)
        #expect(Slope(Array(repeating: (1, 5), count: 50), resolution: 1) == nil, "all at one place")
        #expect(Slope(meanOf: [3]) == nil)
    }

    @Test func `finds an exact slope, and does not claim to know it better than its numbers are`() throws {
        let slope = try #require(Slope((0..<100).map { (Double($0), Double($0 * 3)) }, resolution: 1))
        #expect(abs(slope.value - 3) < 1e-9)
        let interval = slope.interval(confidence: 0.95)
        #expect(interval.contains(3) && interval.upperBound - interval.lowerBound > 0.001)
    }

    /// Of 400 series without any growth, 5 % may seem to grow or shrink.
    @Test func `keeps its promise on independent noise`() {
        var noise = Noise()
        let wrong = (0..<400).count { _ in
            let points = (0..<40).map { (Double($0), noise.normal() * 10) }
            return Slope(points, resolution: 1)?.interval(confidence: 0.95).contains(0) == false
        }
        #expect((6...38).contains(wrong), "\(wrong) of 400")
    }

    /// Numbers that wander are easily taken for ones that grow: without the correction a third of these are.
    @Test func `is not fooled by neighbours that resemble each other`() {
        var noise = Noise()
        let wrong = (0..<400).count { _ in
            var value = 0.0
            let points = (0..<200).map { place in
                value = 0.7 * value + noise.normal()
                return (Double(place), value)
            }
            return Slope(points, resolution: 0.001)?.interval(confidence: 0.95).contains(0) == false
        }
        #expect(wrong < 40, "\(wrong) of 400")
    }

    @Test func `tells two means apart when they are`() throws {
        let old = try #require(Slope(meanOf: [10, 11, 9, 10, 10]))
        let new = try #require(Slope(meanOf: [20, 21, 19, 20, 20]))
        let difference = old.difference(to: new).interval(confidence: 0.99)
        #expect(difference.contains(10) && difference.lowerBound > 5)
        #expect(old.difference(to: old).interval(confidence: 0.99).contains(0))
    }
}
