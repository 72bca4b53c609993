// SPDX-License-Identifier: Apache-2.0

/// What the lab's own counters of every CPU showed at one moment.
public struct CounterReadings: Sendable, Equatable {
    /// One counter.
    public struct Reading: Sendable, Equatable {
        /// What it showed.
        public var value: UInt64
        /// For how long it should have counted, nanoseconds.
        public var enabledNs: UInt64
        /// For how long it did, nanoseconds.
        public var runningNs: UInt64
    }

    /// Readings by CPU and event.
    public private(set) var cpus: [Int: [Int: Reading]] = [:]
    /// Why some could not be read, for people.
    public private(set) var problems: [String] = []

    /// Reads a section of a snapshot: `cpu0 3 VALUE ENABLED RUNNING`, or `cpu0 3 error ERRNO`.
    public init(_ text: String) {
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 4, let cpu = Int(fields[0].dropFirst(3)), let event = Int(fields[1]) else {
                continue
            }
            if fields.count == 5, let value = UInt64(fields[2]), let enabled = UInt64(fields[3]),
                let running = UInt64(fields[4])
            {
                cpus[cpu, default: [:]][event] = Reading(value: value, enabledNs: enabled, runningNs: running)
            } else {
                problems.append("event \(event) of CPU \(cpu): error \(fields.last ?? "")")
            }
        }
    }

    /// Whether each had a counter of the PMU all the time.
    public var isUndivided: Bool {
        cpus.values.allSatisfy { $0.values.allSatisfy { $0.runningNs >= $0.enabledNs } }
    }
}
