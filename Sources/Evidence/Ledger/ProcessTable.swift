// SPDX-License-Identifier: Apache-2.0

/// What the ledger comes to: one entry for each life of a task, the times the modules were loaded, and whatever makes
/// the ledger itself doubtful.
public struct ProcessTable: Sendable, Equatable {
    /// All tasks, in the order in which the ledger learnt of them.
    public internal(set) var lives: [TaskLife] = []
    /// When modules were loaded, in order.
    public internal(set) var windows: [ModuleWindow] = []
    /// Events of the kernel in the ledger.
    public internal(set) var events = 0
    /// Exits among them.
    public internal(set) var exits = 0
    /// Times the kernel had no room for an event.
    public internal(set) var overruns = 0
    /// Events that never came.
    public internal(set) var missingEvents: UInt64 = 0
    /// When the agent closed the ledger; nil when it did not.
    public internal(set) var endedNs: UInt64?
    /// Why the ledger cannot be relied upon. Empty for a good one.
    public internal(set) var doubts: [String] = []

    /// Lives by every pid they can have had, those that started first at first.
    var livesByPid: [Int32: [Int]] = [:]
    /// Lives of each process, by its first task: threads that may have taken over from it, and itself.
    var takeoverGroups: [Int: [Int]] = [:]

    /// The process that a task belongs to: the place of its first task.
    var leaders: [Int] = []

    /// Makes the table of a ledger's events.
    ///
    /// They may come in any order: the kernel takes an event's time and sends it a moment later, and whoever is
    /// preempted in between sends it after younger ones, of the next task with the same pid for instance.
    public init(of events: [LedgerEvent]) {
        var builder = ProcessTableBuilder()
        let inTime = events.enumerated().sorted {
            ($0.element.timeNs, $0.offset) < ($1.element.timeNs, $1.offset)
        }
        for (_, event) in inTime { builder.take(event) }
        builder.finish()
        self = builder.table
    }

    init() {}

    /// The lives that a record can be of, by what the record says.
    ///
    /// The start is that of the task itself. A task is told of after it has started and before it runs, so that
    /// it is the first one told of after that time, among those that had that pid.
    ///
    /// - Returns: places in ``lives``, the most likely one first.
    public func candidates(pid: Int32, startNs: UInt64) -> [Int] {
        guard let places = livesByPid[pid] else { return [] }
        var low = 0
        var high = places.count
        while low < high {
            let middle = (low + high) / 2
            if lives[places[middle]].start.upperBound < startNs { low = middle + 1 } else { high = middle }
        }
        return places[low...].prefix(Self.mostCandidates).filter { lives[$0].start.contains(startNs) }
    }

    /// The lives that share the process of a life which took over a pid, or lost it. Empty for all others.
    public func takeoverGroup(of life: Int) -> [Int] { takeoverGroups[leaders[life]] ?? [] }

    /// How many threads of a process are looked at when several started at about the same time.
    private static let mostCandidates = 64
}
