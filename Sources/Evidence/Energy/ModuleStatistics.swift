// SPDX-License-Identifier: Apache-2.0

/// What `/proc/pacct_energy/stats` says.
public struct ModuleStatistics: Sendable, Equatable {
    /// What a CPU counted: in all, while idle, and for tasks that nobody traced.
    public struct Share: Sendable, Equatable {
        /// In all.
        public var total: UInt64 = 0
        /// While idle.
        public var idle: UInt64 = 0
        /// For tasks that nobody traced.
        public var untraced: UInt64 = 0
    }

    /// A CPU with counters.
    public struct CPU: Sendable, Equatable {
        /// Times, nanoseconds.
        public var ns = Share()
        /// Counts of each event.
        public var events: [Share] = []
        /// Longest time that an event had no counter, nanoseconds.
        public var lagNs: UInt64 = 0
    }

    /// Numbers by name.
    public private(set) var values: [String: UInt64] = [:]
    /// CPUs by number; none with `scope=task`.
    public private(set) var cpus: [Int: CPU] = [:]

    /// Reads the file.
    public init(_ text: String) {
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 2 else { continue }
            if fields.count == 2 {
                values[String(fields[0])] = UInt64(fields[1])
            } else if fields[0].hasPrefix("cpu"), let cpu = Int(fields[0].dropFirst(3)) {
                add(fields, to: cpu)
            }
        }
    }

    /// `cpu0 ns total=5 idle=2 untraced=0 core=0` or `cpu0 [3] total=5 idle=2 untraced=0 lag_ns=0`.
    private mutating func add(_ fields: [Substring], to cpu: Int) {
        var numbers: [String: UInt64] = [:]
        for field in fields.dropFirst(2) {
            let parts = field.split(separator: "=")
            if parts.count == 2 { numbers[String(parts[0])] = UInt64(parts[1]) }
        }
        let share = Share(
            total: numbers["total"] ?? 0, idle: numbers["idle"] ?? 0, untraced: numbers["untraced"] ?? 0)
        if fields[1] == "ns" {
            cpus[cpu, default: CPU()].ns = share
        } else {
            cpus[cpu, default: CPU()].events.append(share)
            cpus[cpu, default: CPU()].lagNs = max(cpus[cpu]?.lagNs ?? 0, numbers["lag_ns"] ?? 0)
        }
    }

    /// Records made since the load.
    public var records: UInt64? { values["records"] }
}

/// A line of `/proc/pacct_energy/tasks`.
public struct LiveTask: Sendable, Equatable {
    /// Its thread id.
    public var pid: Int32
    /// CPU time, nanoseconds.
    public var runtimeNs: UInt64
    /// Part of it that was counted, nanoseconds.
    public var countedNs: UInt64
    /// Events counted so far, not scaled.
    public var counts: [UInt64]

    /// Reads the file.
    public static func tasks(in text: String) -> [LiveTask] {
        text.split(separator: "\n").compactMap { line in
            var values: [Substring: Substring] = [:]
            // The name comes last, and is the only thing that a task can write.
            for field in line.split(separator: " ") {
                let parts = field.split(separator: "=", maxSplits: 1)
                if parts.count == 2, values[parts[0]] == nil { values[parts[0]] = parts[1] }
            }
            guard let pid = values["pid"].flatMap({ Int32($0) }),
                let runtime = values["runtime_ns"].flatMap({ UInt64($0) }),
                let counted = values["counted_ns"].flatMap({ UInt64($0) }), let counts = values["counts"]
            else { return nil }
            return LiveTask(
                pid: pid, runtimeNs: runtime, countedNs: counted,
                counts: counts.split(separator: ",").map { UInt64($0) ?? 0 })
        }
    }
}
