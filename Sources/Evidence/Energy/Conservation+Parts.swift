// SPDX-License-Identifier: Apache-2.0

extension SystemSnapshot {
    /// The lab's own counters, first or second reading; nil when they were not read.
    func counters(_ number: Int) -> CounterReadings? {
        text("counters-\(number)").map { CounterReadings($0) }
    }

    /// The module's statistics, first to third reading.
    public func statistics(_ number: Int) -> ModuleStatistics? {
        text("stats-\(number)").map { ModuleStatistics($0) }
    }

    /// When it was taken, CLOCK_BOOTTIME, nanoseconds.
    public var boottime: UInt64? { text("boottime").flatMap { UInt64($0) } }
}

/// What `/proc/pacct_energy/model` says.
struct ModuleModel: Equatable {
    /// `cpu` or `task`.
    var scope = ""
    /// Where counts come from: `none`, `hardware`, `simulated`.
    var source = ""
    /// Types of core.
    var cores = 0
    /// Raw configs of the events, of all types of core one after the other.
    var configs: [UInt64] = []
    /// Whether an event had no counter for a while.
    var hasLag = false

    /// The model at the moment of a snapshot; nil when the module has none.
    init?(_ snapshot: SystemSnapshot) {
        guard let lines = snapshot.lines("model") else { return nil }
        for line in lines {
            let words = line.split(separator: " ")
            guard words.count > 1 else { continue }
            switch words[0] {
            case "scope": scope = String(words[1])
            case "source": source = String(words[1])
            case "core": cores += 1
            default:
                guard words[0].hasPrefix("[") else { continue }
                for word in words {
                    if word.hasPrefix("config=") {
                        configs.append(SystemSnapshot.address(word.dropFirst(7)) ?? 0)
                    }
                    if word.hasPrefix("lag_ns="), word != "lag_ns=0" { hasLag = true }
                }
            }
        }
        guard !scope.isEmpty else { return nil }
    }
}

/// Two numbers that one must lie between.
struct Bounds: Equatable, CustomStringConvertible {
    var lower: Int128
    var upper: Int128

    var description: String { "\(lower) to \(upper)" }

    /// Whether a number lies between them, with an allowance for gaps in `whole`, and for what is tolerated besides.
    func contains(_ number: Int128, of whole: Int128, tolerating more: Double = 0) -> Bool {
        let slack = Conservation.rounding + Int128(Double(whole) * Conservation.gaps + more)
        return number >= lower - slack && number <= upper + slack
    }
}

/// A share for people, with three significant digits at least.
func percent(_ part: Int128, of whole: Int128) -> String {
    let hundredths = whole > 0 ? part * 10_000 / whole : 0
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) %"
}

/// Records made until a snapshot, and the accounts of those living then, added up.
struct Tally {
    /// Sum of counts for each event.
    private(set) var counts: [Int128] = []
    /// Run time that was not counted, nanoseconds.
    private(set) var uncountedNs: UInt64 = 0
    /// Whether a record's counts are scaled, so that they do not add up.
    private(set) var isScaled = false
    /// Accounts, each with the record that was made of it later.
    private(set) var last: [(LiveTask, EnergyRecord)] = []

    /// Adds up; nil when the snapshot lacks something, or a record.
    init?(_ snapshot: SystemSnapshot, records: [EnergyRecord]) {
        guard let tasks = snapshot.text("tasks").map(LiveTask.tasks),
            let first = snapshot.statistics(1)?.records, let second = snapshot.statistics(2)?.records,
            records.count >= Int(clamping: second)
        else { return nil }
        let living = Set(tasks.map(\.pid))
        let made = records.filter { record in
            guard let seq = record.seq, seq < second else { return false }
            // One that was made while the accounts were read counts where it was seen.
            return seq < first || !living.contains(record.pid)
        }
        counts = [Int128](repeating: 0, count: tasks.map(\.counts.count).max() ?? 0)
        for record in made { add(record.counts, run: record.runtimeNs ?? 0, counted: record.countedNs ?? 0) }
        for task in tasks { add(task.counts, run: task.runtimeNs, counted: task.countedNs) }
        // With scope=cpu, records made later are compared with what was read here.
        isScaled = records.contains { $0.flags.contains(.multiplexed) }
        var later: [Int32: EnergyRecord] = [:]
        for record in records where (record.seq ?? 0) >= first && later[record.pid] == nil {
            later[record.pid] = record
        }
        last = tasks.compactMap { task in later[task.pid].map { (task, $0) } }
    }

    private mutating func add(_ more: [UInt64], run: UInt64, counted: UInt64) {
        for event in more.indices where event < counts.count { counts[event] += Int128(more[event]) }
        uncountedNs += run > counted ? run - counted : 0
    }
}
