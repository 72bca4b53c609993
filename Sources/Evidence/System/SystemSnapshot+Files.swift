// SPDX-License-Identifier: Apache-2.0

extension SystemSnapshot {
    /// A line of /proc/modules.
    public struct Module: Sendable, Equatable {
        /// Bytes of its code and data.
        public var size: UInt64
        /// How many hold it.
        public var references: Int
        /// Where its code begins; nil when the kernel does not show that.
        public var address: UInt64?

        /// Whether an address that no symbol explains lies where the module's code was.
        func contains(_ address: UInt64) -> Bool {
            guard let start = self.address, start > 0, address >= start else { return false }
            return address - start < size
        }
    }

    /// A function that is attached to a tracepoint.
    public struct Probe: Sendable, Hashable {
        /// The tracepoint.
        public var tracepoint: String
        /// `name+offset/size [module]`, or an address where there is no code.
        public var function: String
    }

    /// /proc/modules, by name.
    public var modules: [String: Module]? {
        lines("modules").map { lines in
            var modules: [String: Module] = [:]
            for line in lines {
                // name size references users state address [taint]
                let fields = line.split(separator: " ")
                guard fields.count >= 6, let size = UInt64(fields[1]) else { continue }
                modules[String(fields[0])] = Module(
                    size: size, references: Int(fields[2]) ?? 0, address: Self.address(fields[5]))
            }
            return modules
        }
    }

    /// Names of the slab caches.
    public var slabCaches: Set<String>? {
        // Two lines of heading, then one for each cache: name, active objects, objects, ...
        lines("slabinfo").map { lines in
            Set(lines.dropFirst(2).compactMap { $0.split(separator: " ").first.map(String.init) })
        }
    }

    /// Objects in a cache: those in use, as far as the allocator knows without asking each CPU.
    func objects(inCache name: String) -> Int? {
        guard let line = lines("slabinfo")?.dropFirst(2).first(where: { $0.hasPrefix("\(name) ") }) else {
            return nil
        }
        let fields = line.split(separator: " ")
        return fields.count > 1 ? Int(fields[1]) : nil
    }

    /// `/proc/sys/kernel/tainted`.
    public var taint: UInt64? {
        text("tainted").flatMap { UInt64($0.split(whereSeparator: \.isWhitespace).first ?? "") }
    }

    /// Names in a folder: `proc`, `dev` or `debugfs`.
    public func names(in folder: String) -> Set<String>? {
        lines("\(folder)-names").map { Set($0.map(String.init)) }
    }

    /// Functions of the high-resolution timers that are queued: a name, or an address where there is no code.
    public var timers: [String]? {
        lines("timers").map { lines in
            lines.compactMap { line in
                // " #0: <000000001234abcd>, tick_nohz_handler, S:01"
                guard line.hasPrefix(" #"), line.contains(", S:") else { return nil }
                let fields = line.split(separator: ",")
                return fields.count >= 3 ? String(fields[1].drop { $0 == " " }) : nil
            }
        }
    }

    /// Who is attached to the kernel's own tracepoints.
    public var probes: [Probe]? {
        lines("probes").map { lines in
            lines.compactMap { line in
                let fields = line.split(separator: " ", maxSplits: 1)
                guard fields.count == 2 else { return nil }
                return Probe(tracepoint: String(fields[0]), function: String(fields[1]))
            }
        }
    }

    /// The kernel's jiffies, from /proc/schedstat.
    public var jiffies: UInt64? {
        lines("schedstat")?.first { $0.hasPrefix("timestamp ") }
            .flatMap { UInt64($0.dropFirst("timestamp ".count)) }
    }

    /// Time that tasks have run on each CPU since boot, nanoseconds, from /proc/schedstat: what was not idle.
    /// It is brought up to date when a CPU switches tasks.
    public var busyNs: [Int: UInt64]? {
        lines("schedstat").map { lines in
            var busy: [Int: UInt64] = [:]
            for line in lines where line.hasPrefix("cpu") {
                // cpuN and nine numbers; the seventh is the time (Documentation/scheduler/sched-stats.rst).
                let fields = line.split(separator: " ")
                guard fields.count >= 10, let cpu = Int(fields[0].dropFirst(3)) else { continue }
                busy[cpu] = UInt64(fields[7])
            }
            return busy
        }
    }

    /// A hexadecimal number after `0x`.
    static func address(_ text: some StringProtocol) -> UInt64? {
        guard text.hasPrefix("0x") else { return nil }
        return UInt64(text.dropFirst(2).prefix { $0.isHexDigit }, radix: 16)
    }
}
