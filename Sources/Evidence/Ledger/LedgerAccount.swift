// SPDX-License-Identifier: Apache-2.0

/// A module's energy records held against the ledger: which tasks were owed one, which got it, and what is wrong.
///
/// A record is owed for each task that exits between the end of loading and the start of unloading, and for each that
/// is alive all through the unload. For tasks that begin or end during the two calls there may be one. A task that was
/// past the point of no return when loading ended is among these: nobody can tell whether its exit was still ahead.
public struct LedgerAccount: Sendable, Equatable {
    /// What can be wrong with a record.
    public enum Fault: Sendable, Equatable, CaseIterable {
        /// No task had that pid and that start.
        case ofNoTask
        /// The task has a record already.
        case second
        /// It says that the task exited, and the task did not.
        case ofLivingTask
        /// It says that the task is alive, and the task had exited.
        case aliveAfterExit
        /// It was made of a later time than that of the task's exit: what it counts is not all the task's.
        case beyondExit
        /// Its time is one at which the module was not loaded.
        case whileNotLoaded
    }

    /// A record that is wrong.
    public struct Wrong: Sendable, Equatable {
        /// Its place among the records.
        public var record: Int
        /// What is wrong with it.
        public var fault: Fault
        /// The task it seems to be of; nil when there is none.
        public var life: Int?
    }

    /// Tasks whose exit record was owed: places in ``ProcessTable/lives``, with those of a task that lived
    /// through two loads of the module twice.
    public var exitsOwed = 0
    /// Of these, how many have one.
    public var exitsFound = 0
    /// Those that have none.
    public var exitsMissing: [Int] = []
    /// Tasks that were alive at an unload and were owed a record that says so.
    public var aliveOwed = 0
    /// Of these, how many have one.
    public var aliveFound = 0
    /// Those that have none.
    public var aliveMissing: [Int] = []
    /// Tasks that may have a record and need not.
    public var optional = 0
    /// Records that are wrong, in their order.
    public var wrong: [Wrong] = []

    /// From the end of the ledger, or from an unload during which nobody read the device: how long a record may take
    /// from the exit to the reader, nanoseconds.
    static let readingDelay: UInt64 = 2_000_000_000
    /// How long a task may take from the event that tells of its fork to the moment when it runs, unless it was
    /// seen to run, nanoseconds. The module's fork hook comes in between.
    static let hookDelay: UInt64 = 250_000_000
    /// How much two clocks of the kernel may differ, nanoseconds.
    static let clockDifference: UInt64 = 1_000_000

    private let table: ProcessTable
    private let windows: [ModuleWindow]
    /// The records of lives, by window.
    private var found: [[Int: Int]]

    /// Holds the records of `module` against the table.
    ///
    /// - Parameter records: Records of the module's own ABI, in the order they came. Those without a start or a time
    ///   are none.
    public init(_ table: ProcessTable, records: [EnergyRecord], module: String) {
        self.table = table
        windows = table.windows.filter { $0.module == module }
        found = windows.map { _ in [:] }
        for (index, record) in records.enumerated() { place(record, index) }
        settle()
    }

    // MARK: - records to lives

    private mutating func place(_ record: EnergyRecord, _ index: Int) {
        guard let start = record.startNs, let exit = record.exitNs else { return }
        guard let window = windows.lastIndex(where: { $0.mayRecord(at: exit) }) else {
            wrong.append(Wrong(record: index, fault: .whileNotLoaded, life: nil))
            return
        }
        let candidates = table.candidates(pid: record.pid, startNs: start).filter {
            record.tgid == nil || table.lives[$0].tgid == record.tgid
        }
        // A thread that took over its leader's pid may be known by its leader's start as well.
        let others = record.pid == record.tgid ? candidates.flatMap(table.takeoverGroup) : []
        let free = (candidates + others).filter { found[window][$0] == nil }
        if let life = free.first(where: { fault(of: record, life: $0, window: windows[window]) == nil }) {
            found[window][life] = index
        } else if let life = candidates.first(where: { found[window][$0] == nil }),
            let fault = fault(of: record, life: life, window: windows[window])
        {
            found[window][life] = index
            wrong.append(Wrong(record: index, fault: fault, life: life))
        } else {
            let fault: Fault = candidates.isEmpty ? .ofNoTask : .second
            wrong.append(Wrong(record: index, fault: fault, life: candidates.first))
        }
    }

    /// What is wrong with the record if it is of that life; nil when nothing is.
    private func fault(of record: EnergyRecord, life place: Int, window: ModuleWindow) -> Fault? {
        let life = table.lives[place]
        guard let latestExit = life.latestExitNs else {
            let exited = life.exitNs != nil || life.wasExiting || record.flags.contains(.alive)
            return exited ? nil : .ofLivingTask
        }
        if record.flags.contains(.alive) {
            return latestExit < window.unloadStartedNs ?? 0 ? .aliveAfterExit : nil
        }
        if latestExit < window.loadStartedNs { return .beyondExit }
        // Of a task whose exit the hooks did not see, the time is that of its last switch, or of the unload.
        guard isSure(place, window), latestExit < window.unloadStartedNs ?? .max else { return nil }
        return (record.exitNs ?? 0) > latestExit &+ Self.clockDifference ? .beyondExit : nil
    }

    // MARK: - what is owed

    /// Whether the task was certainly alive, and not exiting, at a time when the module was loaded.
    private func isSure(_ place: Int, _ window: ModuleWindow) -> Bool {
        window.alive.contains(place) || table.lives[place].forkedNs ?? 0 > window.loadEndedNs
    }

    /// Goes through the windows with those tasks that lived in each.
    private mutating func settle() {
        var living: [Int] = []
        var next = 0
        for (index, window) in windows.enumerated() {
            // Forks are told about in the order in which they happen, but for a moment.
            let end = window.unloadEndedNs ?? .max
            while next < table.lives.count, table.lives[next].forkedNs ?? 0 <= end {
                living.append(next)
                next += 1
            }
            living.removeAll { table.lives[$0].latestExitNs.map { $0 < window.loadStartedNs } ?? false }
            for place in living { settle(place, index) }
        }
    }

    private mutating func settle(_ place: Int, _ index: Int) {
        let window = windows[index]
        let life = table.lives[place]
        let hasRecord = found[index][place] != nil
        let isCertain =
            isSure(place, window) && (life.earliestExitNs.map { $0 > window.loadEndedNs } ?? true)
        if isCertain, let latest = life.latestExitNs, latest < lastOwedExit(window) {
            exitsOwed += 1
            if hasRecord { exitsFound += 1 } else { exitsMissing.append(place) }
        } else if isCertain, isOwedAsAlive(life, window) {
            aliveOwed += 1
            if hasRecord { aliveFound += 1 } else { aliveMissing.append(place) }
        } else if life.exitNs != nil || window.unloadEndedNs != nil {
            optional += 1
        }
    }

    /// The time before which an exit's record must have reached the agent.
    private func lastOwedExit(_ window: ModuleWindow) -> UInt64 {
        if let unload = window.unloadStartedNs, window.deviceOpenAtUnload { return unload }
        let last = window.unloadStartedNs ?? table.endedNs ?? 0
        return last - min(last, Self.readingDelay)
    }

    /// Whether the task lived when the unload began, and the module knew of it.
    private func isOwedAsAlive(_ life: TaskLife, _ window: ModuleWindow) -> Bool {
        guard let unload = window.unloadStartedNs, window.unloadEndedNs != nil, window.deviceOpenAtUnload
        else { return false }
        if let latest = life.latestExitNs, latest < unload { return false }
        guard let forked = life.forkedNs else { return true }
        return forked < unload - min(unload, Self.hookDelay) || life.ranNs.map { $0 < unload } ?? false
    }
}
