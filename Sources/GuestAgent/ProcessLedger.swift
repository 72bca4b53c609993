// SPDX-License-Identifier: Apache-2.0

import CGuest
import Glibc
import GuestContract

/// An account of every fork, exec and exit that owes nothing to the module under test: the kernel's process events
/// connector tells of them, `/proc` of the tasks that were there before.
///
/// In a storm of forks it must neither lose an event nor cost much. Events wait in the socket, which has room for a
/// hundred thousand of them, are looked for every ``pause`` only, and go out many in a frame. What was lost all the same
/// shows in the numbers that each CPU gives to its events, and is in the ledger as a gap.
struct ProcessLedger {
    /// Kernel memory for events that were not read yet, bytes. An event takes some 800 with all that is around it.
    private static let socketBytes: Int32 = 64 << 20
    private static let batch = 128
    /// From one look into the socket to the next while events come, nanoseconds.
    private static let pause: UInt64 = 10_000_000
    /// Bytes after which entries go out even while more come.
    private static let frameBytes = 32 << 10
    private static let maxTasks = 32768
    private static let maxCPUs = 4096
    /// Length of the clock tick that /proc counts in.
    private static let tick: UInt64 = 1_000_000_000 / UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))

    private var socket: Int32 = -1
    private var writer = ByteWriter()
    private var events = [guest_proc_event](repeating: guest_proc_event(), count: batch)
    /// The number that the next event of each CPU has.
    private var nextSequence: [UInt32] = []
    /// `CLOCK_BOOTTIME` less `CLOCK_MONOTONIC`: what the machine has slept.
    private let slept = ProcessLedger.timeSlept()

    /// Entries made so far.
    private(set) var entries: UInt64 = 0
    /// When to look into the socket again without being told to; nil: when it can be read.
    private(set) var nextLook: UInt64?

    /// The descriptor to poll for reading, or -1 when there is no point in it now.
    var descriptorToPoll: Int32 { nextLook == nil ? socket : -1 }

    /// Begins to listen, and lists the tasks that there are.
    mutating func start(_ channel: inout Channel) {
        socket = guest_proc_events_open(Self.socketBytes)
        let failure = errno
        guard socket >= 0, isAcknowledged() else {
            add(.unavailable(errno: socket < 0 ? failure : ENOSYS))
            send(to: &channel)
            if socket >= 0 { close(socket) }
            socket = -1
            return
        }
        mark(.listening, to: &channel)
        listTasks(&channel)
    }

    /// Takes what there is, up to a bound that leaves time for everything else.
    mutating func work(_ channel: inout Channel, rounds: Int = 256) {
        guard socket >= 0 else { return }
        var found = false
        for _ in 0..<rounds {
            guard takeBatch() else { break }
            found = true
            if writer.bytes.count >= Self.frameBytes { send(to: &channel) }
        }
        nextLook = found ? bootTime() + Self.pause : nil
        if !found { send(to: &channel) }
    }

    /// Notes what the agent does, behind all that has happened before. Also where the kernel tells nothing: when the
    /// module was loaded, and whether it has a record device, matters all the same.
    ///
    /// - Parameter hasDevice: Whether the module's record device is open.
    mutating func mark(
        _ mark: LedgerEntry.Mark, module: String = "", wentWell: Bool = true, hasDevice: Bool = false,
        to channel: inout Channel
    ) {
        let time = bootTime()
        work(&channel, rounds: 4096)
        add(.mark(mark, wentWell: wentWell, hasDevice: hasDevice, module: module), at: time)
        send(to: &channel)
    }

    /// Lists the tasks that /proc shows.
    mutating func listTasks(_ channel: inout Channel) {
        guard socket >= 0 else { return }
        mark(.listing, to: &channel)
        var tasks = [guest_task](repeating: guest_task(), count: Self.maxTasks)
        let count = guest_list_tasks(&tasks, tasks.count)
        let time = bootTime()
        for task in tasks.prefix(max(0, count)) {
            add(.task(LedgerEntry.Task(task, tick: Self.tick)), at: time)
            if writer.bytes.count >= Self.frameBytes { send(to: &channel) }
        }
        mark(.listed, wentWell: count > 0 && count < tasks.count, to: &channel)
    }

    /// Closes the ledger.
    mutating func end(_ channel: inout Channel) {
        guard socket >= 0 else { return }
        listTasks(&channel)
        // A task that has just gone from the list may have its exit event still to come.
        usleep(20_000)
        mark(.ended, to: &channel)
        close(socket)
        socket = -1
        nextLook = nil
    }

    // MARK: - events

    /// The kernel's answer comes at once, or never where it has no process events.
    private func isAcknowledged() -> Bool {
        var descriptor = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 1000) > 0
    }

    /// Takes a batch of events; false when there is none.
    private mutating func takeBatch() -> Bool {
        let count = guest_proc_events_read(socket, &events, events.count)
        if count < 0 && errno == ENOBUFS {
            add(.overrun)
            return true
        }
        guard count > 0 else { return false }
        for index in 0..<count { take(events[index]) }
        return true
    }

    private mutating func take(_ event: guest_proc_event) {
        let time = event.monotonic_ns &+ slept
        checkSequence(event, time: time)
        switch event.kind {
        case GUEST_PROC_FORK.rawValue:
            add(
                .fork(
                    pid: event.pid, tgid: event.tgid, parentPid: event.parent_pid,
                    parentTgid: event.parent_tgid),
                at: time)
        case GUEST_PROC_EXEC.rawValue: add(.exec(pid: event.pid, tgid: event.tgid), at: time)
        case GUEST_PROC_EXIT.rawValue:
            add(
                .exit(
                    pid: event.pid, tgid: event.tgid, parentPid: event.parent_pid,
                    parentTgid: event.parent_tgid, code: event.exit_code),
                at: time)
        default: break
        }
    }

    /// Nobody listened before us, so that the first event of each CPU has the number 0.
    private mutating func checkSequence(_ event: guest_proc_event, time: UInt64) {
        let cpu = Int(event.cpu)
        guard cpu < Self.maxCPUs else { return }
        while nextSequence.count <= cpu { nextSequence.append(0) }
        let missing = event.sequence &- nextSequence[cpu]
        if missing > 0 { add(.gap(cpu: event.cpu, missing: missing), at: time) }
        nextSequence[cpu] = event.sequence &+ 1
    }

    // MARK: - entries

    private mutating func add(_ entry: LedgerEntry, at time: UInt64 = bootTime()) {
        writer.write(entry, time: time)
        entries += 1
    }

    private mutating func send(to channel: inout Channel) {
        guard !writer.bytes.isEmpty else { return }
        channel.send(.ledger(writer.bytes))
        writer = ByteWriter()
    }

    private static func timeSlept() -> UInt64 {
        var monotonic = timespec()
        clock_gettime(CLOCK_MONOTONIC, &monotonic)
        let difference =
            bootTime() &- (UInt64(monotonic.tv_sec) * 1_000_000_000 + UInt64(monotonic.tv_nsec))
        // Less than a second is the time between the two readings: nobody sleeps so short.
        return difference < 1_000_000_000 ? 0 : difference
    }
}

extension LedgerEntry.Task {
    fileprivate init(_ task: guest_task, tick: UInt64) {
        let comm = withUnsafeBytes(of: task.comm) { Array($0.prefix { $0 != 0 }) }
        self.init(
            pid: task.pid, tgid: task.tgid, parent: task.ppid, start: task.start_ticks &* tick,
            isExiting: task.exiting != 0, isKernelThread: task.kernel_thread != 0, comm: comm)
    }
}
