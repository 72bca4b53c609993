// SPDX-License-Identifier: Apache-2.0

/// Whether what a module billed to tasks is what the CPUs counted, as independent counters saw it.
///
/// The lab has counters of its own for the same events on every CPU. Each snapshot reads them before and after the
/// module's statistics, once every CPU has been made to switch tasks and so has billed all it had counted
/// (snapshot.h). Everything only ever grows, so each comparison is of a number with two that it must lie between:
/// there is nothing to estimate, and the only allowance is for rounding and for counters that perf takes off a
/// CPU for a moment while it makes others, ``gaps`` of the whole.
///
/// `scope=cpu`, between the load and the unload:
///
/// 1. each CPU's total lies between what the lab's counter gained from after the first statistics to before the second
///    and what it gained from before the first to after the second;
/// 2. records made so far + accounts of living tasks = totals - idle - untraced, where the right side is taken from
///    statistics before and after the accounts are read;
/// 3. no task's record says less than its account did, and all records together, with idle and untraced, say no
///    more than the lab's counters gained from before the load to after the unload.
///
/// `scope=task`: see ``TaskConservation``.
public struct Conservation: Sendable {
    /// What is compared.
    public struct Material: Sendable {
        /// Records of the module's last life, in their order.
        public var records: [EnergyRecord]
        /// Configs of the lab's own counters, in their order.
        public var configs: [UInt64]
        /// Before the load.
        public var before: SystemSnapshot
        /// After the load.
        public var loaded: SystemSnapshot
        /// Before the unload.
        public var unloading: SystemSnapshot
        /// After the unload; nil when that did not happen.
        public var unloaded: SystemSnapshot?
        /// How much longer code takes on this kernel than on one without checks.
        public var scale: Double
        /// Share of the counts that may be missing, or too many, besides what the comparison itself cannot see.
        public var tolerance: Double = 0

        /// What is compared.
        public init(
            records: [EnergyRecord], configs: [UInt64], before: SystemSnapshot, loaded: SystemSnapshot,
            unloading: SystemSnapshot, unloaded: SystemSnapshot?, scale: Double
        ) {
            self.records = Self.lastLife(of: records)
            self.configs = configs
            self.before = before
            self.loaded = loaded
            self.unloading = unloading
            self.unloaded = unloaded
            self.scale = scale
        }

        /// Records count from 0 with each load.
        public static func lastLife(of records: [EnergyRecord]) -> [EnergyRecord] {
            var start = 0
            for place in records.indices.dropFirst() {
                if let earlier = records[place - 1].seq, let seq = records[place].seq, seq <= earlier {
                    start = place
                }
            }
            return Array(records[start...])
        }
    }

    /// Something that is not conserved, for people.
    public struct Flaw: Sendable, Equatable {
        /// What kind of comparison failed: `cpu`, `tasks`, `unload`.
        public var kind: String
        /// What was compared, with numbers.
        public var text: String
    }

    /// What was compared, in short.
    public struct Summary: Sendable, Equatable {
        /// `cpu` or `task`.
        public var scope: String
        /// Time between the two snapshots, of all CPUs together, nanoseconds.
        public var cpuNs: UInt64 = 0
        /// Part of it that CPUs were idle.
        public var idleNs: UInt64 = 0
        /// Part of it that tasks ran which nobody traced, as the module says.
        public var untracedNs: UInt64 = 0
        /// Part of it that traced tasks ran without being counted, as the module says.
        public var uncountedNs: UInt64 = 0
        /// How wide the bounds of the sum over tasks were, as a share of it: what the comparison cannot see.
        public var blur: Double = 0
    }

    /// Share of what a counter counted that may be missing: see above.
    static let gaps = 1e-4
    /// Counts that rounding can cost in each comparison.
    static let rounding: Int128 = 16

    /// What is not conserved.
    public private(set) var flaws: [Flaw] = []
    /// Why something could not be compared.
    public private(set) var notes: [String] = []
    /// What was compared; nil when nothing could be.
    public private(set) var summary: Summary?

    let material: Material

    /// Compares.
    public init(_ material: Material) {
        self.material = material
        guard let model = ModuleModel(material.unloading) else {
            notes.append("the module does not say what it counts in all")
            return
        }
        if let reason = obstacle(model) {
            notes.append(reason)
            return
        }
        if model.scope == "task" {
            let result = TaskConservation(material)
            flaws = result.flaws
            notes = result.notes
            summary = result.summary
        } else {
            compareCPUs()
            compareTasks()
            compareEnd()
        }
    }

    /// Why nothing can be compared; nil when it can.
    private func obstacle(_ model: ModuleModel) -> String? {
        if model.source == "none" { return "nothing is counted: there is no PMU" }
        if model.cores > 1 { return "counts of several core types are not compared" }
        if material.configs.isEmpty {
            return "the lab has no counters of its own: the PMU has no room for them beside the module's"
        }
        if model.configs != material.configs { return "the module counts other events than the lab" }
        for snapshot in [material.loaded, material.unloading] {
            guard let first = snapshot.counters(1), let second = snapshot.counters(2) else {
                return "the lab's own counters were not read"
            }
            if let problem = (first.problems + second.problems).first {
                return "the lab's own counters could not be read: \(problem)"
            }
            if !first.isUndivided || !second.isUndivided {
                return "the lab's own counters had to share the PMU's (multiplexing)"
            }
        }
        if cpusCameOrWent { return "CPUs came or went" }
        if model.hasLag { return "the module's counters had to share the PMU's (multiplexing)" }
        return nil
    }

    /// A counter whose CPU goes away stands still from then on, while all others go on for the same time.
    private var cpusCameOrWent: Bool {
        let start = material.loaded.counters(1)?.cpus ?? [:]
        let end = material.unloading.counters(1)?.cpus ?? [:]
        let times = end.map { cpu, readings in
            Double(readings[0]?.enabledNs ?? 0) - Double(start[cpu]?[0]?.enabledNs ?? 0)
        }
        guard let least = times.min(), let most = times.max() else { return true }
        return least < most * 0.9
    }

    // MARK: - scope=cpu

    private mutating func compareCPUs() {
        guard let a1 = material.loaded.counters(1), let a2 = material.loaded.counters(2),
            let b1 = material.unloading.counters(1), let b2 = material.unloading.counters(2),
            let first = material.loaded.statistics(1), let second = material.unloading.statistics(1)
        else { return notes.append("the module's totals were not read") }
        if Set(first.cpus.keys) != Set(second.cpus.keys) || Set(second.cpus.keys) != Set(b1.cpus.keys) {
            notes.append("CPUs came or went: their totals are not compared")
        }
        var sum = Summary(scope: "cpu")
        for (cpu, end) in second.cpus.sorted(by: { $0.key < $1.key }) {
            guard let start = first.cpus[cpu] else { continue }
            for event in end.events.indices where event < start.events.count {
                guard let before = a1.cpus[cpu]?[event], let after = a2.cpus[cpu]?[event],
                    let last = b1.cpus[cpu]?[event], let over = b2.cpus[cpu]?[event]
                else { continue }
                let counted = Int128(end.events[event].total) - Int128(start.events[event].total)
                let bounds = Bounds(
                    lower: Int128(last.value) - Int128(after.value),
                    upper: Int128(over.value) - Int128(before.value))
                guard
                    !bounds.contains(
                        counted, of: bounds.upper, tolerating: Double(bounds.upper) * material.tolerance)
                else { continue }
                add(
                    "cpu",
                    "CPU \(cpu), event [\(event)]: the module counted \(counted),"
                        + " the lab's own counter \(bounds)")
            }
            sum.cpuNs += end.ns.total &- start.ns.total
            sum.idleNs += end.ns.idle &- start.ns.idle
            sum.untracedNs += end.ns.untraced &- start.ns.untraced
        }
        summary = sum
    }

    private mutating func compareTasks() {
        guard let tally = Tally(material.unloading, records: material.records) else {
            return notes.append("the accounts of living tasks were not read, or records are missing")
        }
        guard let first = material.unloading.statistics(1), let second = material.unloading.statistics(2),
            let third = material.unloading.statistics(3)
        else { return notes.append("the module's totals were not read") }
        if tally.isScaled { return notes.append("some records are scaled: they are not compared") }
        let start = Tally(material.loaded, records: material.records)?.uncountedNs ?? 0
        summary?.uncountedNs = tally.uncountedNs > start ? tally.uncountedNs - start : 0
        var blur = 0.0
        for event in tally.counts.indices {
            let bounds = Bounds(
                lower: billed(event, total: first, rest: first),
                upper: billed(event, total: third, rest: second))
            let sum = tally.counts[event]
            let all = total(event, third)
            if all > 0 { blur = max(blur, Double(bounds.upper - bounds.lower) / Double(all)) }
            guard !bounds.contains(sum, of: 0, tolerating: Double(all) * material.tolerance) else { continue }
            let missing = sum < bounds.lower ? bounds.lower - sum : sum - bounds.upper
            add(
                "tasks",
                "event [\(event)]: the tasks' counts come to \(sum), the CPUs' less idle and untraced to"
                    + " \(bounds): \(missing) \(sum < bounds.lower ? "are missing" : "too many")"
                    + (all > 0 ? " (\(percent(missing, of: all)) of what the CPUs counted)" : ""))
        }
        summary?.blur = blur
    }

    private func total(_ event: Int, _ statistics: ModuleStatistics) -> Int128 {
        statistics.cpus.values.reduce(0) { $0 + Int128(event < $1.events.count ? $1.events[event].total : 0) }
    }

    /// What was billed to tasks, with parts from statistics of two moments.
    private func billed(_ event: Int, total: ModuleStatistics, rest: ModuleStatistics) -> Int128 {
        rest.cpus.values.reduce(self.total(event, total)) { sum, cpu in
            guard event < cpu.events.count else { return sum }
            return sum - Int128(cpu.events[event].idle) - Int128(cpu.events[event].untraced)
        }
    }

    private mutating func compareEnd() {
        guard let tally = Tally(material.unloading, records: material.records), !tally.isScaled else {
            return
        }
        for (task, record) in tally.last {
            guard
                let event = task.counts.indices.first(where: {
                    $0 < record.counts.count && record.counts[$0] < task.counts[$0]
                })
            else { continue }
            add(
                "unload",
                "\(record.comm) (\(record.pid)): its record says \(record.counts[event]) for event"
                    + " [\(event)], its account had \(task.counts[event]) before the unload")
        }
        guard let before = material.before.counters(1), let after = material.unloaded?.counters(2),
            before.problems.isEmpty, after.problems.isEmpty, let statistics = material.unloading.statistics(1)
        else { return notes.append("the lab's own counters were not read after the unload") }
        for event in tally.counts.indices {
            let gained = after.cpus.reduce(Int128(0)) { sum, cpu in
                sum + Int128(cpu.value[event]?.value ?? 0) - Int128(before.cpus[cpu.key]?[event]?.value ?? 0)
            }
            let others = total(event, statistics) - billed(event, total: statistics, rest: statistics)
            let sum = material.records.reduce(others) { sum, record in
                sum + Int128(event < record.counts.count ? record.counts[event] : 0)
            }
            guard
                !Bounds(lower: 0, upper: gained).contains(
                    sum, of: gained, tolerating: Double(gained) * material.tolerance)
            else { continue }
            add(
                "unload",
                "event [\(event)]: all records, idle and untraced come to \(sum), the lab's own counters"
                    + " to \(gained)")
        }
    }

    private mutating func add(_ kind: String, _ text: String) { flaws.append(Flaw(kind: kind, text: text)) }
}
