// SPDX-License-Identifier: Apache-2.0

/// The PMU that `kmod/simhw/sim_pmu` plays, by its parameters. Its counts have a closed form, see sim_pmu.h.
public struct SimulatedPMU: Sendable, Equatable {
    /// What the running time is measured in.
    public enum Mode: String, Sendable {
        /// Nanoseconds of the clock that perf itself uses.
        case nanoseconds = "ns"
        /// Ticks of the time stamp counter.
        case ticks = "tsc"
    }

    /// `SIM_PMU_RATE_UNIT`.
    public static let rateUnit: UInt64 = 1000
    /// `nr_counters` where nobody gives one.
    public static let defaultCounters = 16
    private static let most = 16

    /// Counters of a CPU.
    public var counters = Self.defaultCounters
    /// What the running time is measured in.
    public var mode = Mode.nanoseconds
    /// Whether some events are refused.
    public var refuses = false
    private var programmed: [UInt64: UInt64] = [:]

    /// The PMU with these parameters; nil when the module would refuse them.
    public init?(parameters: ModuleParameters) {
        if let text = parameters["nr_counters"] {
            guard let number = ModuleParameters.integer(text), number <= Self.most else { return nil }
            counters = Int(number)
        }
        if let text = parameters["mode"] {
            guard let mode = Mode(rawValue: text) else { return nil }
            self.mode = mode
        }
        refuses = parameters["refuse_errno"].map { $0 != "0" } ?? false
        for pair in (parameters["rates"] ?? "").split(separator: ",") {
            let numbers = pair.split(separator: ":").map { ModuleParameters.integer($0) }
            guard numbers.count == 2, let config = numbers[0], let rate = numbers[1],
                rate <= UInt32.max
            else { return nil }
            // The first one counts, as in sim_pmu_rate().
            programmed[config] = programmed[config] ?? rate
        }
    }

    /// Counts per ``rateUnit`` units of running time: `sim_pmu_rate()`.
    public func rate(config: UInt64) -> UInt64 {
        if let rate = programmed[config] { return rate }
        return 500 + 125 * ((config & 0xff + (config >> 8) & 0xff) % 31)
    }

    /// What a counter shows after so much running time; cut to 64 bits.
    public func count(units: UInt64, rate: UInt64) -> UInt64 {
        let (high, low) = units.multipliedFullWidth(by: rate)
        guard high < Self.rateUnit else { return .max }
        return Self.rateUnit.dividingFullWidth((high, low)).quotient
    }
}
