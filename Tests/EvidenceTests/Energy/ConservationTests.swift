// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Evidence

@Suite("Conservation of counts")
struct ConservationTests {
    /// A machine of two CPUs on which two events count 1 and 2 a microsecond.
    private struct World {
        /// Microseconds since the load, per CPU: all, idle, untraced.
        var ns: (UInt64, UInt64, UInt64) = (0, 0, 0)
        /// How much of the CPUs' counts the tasks that live have.
        var live: UInt64 = 0
        var records: UInt64 = 0
        /// How far the lab's own counters are, and by how much it grows while they are read.
        var witness: UInt64 = 0
        var growth: UInt64 = 5
        var lag: UInt64 = 0
        /// When CPU 1 went away, by the lab's clock.
        var offline: UInt64?
        var scope = "cpu"
        /// What the module says it has counted more than it has.
        var invented: UInt64 = 0

        private func counters(_ time: UInt64) -> String {
            (0..<2).flatMap { cpu in
                (0..<2).map { event in
                    let time = cpu == 1 ? offline ?? time : time
                    return
                        "cpu\(cpu) \(event) \(time * UInt64(event + 1)) \(time * 1000) \((time - lag) * 1000)\n"
                }
            }.joined()
        }

        private func stats(_ more: UInt64) -> String {
            var text = "switches 100\nrecords \(records)\n"
            guard scope == "cpu" else { return text }
            for cpu in 0..<2 {
                text += "cpu\(cpu) ns total=\(ns.0 + more) idle=\(ns.1) untraced=\(ns.2) core=0\n"
                for event in 0..<2 as Range<UInt64> {
                    let factor = event + 1
                    text +=
                        "cpu\(cpu) [\(event)] total=\((ns.0 + more + invented) * factor) idle=\(ns.1 * factor)"
                    text += " untraced=\(ns.2 * factor) lag_ns=0\n"
                }
            }
            return text
        }

        var snapshot: SystemSnapshot {
            let model = """
                source simulated
                scope \(scope)
                core 0
                [0] type=4 config=0x3c coefficient=1 error=0 count=0 enabled_ns=0 lag_ns=0 a
                [1] type=4 config=0xc0 coefficient=1 error=0 count=0 enabled_ns=0 lag_ns=0 b

                """
            return SnapshotFixture.snapshot([
                "counters-1": counters(witness), "counters-2": counters(witness + growth),
                "stats-1": stats(0), "stats-2": stats(2), "stats-3": stats(3), "model": model,
                "tasks":
                    "pid=1 tgid=1 runtime_ns=10 counted_ns=10 energy_uj=0 counts=\(live),\(2 * live) comm=x\n",
                "schedstat": "timestamp 5\ncpu0 0 0 0 0 0 0 \((ns.0 - ns.1) * 1000) 0 0\n"
                    + "cpu1 0 0 0 0 0 0 \((ns.0 - ns.1) * 1000) 0 0\n",
            ])
        }
    }

    private func record(_ seq: UInt64, _ pid: Int32, _ time: UInt64, _ flags: EnergyRecord.Flags = .scopeCPU)
        -> EnergyRecord
    {
        EnergyRecord(
            seq: seq, comm: "t", pid: pid, runtimeNs: 5, countedNs: 5, energyUj: 0, counts: [time, 2 * time],
            source: .simulated, flags: flags)
    }

    /// The load at 10,000 of the lab's clock, the unload at 1,010,000 of it: of the two CPUs' 2,000,000, each 300,000
    /// were idle and 50,000 untraced; one task has exited with 900,000, one lives with 400,000.
    private func material(
        _ change: (inout World, inout [EnergyRecord]) -> Void = { _, _ in }
    ) -> Conservation.Material {
        var end = World(
            ns: (1_000_000, 300_000, 50_000), live: 400_000, records: 1, witness: 1_010_000)
        var records = [record(0, 9, 900_000), record(1, 1, 400_050)]
        change(&end, &records)
        var start = World(witness: 10_000)
        start.lag = end.lag
        start.scope = end.scope
        return .init(
            records: records, configs: [0x3c, 0xc0], before: World(witness: 9_000).snapshot,
            loaded: start.snapshot, unloading: end.snapshot,
            unloaded: World(witness: 1_010_200).snapshot, scale: 1)
    }

    @Test("What is billed and what is counted are the same: nothing to say, and the shares")
    func right() {
        let conservation = Conservation(material())
        #expect(conservation.flaws.isEmpty, "\(conservation.flaws)")
        #expect(conservation.notes.isEmpty)
        #expect(conservation.summary?.cpuNs == 2_000_000)
        #expect(conservation.summary?.idleNs == 600_000)
        #expect(conservation.summary?.untracedNs == 100_000)
        #expect((conservation.summary?.blur ?? 1) < 1e-4)
    }

    @Test("Each way of losing or inventing counts is found, with numbers")
    func wrong() {
        let changes: [(String, String, (inout World, inout [EnergyRecord]) -> Void)] = [
            ("a record that lacks a slice", "tasks", { $1[0].counts = [890_000, 1_780_000] }),
            ("one that has it twice", "tasks", { $1[0].counts = [910_000, 1_820_000] }),
            ("an event that was billed wrong", "tasks", { $1[0].counts[1] = 900_000 }),
            ("an account that lost", "tasks", { world, _ in world.live = 100 }),
            ("totals of what nobody counted", "cpu", { world, _ in world.invented = 5_000 }),
            (
                "totals that stood still", "cpu",
                { world, _ in
                    world.ns = (900_000, 250_000, 0); world.live = 400_000
                }
            ),
            ("a record below its account", "unload", { $1[1].counts = [1, 2] }),
            ("a last record of everything", "unload", { $1[1].counts = [9_400_000, 18_800_000] }),
        ]
        for (name, kind, change) in changes {
            let conservation = Conservation(material(change))
            #expect(conservation.flaws.contains { $0.kind == kind }, "\(name): \(conservation.flaws)")
        }
        let lost = Conservation(material { $1[0].counts = [890_000, 1_780_000] }).flaws.first
        #expect(lost?.text.contains("10000 are missing (0.49 % of what") == true, "\(lost?.text ?? "")")
    }

    @Test("What is tolerated is a share of what was counted, and no more")
    func tolerance() {
        // 0.49 % are missing.
        var few = material { $1[0].counts = [890_000, 1_780_000] }
        few.tolerance = 0.004
        #expect(!Conservation(few).flaws.isEmpty)
        few.tolerance = 0.006
        #expect(Conservation(few).flaws.isEmpty, "\(Conservation(few).flaws)")
    }

    @Test("What cannot be compared is said, and never called compared")
    func incomparable() {
        let changes: [(String, (inout World, inout [EnergyRecord]) -> Void)] = [
            ("multiplexed", { world, _ in world.lag = 50 }), ("a record is missing", { $1 = [] }),
            ("a CPU that went away", { world, _ in world.offline = 500_000 }),
            ("scaled", { $1[0].flags.insert(.multiplexed) }),
        ]
        for (name, change) in changes {
            let conservation = Conservation(material(change))
            #expect(!conservation.notes.isEmpty && conservation.flaws.isEmpty, "\(name)")
        }
        var other = material()
        other.configs = [0x3c, 0xc4]
        #expect(Conservation(other).summary == nil && Conservation(other).notes.count == 1)
        other.configs = []
        #expect(Conservation(other).notes.first?.contains("no room") == true)
    }

    @Test("scope=task: what tasks counted is what the CPUs were busy, less what was not counted")
    func task() {
        /// 1.3 of 2 CPU seconds were busy.
        func conservation(_ counted: UInt64) -> Conservation {
            Conservation(
                material { world, records in
                    world.scope = "task"
                    world.ns = (1_000_000, 350_000, 0)
                    records[0] = record(0, 9, counted - 400_000, [])
                })
        }
        #expect(conservation(1_300_000).flaws.isEmpty, "\(conservation(1_300_000).flaws)")
        #expect(conservation(1_300_000).summary?.scope == "task")
        #expect(conservation(1_290_000).flaws.isEmpty)
        #expect(conservation(1_100_000).flaws.first?.text.contains("less than") == true)
        #expect(conservation(1_500_000).flaws.first?.text.contains("more than") == true)
    }

    @Test("Records of an earlier life are left out")
    func lives() {
        let records = [0, 1, 2, 0, 1].map { record($0, 5, 1) }
        #expect(Conservation.Material.lastLife(of: records).count == 2)
        #expect(Conservation.Material.lastLife(of: []).isEmpty)
    }

    @Test("What a guest wrote is read without harm")
    func hostile() {
        let texts = [
            "cpu0 0 99999999999999999999 1 1\ncpu 1\ncpu0 x y z\n", "cpu0 ns total=x idle= untraced\n[",
            "\u{0}",
            "pid=1 runtime_ns=1 counted_ns=1 counts=,,x comm=a counts=5\npid=\n",
        ]
        for text in texts {
            _ = ModuleStatistics(text)
            _ = LiveTask.tasks(in: text)
            _ = CounterReadings(text)
        }
        let named = "pid=1 tgid=1 runtime_ns=1 counted_ns=1 energy_uj=0 counts=7 comm=a counts=5 pid=9\n"
        #expect(LiveTask.tasks(in: named).first?.counts == [7], "a task cannot write fields with its name")
    }
}
