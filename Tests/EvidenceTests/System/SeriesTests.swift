// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Evidence

@Suite struct SeriesTests {
    private func text(_ count: Int, leak: Int = 0) -> String {
        (0..<count).map { place in
            """
            sample \(place)
            forks \(place * 100)
            loaded 1
            value module_objects \(50 + (leak > 0 ? place * 100 / leak : 0) + place % 2)
            value free_kib \(100_000 - place)
            value stat:hook_switch_total_ns \(place * 5000)
            value stat:hook_switch_calls \(place * 10)
            end

            """
        }.joined()
    }

    @Test func `one object in a thousand exits is ten in ten thousand`() throws {
        let samples = SystemSample.samples(decoding: Array(text(100, leak: 1000).utf8))
        let trend = try #require(SeriesTrend(.moduleObjects, of: samples))
        #expect(trend.samples == 14 && (7000...7900).contains(trend.forks))
        let interval = trend.slope.interval(confidence: 0.95)
        #expect(interval.contains(10) && interval.lowerBound > 9)
        #expect(trend.slope.leastHarm(of: .moduleObjects, confidence: 0.999_999) > 0)
    }

    @Test func `what does not grow does not, and less memory is worse`() throws {
        let samples = SystemSample.samples(decoding: Array(text(100).utf8))
        let objects = try #require(SeriesTrend(.moduleObjects, of: samples))
        #expect(objects.slope.interval(confidence: 0.95).contains(0))
        let memory = try #require(SeriesTrend(.freeMemory, of: samples))
        #expect(abs(memory.slope.value + 100) < 5)
        #expect(memory.slope.leastHarm(of: .freeMemory, confidence: 0.99) > 90)
        let hook = try #require(SeriesTrend(.switchHook, of: samples))
        #expect(hook.mean == 500 && abs(hook.slope.value) < 1e-9)
        #expect(SeriesTrend(.perfEvents, of: samples) == nil)
    }

    @Test func `samples that are torn, odd or too many are left out`() {
        let whole = text(1)
        for length in 0..<whole.utf8.count - 1 {
            #expect(SystemSample.samples(decoding: Array(whole.utf8.prefix(length))).isEmpty)
        }
        #expect(SystemSample.samples(decoding: Array(("end\nvalue x 1\n" + whole + whole).utf8)).count == 2)
        let odd = "sample 1\nforks -1\nloaded 1\nend\nsample x\nforks 1\nloaded 1\nend\n"
        #expect(SystemSample.samples(decoding: Array(odd.utf8)).isEmpty)
        #expect(SystemSample.samples(decoding: [0, 255, 10, 0x0A, 0x20]).isEmpty)
        #expect(SystemSample.samples(decoding: Array(text(10_005).utf8)).count == 10_000)
    }

    @Test func `only what was sampled while the module was loaded counts`() {
        let samples = (0..<100).map { place in
            SystemSample(
                time: 0, forks: UInt64(place * 10), isLoaded: (20..<80).contains(place),
                values: ["perf_events": UInt64(place)])
        }
        let points = Series.perfEvents.points(of: samples)
        #expect(points.count == 12 && points.first?.y == 32 && points.last?.y == 76)
    }

    @Test func `what is there for a moment is no growth`() throws {
        let samples = (0..<60).map { place in
            SystemSample(
                time: 0, forks: UInt64(place * 300), isLoaded: true,
                values: ["module_objects": 600 + (place.isMultiple(of: 7) ? UInt64(place * 4) : 0)])
        }
        let trend = try #require(SeriesTrend(.moduleObjects, of: samples))
        #expect(trend.slope.value == 0 && trend.mean == 600)
    }
}
