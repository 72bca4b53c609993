// SPDX-License-Identifier: Apache-2.0

/// What the counts of a record must be where the PMU is simulated: `clock_ns x rate / 1000`.
///
/// How far they may be off follows from how they come about. With `scope=cpu` (counters_cpu.c) a slice begins and
/// ends with the same sequence, interrupts off: the clock is read, then one counter after the other, each of which
/// looks at the clock itself. A count is off by the difference of two such delays. Two things fit into a delay:
///
/// - the code itself, ``perSlice`` in each slice at most (measured: 0.2 µs of it do not cancel out);
/// - another virtual CPU's turn: QEMU takes this one off between two readings, and the guest's clock goes on. Then all
///   counters that are read later gain the same, and those read before gain nothing. What one task gains that way
///   the next one loses, so that few records are affected, some too long and some too short (measured: 2.9 ms on
///   `release`, 2.7 ms on `debug`, in one record of a hundred). What makes records wrong all in one direction is
///   no such turn, see ``flaws(of:)``.
///
/// With `scope=task` (set.c) perf puts a task's counters on the CPU one after the other, and takes them off one
/// after the other (measured: 4 to 16 µs a slice for the closest event; on `debug` 2.3 ms for the farthest), and they
/// were made one after the other: the clock is that of the first one (measured: 2.6 ms between the first and the
/// last on an idle CPU, 70 ms on a busy one). So an event that counted too little is not judged there, unless all did.
///
/// Multiplexed counts are scaled by clock / time on a counter, and so is what they are off. Events take turns, so
/// that each has a counter for one part in as many as there are events, in the long run: short records say nothing.
public struct ClosedForm: Sendable {
    /// How far the closest event may be off in each slice, nanoseconds, on a kernel without checks.
    static let perSlice: Double = 50_000
    /// What the first slice may be off besides, likewise.
    static let once: Double = 200_000
    /// The same two where perf puts a task's own counters on the CPU.
    static let perSliceOfTask: Double = 160_000
    static let onceOfTask: Double = 5_000_000
    /// What an event may be off because another CPU had its turn, likewise.
    static let elsewhere: Double = 10_000_000
    /// Shortest time of a record with scaled counts that can be judged, nanoseconds, likewise.
    static let shortest: Double = 1_000_000_000

    private let rates: [Double]
    private let scale: Double

    /// The closed form of these events; nil where it is in another unit than nanoseconds.
    ///
    /// - Parameter scale: How much longer code takes on this kernel than on one without checks.
    public init?(pmu: SimulatedPMU, configs: [UInt64], scale: Double) {
        guard pmu.mode == .nanoseconds else { return nil }
        rates = configs.map { Double(pmu.rate(config: $0)) }
        self.scale = scale
    }

    /// Counts that are not those of their time.
    struct Flaw {
        /// What is wrong, for people.
        var text: String
        /// Whether another CPU's turn between two readings would explain it.
        var mayBeTurn = false
        /// Whether there are too few of them.
        var isShort = false
    }

    /// Fewest records that are off in one direction, and one in how many, for it not to be other CPUs' turns.
    private static let fewest = 5
    private static let oneIn = 20

    /// What is wrong with the counts of records, a line for each wrong one.
    ///
    /// What another CPU's turn explains is only wrong when it happened too often: to more than one record in twenty,
    /// in the same direction.
    public func flaws(of records: [EnergyRecord]) -> [String] {
        let all = records.compactMap { flaw(of: $0) }
        let judged = records.count { ($0.slices ?? 0) > 0 }
        let isTooMuch = [true, false].filter { short in
            let off = all.count { $0.mayBeTurn && $0.isShort == short }
            return off >= Self.fewest && off * Self.oneIn > judged
        }
        return all.filter { !$0.mayBeTurn || isTooMuch.contains($0.isShort) }.map(\.text)
    }

    /// What is wrong with the counts of a record; nil when nothing is, or they cannot be judged.
    func flaw(of record: EnergyRecord) -> Flaw? {
        guard record.source == .simulated, record.second == nil, record.counts.count == rates.count,
            let clock = record.clockNs, let slices = record.slices, slices > 0
        else { return nil }
        let refused = Set(record.refused ?? [])
        let times = rates.indices.filter { rates[$0] > 0 && !refused.contains($0) }
            .map { (event: $0, ns: Double(record.counts[$0]) * Double(SimulatedPMU.rateUnit) / rates[$0]) }
        let off = times.map { (event: $0.event, ns: $0.ns, by: abs($0.ns - Double(clock))) }
        guard let closest = off.min(by: { $0.by < $1.by }), let farthest = off.max(by: { $0.by < $1.by })
        else { return nil }
        let ofCPU = record.flags.contains(.scopeCPU)
        let perSlice = (ofCPU ? Self.perSlice : Self.perSliceOfTask) * scale * Double(slices)
        if record.flags.contains(.multiplexed) {
            guard Double(clock) >= Self.shortest * scale else { return nil }
            let allowed = (perSlice + Self.elsewhere * scale) * Double(rates.count)
            return farthest.by > allowed
                ? Flaw(text: text(record, farthest.event, farthest.ns, allowed)) : nil
        }
        let allowed = perSlice + (ofCPU ? Self.once : Self.onceOfTask) * scale
        if closest.by > allowed {
            return Flaw(
                text: text(record, closest.event, closest.ns, allowed),
                mayBeTurn: closest.by <= allowed + Self.elsewhere * scale,
                isShort: closest.ns < Double(clock))
        }
        // How much later than the first one an event of a task was made, nobody knows.
        if !ofCPU && farthest.ns < Double(clock) { return nil }
        let most = 4 * perSlice + Self.elsewhere * scale
        return farthest.by > most ? Flaw(text: text(record, farthest.event, farthest.ns, most)) : nil
    }

    private func text(_ record: EnergyRecord, _ event: Int, _ ns: Double, _ allowed: Double) -> String {
        "\(record.comm) (\(record.pid)): count [\(event)] is that of \(milliseconds(ns)), and"
            + " \(milliseconds(Double(record.clockNs ?? 0))) passed between its readings"
            + " (\(record.slices ?? 0) slices, run time \(milliseconds(Double(record.runtimeNs ?? 0)));"
            + " \(milliseconds(allowed)) may be missing)"
    }
}

/// Nanoseconds as milliseconds with three decimals, for people.
func milliseconds(_ ns: Double) -> String {
    let microseconds = Int64(exactly: (ns / 1000).rounded()) ?? .max
    let rest = String(microseconds.magnitude % 1000)
    let sign = microseconds < 0 ? "-" : ""
    return
        "\(sign)\(microseconds.magnitude / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest) ms"
}
