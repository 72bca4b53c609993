// SPDX-License-Identifier: Apache-2.0

/// Conservation with `scope=task`, where there are no totals of CPUs to compare with.
///
/// Of all that the lab's own counters saw between two snapshots, tasks can have at most the part in which CPUs were
/// not idle, and must have that part less what was not counted by the module's own account. How long CPUs were not
/// idle the scheduler says (/proc/schedstat). Counts are compared as times: a count's share of what the lab's
/// counters saw for the event, times the time.
///
/// The scheduler's slices and perf's do not begin and end at the same instant. At each switch up to ``perSwitch``
/// belong to neither task's counters, or are billed by the scheduler to one and counted for none, and once ``once``
/// (measured at each switch for the event that is put on the CPU last: 73 µs on `release`, 483 µs on `rt`, 743 µs on
/// `debug`: taking locks is what checks make slow). That makes this a much blurrier comparison than the one of
/// `scope=cpu`.
struct TaskConservation {
    static let perSwitch: Double = 150_000
    /// The same on a kernel with checks.
    static let perSwitchWithChecks: Double = 1_500_000
    static let once: Double = 20_000_000
    /// Between the first and the last counter that is made for a task (measured: 2.6 ms).
    static let perSetUp: Double = 3_000_000

    private(set) var flaws: [Conservation.Flaw] = []
    private(set) var notes: [String] = []
    private(set) var summary: Conservation.Summary?

    init(_ material: Conservation.Material) {
        let (a, b) = (material.loaded, material.unloading)
        guard let start = Tally(a, records: material.records), let end = Tally(b, records: material.records),
            let a1 = a.counters(1), let a2 = a.counters(2), let b1 = b.counters(1), let b2 = b.counters(2)
        else {
            notes.append("the accounts of living tasks were not read, or records are missing")
            return
        }
        guard let before = a.busyNs, let after = b.busyNs else {
            notes.append("how long CPUs were idle is not known: \(b.absence(of: "schedstat"))")
            return
        }
        guard Set(before.keys) == Set(after.keys), Set(after.keys) == Set(b1.cpus.keys) else {
            notes.append("CPUs came or went: counts are not compared")
            return
        }
        if end.isScaled {
            notes.append("some records are scaled: they are not compared")
            return
        }
        let busy = after.reduce(0.0) { $0 + Double($1.value) - Double(before[$1.key] ?? 0) }
        let switches = Self.difference("switches", a, b)
        let setUps = Self.difference("setups", a, b)
        let perSwitch = material.scale > 1 ? Self.perSwitchWithChecks : Self.perSwitch
        let slack = perSwitch * switches + (Self.perSetUp * setUps + Self.once) * material.scale
        let uncounted = Double(end.uncountedNs) - Double(start.uncountedNs)
        var sum = Conservation.Summary(scope: "task")
        for event in end.counts.indices {
            let readings = [a1, a2, b1, b2].map { Self.add($0, event) }
            let gained =
                Double(readings[2].value + readings[3].value - readings[0].value - readings[1].value) / 2
            let time = (readings[2].ns + readings[3].ns - readings[0].ns - readings[1].ns) / 2
            guard gained > 0 else { continue }
            let counted = Double(end.counts[event] - (event < start.counts.count ? start.counts[event] : 0))
            let ns = counted / gained * time
            sum.cpuNs = UInt64(max(0, time))
            let allowed = slack + busy * material.tolerance
            if ns > busy + allowed {
                flaws.append(Self.flaw(event, counted, ns, "more than", busy, allowed))
            } else if ns < busy - uncounted - allowed {
                flaws.append(Self.flaw(event, counted, ns, "less than", busy - uncounted, allowed))
            }
        }
        sum.idleNs = UInt64(max(0, Double(sum.cpuNs) - busy))
        sum.uncountedNs = UInt64(max(0, uncounted))
        sum.blur = busy > 0 ? slack / busy : 0
        summary = sum
    }

    private static func difference(_ name: String, _ a: SystemSnapshot, _ b: SystemSnapshot) -> Double {
        Double(b.statistics(1)?.values[name] ?? 0) - Double(a.statistics(1)?.values[name] ?? 0)
    }

    private static func add(_ readings: CounterReadings, _ event: Int) -> (value: Int128, ns: Double) {
        readings.cpus.values.reduce((0, 0)) { sum, cpu in
            guard let reading = cpu[event] else { return sum }
            return (sum.0 + Int128(reading.value), sum.1 + Double(reading.runningNs))
        }
    }

    private static func flaw(
        _ event: Int, _ counted: Double, _ ns: Double, _ relation: String, _ bound: Double, _ slack: Double
    ) -> Conservation.Flaw {
        Conservation.Flaw(
            kind: "tasks",
            text:
                "event [\(event)]: the tasks' counts come to \(Int64(counted)), those of \(milliseconds(ns)):"
                + " \(relation) the \(milliseconds(bound)) that tasks ran and were counted"
                + " (give or take \(milliseconds(slack)))")
    }
}
