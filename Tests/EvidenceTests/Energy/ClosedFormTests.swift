// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Evidence

@Suite("Closed form of simulated counts")
struct ClosedFormTests {
    private static let configs = EnergyArithmetic.intelPCore.map(\.config)

    private func form(_ parameters: String = "", scale: Double = 1) throws -> ClosedForm? {
        let pmu = try #require(SimulatedPMU(parameters: ModuleParameters(parameters)))
        return ClosedForm(pmu: pmu, configs: Self.configs, scale: scale)
    }

    /// A record whose events counted for these times, nanoseconds.
    private func record(
        clock: UInt64, slices: UInt64 = 1, flags: EnergyRecord.Flags = .scopeCPU,
        _ counted: (Int) -> UInt64
    ) throws -> EnergyRecord {
        let pmu = try #require(SimulatedPMU(parameters: ModuleParameters("")))
        return EnergyRecord(
            seq: 0, comm: "a", pid: 7, startNs: 0, exitNs: clock + 5, runtimeNs: clock, countedNs: clock,
            energyUj: 0,
            counts: Self.configs.enumerated().map {
                pmu.count(units: counted($0.offset), rate: pmu.rate(config: $0.element))
            }, source: .simulated, flags: flags, table: 2, clockNs: clock, slices: slices)
    }

    @Test("The rates are those of sim_pmu.h")
    func rates() throws {
        let pmu = try #require(
            SimulatedPMU(parameters: ModuleParameters("rates=0x3c:3000,467:7 nr_counters=0x4 mode=tsc")))
        #expect(pmu.counters == 4 && pmu.mode == .ticks)
        #expect(pmu.rate(config: 0x3c) == 3000 && pmu.rate(config: 0x1d3) == 7)
        #expect(pmu.rate(config: 0xc0) == 500 + 125 * (192 % 31))
        #expect(pmu.rate(config: 0x02a6) == 500 + 125 * ((0xa6 + 2) % 31))
        #expect(pmu.count(units: 1999, rate: 500) == 999)
        #expect(pmu.count(units: .max, rate: 2000) == .max)
        for wrong in ["nr_counters=17", "mode=min", "rates=7", "rates=1:2:3", "rates=1:4294967296"] {
            #expect(SimulatedPMU(parameters: ModuleParameters(wrong)) == nil, "\(wrong)")
        }
    }

    @Test("Counts of the right time are right, also when the host was elsewhere between two readings")
    func right() throws {
        let form = try #require(try form())
        #expect(form.flaw(of: try record(clock: 2_000_000) { _ in 2_000_000 }) == nil)
        #expect(form.flaw(of: try record(clock: 2_000_000) { $0 < 5 ? 2_000_000 : 6_000_000 }) == nil)
        #expect(form.flaw(of: try record(clock: 1_000_000_000, slices: 200) { _ in 1_001_000_000 }) == nil)
    }

    @Test(
        "A slice that was dropped, and a total that was overwritten by its last difference, show as numbers")
    func wrong() throws {
        let form = try #require(try form())
        let dropped = try #require(form.flaw(of: try record(clock: 4_000_000, slices: 2) { _ in 2_000_000 }))
        #expect(dropped.text.contains("2.000 ms") && dropped.text.contains("4.000 ms"), "\(dropped)")
        #expect(form.flaw(of: try record(clock: 900_000_000, slices: 90) { _ in 9_000_000 }) != nil)
        #expect(form.flaw(of: try record(clock: 4_000_000) { _ in 8_000_000 }) != nil, "counted twice")
        let one = try record(clock: 100_000_000) { $0 == 3 ? 0 : 100_000_000 }
        #expect(form.flaw(of: one)?.text.contains("count [3]") == true, "one event only")
        #expect(try self.form(scale: 4)?.flaw(of: try record(clock: 4_000_000) { _ in 3_500_000 }) == nil)
    }

    @Test("A turn of another CPU explains a few records, and not many in one direction")
    func turns() throws {
        let form = try #require(try form())
        let right = try record(clock: 4_000_000) { _ in 4_000_000 }
        let short = try record(clock: 4_000_000) { _ in 2_000_000 }
        let long = try record(clock: 4_000_000) { _ in 6_000_000 }
        let many = [EnergyRecord](repeating: right, count: 90)
        func records(_ short: Int, _ long: Int, of one: (EnergyRecord, EnergyRecord)) -> [EnergyRecord] {
            many + [EnergyRecord](repeating: one.0, count: short)
                + [EnergyRecord](repeating: one.1, count: long)
        }
        #expect(form.flaws(of: records(4, 4, of: (short, long))).isEmpty)
        #expect(form.flaws(of: records(6, 0, of: (short, long))).count == 6)
        #expect(form.flaws(of: records(2, 6, of: (short, long))).count == 6, "those of that direction")
        // Few among very many, and one that no turn explains.
        #expect(form.flaws(of: many + many + records(6, 0, of: (short, long))).isEmpty)
        let far = try record(clock: 900_000_000, slices: 9) { _ in 9_000_000 }
        #expect(form.flaws(of: many + [far]).count == 1)
    }

    @Test("Scaled counts are judged by the long run only")
    func scaled() throws {
        let form = try #require(try form())
        let flags: EnergyRecord.Flags = [.scopeCPU, .multiplexed]
        #expect(form.flaw(of: try record(clock: 5_000_000, flags: flags) { _ in 0 }) == nil)
        #expect(form.flaw(of: try record(clock: 3_000_000_000, flags: flags) { _ in 2_950_000_000 }) == nil)
        #expect(form.flaw(of: try record(clock: 3_000_000_000, flags: flags) { _ in 1_500_000_000 }) != nil)
    }

    @Test("Nothing is said of counts that nobody simulated, and none in ticks")
    func silent() throws {
        var record = try record(clock: 4_000_000) { _ in 0 }
        record.source = .hardware
        #expect(try form()?.flaw(of: record) == nil)
        #expect(try form("mode=tsc") == nil)
    }

    @Test("Times and flags that contradict each other")
    func contradictions() throws {
        let right = try record(clock: 4_000_000) { _ in 4_000_000 }
        #expect(right.contradictions().isEmpty)
        let changes: [(String, (inout EnergyRecord) -> Void)] = [
            ("counted longer than it ran", { $0.countedNs = 5_000_000 }),
            ("partial without the flag", { $0.countedNs = 3_000_000 }),
            ("the flag without being partial", { $0.flags.insert(.partial) }),
            ("counters, and the flag that says none", { $0.flags.insert(.noCounters) }),
            ("no counters, and no flag", { $0.slices = 0 }),
            (
                "ended before it began",
                {
                    $0.exitNs = 0; $0.startNs = 9
                }
            ),
            (
                "ran longer than it lived",
                {
                    $0.runtimeNs = 9_000_000_000; $0.countedNs = 9_000_000_000
                }
            ),
        ]
        for (name, change) in changes {
            var record = right
            change(&record)
            #expect(!record.contradictions().isEmpty, "\(name)")
        }
        var partial = right
        partial.countedNs = 1_000_000
        partial.flags.insert(.partial)
        #expect(partial.contradictions().isEmpty)
    }

    @Test("Who lived while all was counted must be whole")
    func whole() throws {
        let window = CountingWindow(start: 100, end: 50_000_000)
        var record = try record(clock: 4_000_000) { _ in 4_000_000 }
        #expect(!record.shouldBeWhole(in: window), "older than the load")
        record.startNs = 200
        record.exitNs = 10_000_000
        #expect(record.shouldBeWhole(in: window) && record.missingTime == nil)
        record.countedNs = 1_000_000
        #expect(record.missingTime?.contains("1.000 ms were counted of 4.000 ms") == true)
        record.exitNs = 60_000_000
        #expect(!record.shouldBeWhole(in: window), "it ended while the module was on its way out")
        record.flags = []
        #expect(!record.shouldBeWhole(in: window), "scope=task begins to count later")
    }
}
