// SPDX-License-Identifier: Apache-2.0

import Evidence
import GuestContract

/// What `pacctlab pmu` came to: the one document that `--json` prints.
public struct PmuReport: Sendable, Codable {
    /// How an event of the table fares in the guest.
    public enum State: String, Sendable, Codable {
        /// It counts, all the time.
        case counts
        /// It has a counter, and the counter stayed at zero.
        case zero
        /// There is no counter for it.
        case refused
        /// It shares a counter with others: its counts are scaled.
        case multiplexed
        /// There is no PMU that could be asked.
        case absent
    }

    /// One event of a table.
    public struct Event: Sendable, Codable, Equatable {
        /// Its place in the table.
        public var index: Int
        /// What the vendor calls it.
        public var name: String
        /// `perf_event_attr.config`: event and umask.
        public var config: UInt64
        /// Microjoules a count, times 2^32.
        public var coefficient: Int64
        /// How it fares.
        public var state: State
        /// What it counted, not scaled.
        public var count: UInt64
        /// Part of the time that it had a counter, 0 to 1; nil when it was never to count.
        public var share: Double?
        /// The error it was refused with, such as EINVAL; nil when it was not.
        public var error: String?
    }

    /// One type of CPU core.
    public struct Core: Sendable, Codable, Equatable {
        /// The PMU that counts there, nil when there is none.
        public var pmu: String?
        /// CPUs of that type.
        public var cpus: [Int]
        /// Name of the event table.
        public var table: String
        /// Whether the table's coefficients were ever fitted to a machine.
        public var isFitted: Bool
        /// The events.
        public var events: [Event]
    }

    /// What the host has to say about virtual PMUs.
    public struct Host: Sendable, Codable, Equatable {
        /// Whether guests of this host can have one.
        public var hasVirtualPmu: Bool
        /// Why, or why not.
        public var reason: String
        /// What to do about it, nil when there is nothing to do.
        public var advice: String?
    }

    /// The run's verdict, and inconclusive where the module did not say what it counts.
    public var verdict: Verdict
    /// Why it is inconclusive; nil otherwise.
    public var reason: String?
    /// Where the counts come from, as the module found it.
    public var pmu: CounterProvenance
    /// Whose counters: `cpu` or `task`; nil when the module did not say.
    public var scope: String?
    /// What the host has to say.
    public var host: Host
    /// Every type of core; empty when the module did not say.
    public var cores: [Core]
    /// The run that brought it.
    public var run: RunReport
}

extension PmuReport {
    /// Judges every event of what the module said.
    ///
    /// - Parameter table: What it said; nil with the reason in `problem`.
    init(run: RunReport, host: Host, table: CounterTable?, problem: String?) {
        self.run = run
        self.host = host
        pmu = table.flatMap { CounterProvenance(source: $0.source) } ?? run.pmu
        scope = table?.scope
        cores = table?.cores.map { Core($0, source: table?.source ?? "") } ?? []
        // Its refusal is about the parameters it was given, and no fault of the module's.
        let refused = run.steps.first { $0.name == PmuProbe.loadsSimulation && $0.status == .failed }
        let answered = table.flatMap { CounterProvenance(source: $0.source) } != nil
        verdict = refused != nil || (run.verdict == .passed && !answered) ? .inconclusive : run.verdict
        guard verdict == .inconclusive else { return }
        reason =
            refused.map { "the simulated PMU refuses to load like this: \($0.message ?? "")" } ?? run.reason
            ?? problem ?? "the module names no source of its counts"
    }
}

extension CounterProvenance {
    /// The module's word for it.
    init?(source: String) {
        switch source {
        case "none": self = .none
        case "hardware": self = .passthrough
        case "simulated": self = .simulated
        default: return nil
        }
    }
}

extension PmuReport.Core {
    init(_ core: CounterTable.Core, source: String) {
        pmu = core.pmu
        cpus = core.cpus
        table = core.table
        isFitted = core.isFitted
        events = core.events.map { PmuReport.Event($0, isAbsent: source == "none") }
    }
}

extension PmuReport.Event {
    init(_ event: CounterTable.Event, isAbsent: Bool) {
        index = event.index
        name = event.name
        config = event.config
        coefficient = event.coefficient
        count = event.count
        error = event.error == 0 ? nil : ErrorName.name(Int32(clamping: event.error.magnitude))
        share = event.enabledNs == 0 ? nil : max(0, 1 - Double(event.lagNs) / Double(event.enabledNs))
        if isAbsent {
            state = .absent
        } else if event.error != 0 && event.count == 0 {
            state = .refused
        } else if event.lagNs > 0 {
            state = .multiplexed
        } else {
            state = event.count == 0 ? .zero : .counts
        }
    }
}
