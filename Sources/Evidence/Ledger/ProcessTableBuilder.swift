// SPDX-License-Identifier: Apache-2.0

/// Makes a ``ProcessTable`` of the events of a ledger.
///
/// Events are taken in the order of their times. A task's fork comes before everything it does, since it
/// does not run before. Its exit may come late: its parent may have waited for it, and its pid may have been given to
/// another task, before the kernel gets to tell. So a pid can have two lives at a time, and an exit is that of the
/// older one.
struct ProcessTableBuilder {
    /// How long a task may take from its start to the event that tells of its fork, nanoseconds. Microseconds, unless
    /// its parent was preempted just there.
    static let forkDelay: UInt64 = 10_000_000_000
    /// How long the exit of a thread that its process's exec killed may be from the exec, nanoseconds.
    private static let execDelay: UInt64 = 10_000_000_000
    /// One tick of the clock that /proc counts in, nanoseconds.
    private static let tick: UInt64 = 10_000_000

    /// A process that called exec.
    struct Exec {
        let timeNs: UInt64
        /// Whether its leader had not exited as far as the ledger knew.
        let leaderWasAlive: Bool
    }

    /// A look into /proc.
    struct Listing {
        let beganNs: UInt64
        var endedNs: UInt64?
        var isComplete = false
        var tasks: [LedgerEvent.ListedTask] = []
        /// The window whose load it followed.
        var window: Int?
    }

    var table = ProcessTable()
    /// Lives whose exit was not told yet, by pid, oldest first.
    var living: [Int32: [Int]] = [:]
    /// The youngest life of each pid.
    private var youngest: [Int32: Int] = [:]
    /// Threads of a process, by its leader; for processes that called exec only these matter.
    var threads: [Int: [Int]] = [:]
    var execs: [Int: [Exec]] = [:]
    /// Exits under a leader's pid when the leader had exited already.
    var extraExits: [Int: [(timeNs: UInt64, code: UInt32)]] = [:]
    var listings: [Listing] = []
    /// Exits of tasks that the ledger does not know.
    var strangers = 0
    var isListening = false
    private var freshWindow: Int?
    /// Exits told before the first look into /proc was over: of tasks that it may list all the same.
    private var earlyExits: [Int32: (timeNs: UInt64, code: UInt32)] = [:]

    /// Takes the next event.
    mutating func take(_ event: LedgerEvent) {
        switch event.what {
        case .fork(let pid, let tgid, let parentPid, let parentTgid):
            table.events += 1
            // The idle task of a CPU that comes online has the pid 0, and nobody accounts for it.
            if pid != 0 { fork(pid, tgid, parentPid, parentTgid, at: event.timeNs) }
        case .exec(let pid, let tgid):
            table.events += 1
            exec(pid, tgid, at: event.timeNs)
        case .exit(let pid, let tgid, _, _, let code):
            table.events += 1
            table.exits += 1
            exit(pid, tgid, code, at: event.timeNs)
        case .task(let task):
            if !listings.isEmpty { listings[listings.count - 1].tasks.append(task) }
        case .mark(let mark, let wentWell, let hasDevice, let module):
            self.mark(mark, wentWell, hasDevice, module, at: event.timeNs)
        case .overrun: table.overruns += 1
        case .gap(_, let missing):
            table.missingEvents = table.missingEvents.addingReportingOverflow(UInt64(missing)).partialValue
        case .unavailable(let errno):
            table.doubts.append("the guest's kernel tells no process events (errno \(errno))")
        }
    }

    // MARK: - tasks

    private mutating func fork(
        _ pid: Int32, _ tgid: Int32, _ parentPid: Int32, _ parentTgid: Int32, at time: UInt64
    ) {
        let leader = pid == tgid ? nil : youngest[tgid]
        let bounds = [youngest[pid], youngest[parentPid], leader].compactMap { $0 }.map { table.lives[$0] }
        let earliest = bounds.compactMap { $0.forkedNs ?? $0.start.lowerBound }.max() ?? 0
        let floor = time > Self.forkDelay ? time - Self.forkDelay : 0
        add(
            TaskLife(
                pid: pid, tgid: tgid, parent: parentTgid,
                start: min(max(earliest, floor), time)...time, forkedNs: time), leader: leader)
        // Whoever forks does run. For a thread the parent told is not the one that made it.
        if pid == tgid, let parent = youngest[parentPid] { table.lives[parent].ran(at: time) }
    }

    mutating func add(_ life: TaskLife, leader: Int?) {
        let place = table.lives.count
        table.lives.append(life)
        table.leaders.append(leader ?? place)
        if let leader { threads[leader, default: []].append(place) }
        if life.exitNs == nil { living[life.pid, default: []].append(place) }
        youngest[life.pid] = place
    }

    private mutating func exec(_ pid: Int32, _ tgid: Int32, at time: UInt64) {
        guard let leader = youngest[tgid], table.lives[leader].isLeader else { return }
        let alive = living[tgid]?.contains(leader) == true
        if alive { table.lives[leader].ran(at: time) }
        execs[leader, default: []].append(Exec(timeNs: time, leaderWasAlive: alive))
    }

    private mutating func exit(_ pid: Int32, _ tgid: Int32, _ code: UInt32, at time: UInt64) {
        let places = living[pid] ?? []
        if let index = places.firstIndex(where: { table.lives[$0].tgid == tgid }) {
            table.lives[places[index]].end(at: time...time, code: code)
            living[pid]?.remove(at: index)
        } else if pid == tgid, let leader = youngest[tgid], execs[leader] != nil {
            extraExits[leader, default: []].append((time, code))
        } else if listings.first?.endedNs == nil {
            earlyExits[pid] = (time, code)
        } else {
            strangers += 1
        }
    }

    // MARK: - marks

    private mutating func mark(
        _ mark: LedgerEvent.Mark, _ wentWell: Bool, _ hasDevice: Bool, _ module: String, at time: UInt64
    ) {
        switch mark {
        case .listening: isListening = true
        case .listing:
            listings.append(Listing(beganNs: time, window: freshWindow))
            freshWindow = nil
        case .listed:
            guard !listings.isEmpty, listings[listings.count - 1].endedNs == nil else { return }
            listings[listings.count - 1].endedNs = time
            listings[listings.count - 1].isComplete = wentWell
            if listings.count == 1 { takeFirstListing() }
        case .loadStarted:
            table.windows.append(ModuleWindow(module: module, loadStartedNs: time))
        case .loadEnded, .unloadStarted, .unloadEnded:
            guard let index = table.windows.lastIndex(where: { $0.module == module }) else { return }
            note(mark, wentWell, hasDevice, at: time, in: &table.windows[index])
            if mark == .loadEnded { freshWindow = index }
        case .ended: table.endedNs = time
        }
    }

    private func note(
        _ mark: LedgerEvent.Mark, _ wentWell: Bool, _ hasDevice: Bool, at time: UInt64,
        in window: inout ModuleWindow
    ) {
        guard window.unloadEndedNs == nil else { return }
        switch mark {
        case .loadEnded:
            window.loadEndedNs = time
            window.hasDevice = hasDevice
            if !wentWell {
                window.unloadStartedNs = window.loadStartedNs
                window.unloadEndedNs = time
            }
        case .unloadStarted:
            let isFirst = window.openUnloads == 0
            if isFirst { window.unloadStartedNs = time }
            window.deviceOpenAtUnload = hasDevice && (isFirst || window.deviceOpenAtUnload)
            window.openUnloads += 1
        case .unloadEnded where wentWell: window.unloadEndedNs = time
        default:
            // It is still there, unless another unload goes on.
            window.openUnloads = max(0, window.openUnloads - 1)
            if window.openUnloads == 0 { window.unloadStartedNs = nil }
        }
    }

    /// The tasks that were there before the ledger. Those made while /proc was looked through have told themselves.
    private mutating func takeFirstListing() {
        for task in listings[0].tasks {
            let told = youngest[task.pid].flatMap { table.lives[$0].forkedNs }
            if let told, told >= task.startNs { continue }
            let (end, overflow) = task.startNs.addingReportingOverflow(Self.tick)
            var life = TaskLife(
                pid: task.pid, tgid: task.tgid, parent: task.parent,
                start: task.startNs...(overflow ? .max : end), forkedNs: nil)
            life.wasExiting = task.isExiting
            life.comm = task.comm
            if let exit = earlyExits[task.pid] { life.end(at: exit.timeNs...exit.timeNs, code: exit.code) }
            add(life, leader: task.pid == task.tgid ? nil : youngest[task.tgid])
        }
    }

    /// Whether an exit came so near an exec that the one may have caused the other.
    static func isNear(_ exit: UInt64, _ exec: Exec) -> Bool {
        exit >= exec.timeNs || exec.timeNs - exit <= execDelay
    }
}

extension TaskLife {
    /// Takes note of a sign of life.
    mutating func ran(at time: UInt64) { ranNs = min(ranNs ?? .max, time) }

    /// Takes note of the exit.
    mutating func end(at time: ClosedRange<UInt64>, code: UInt32?) {
        exitNs = time
        exitCode = code
        mayBeAlive = false
    }
}
