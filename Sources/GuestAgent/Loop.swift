// SPDX-License-Identifier: Apache-2.0

import CGuest
import Glibc
import GuestContract

/// The agent's loop: the steps of the plan, and everything else streaming beside them.
final class Loop {
    let plan: JobPlan
    var channel: Channel
    private var kernelLog = KernelLog()
    var records: RecordDevice
    var ledger = ProcessLedger()
    private var watchdog = Watchdog()
    private let childSignals = guest_child_signals()
    private var nextHeartbeat: UInt64 = 0
    private var children: [ChildStep] = []
    private var book: StepBook
    private var outputKept: [Int: Int] = [:]
    private var stepsReported: UInt32 = 0
    var counters = CPUCounters()
    var witnessIsLoaded = false
    /// A child of ours is stuck in the kernel: nothing more is to be looked at.
    var isBlind = false
    var sampler = Sampler()
    /// How many groups are being done in which the kernel fails on demand.
    var faults = 0
    /// How many groups are being done during which records are not read.
    var suspensions = 0
    /// Modules whose last load failed in a way that is allowed.
    var refusedModules: Set<String> = []
    /// Unloads that are going on.
    var unloads = 0

    init(plan: JobPlan, channel: Channel) {
        self.plan = plan
        self.channel = channel
        records = RecordDevice(path: plan.recordDevice)
        book = StepBook(plan: plan)
    }

    /// Does the plan. Returns when the host has been told everything.
    func run() {
        sendHello()
        if plan.keepsLedger { ledger.start(&channel) }
        perturb()
        let steps = StepSequence(plan.topLevel, deadline: .max, isWatched: true)
        sampler.begin(plan.watch)
        complete(steps)
        sampler.end()
        if steps.outcome == .stuck {
            channel.send(.note("a step cannot be ended; no further step is tried"))
            isBlind = true
        }
        watch(beforeStep: plan.steps.count)
        sendGoodbye()
    }

    /// Loads what disturbs the guest, before anything that is disturbed.
    private func perturb() {
        let perturbation = plan.perturbation
        guard !perturbation.path.isEmpty else { return }
        let child = ChildStep(
            "load what perturbs",
            .action(.load(path: perturbation.path, parameters: perturbation.parameters)),
            limit: 60_000_000_000,
            index: 0, outputLimit: 0)
        complete(child)
        if child.result?.status != .passed {
            channel.send(.note("the run is not perturbed: \(child.result?.message ?? "no result")"))
        }
    }

    /// Does something to its end, and sees to everything else meanwhile.
    func complete(_ activity: any Activity) {
        activity.advance(self)
        while activity.outcome == nil {
            turn(until: activity.nextDeadline)
            activity.advance(self)
        }
    }

    // MARK: - what steps ask for

    /// The step at that place, ready to be done.
    func activity(_ index: Int, deadline: UInt64) -> any Activity {
        let step = plan.steps[index]
        switch step.action {
        case .wait(let nanoseconds):
            return WaitStep(
                index: index, nanoseconds: nanoseconds, deadline: min(deadline, bootTime() + step.limit))
        case .together, .repeating, .fault, .suspendRecords:
            return GroupStep(index: index, plan: plan, deadline: deadline)
        case .load, .unload, .run, .write, .collect, .check:
            return ChildStep(index: index, plan: plan, deadline: deadline)
        }
    }

    /// Tells the host that a step begins.
    func begin(_ index: Int, at time: UInt64) {
        if book.begins(index) { channel.send(.stepStarted(index: index, time: time)) }
    }

    /// Tells the host how a step ended.
    func end(_ result: GuestEvent.StepResult) {
        if let result = book.take(result) { report(result) }
    }

    /// Tells the host about everything inside a group that is over.
    func endMembers(of index: Int) {
        for result in book.close(index) { report(result) }
    }

    /// Takes note of failures that the kernel made up on demand.
    func countFailures(_ count: UInt32, in index: Int) { book.countFailures(count, in: index) }

    /// Leaves a step out, and everything inside it.
    func skip(_ index: Int, reason: String) {
        for place in [index] + Array(plan.inside(index)) where book.skips(place) {
            report(.init(index: place, status: .skipped, message: reason))
        }
    }

    /// Looks after a step's process from now on.
    func adopt(_ child: ChildStep) { children.append(child) }

    /// Looks after it no longer.
    func release(_ child: ChildStep) { children.removeAll { $0 === child } }

    /// How much of a step's output may still be kept; what may is counted as kept.
    func roomForOutput(of index: Int, _ count: Int) -> Int {
        let kept = outputKept[index, default: 0]
        let room = min(count, max(0, Int(plan.outputLimit) - kept))
        outputKept[index] = kept + room
        return room
    }

    /// Reads what a step has brought about.
    func catchUp() {
        // A device that is opened now would keep its module from going away.
        if unloads == 0 { records.openIfThere() }
        drainRecords()
    }

    private func report(_ result: GuestEvent.StepResult) {
        stepsReported += 1
        channel.send(.stepFinished(result))
    }

    // MARK: - one turn of the loop

    /// Waits for something to happen, at most until `deadline`, and takes care of it.
    private func turn(until deadline: UInt64) {
        let now = bootTime()
        if now >= nextHeartbeat { heartbeat(now) }
        sampler.advance(self)
        let wake = min(deadline, nextHeartbeat, ledger.nextLook ?? .max, sampler.nextDeadline)
        var descriptors = [
            pollfd(fd: childSignals, events: Int16(POLLIN), revents: 0),
            pollfd(fd: kernelLog.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: suspensions > 0 ? -1 : records.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: channel.descriptorToPoll, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: ledger.descriptorToPoll, events: Int16(POLLIN), revents: 0),
        ]
        let running = children
        for child in running {
            descriptors.append(pollfd(fd: child.standardOutput, events: Int16(POLLIN), revents: 0))
            descriptors.append(pollfd(fd: child.standardError, events: Int16(POLLIN), revents: 0))
        }
        // Rounded up: a wait that ends a moment early would spin until the deadline.
        let milliseconds = wake > now ? min((wake - now + 999_999) / 1_000_000, 60_000) : 0
        let ready = poll(&descriptors, nfds_t(descriptors.count), Int32(milliseconds))
        // First of all: the room for events is bounded, and what is lost there is lost.
        if descriptors[4].revents != 0 || ledger.nextLook.map({ $0 <= bootTime() }) == true {
            ledger.work(&channel)
        }
        guard ready > 0 else { return }
        if descriptors[0].revents != 0 { reap() }
        if descriptors[1].revents != 0 { drainKernelLog(atMost: 256) }
        if descriptors[2].revents != 0 { drainRecords() }
        if descriptors[3].revents != 0 { channel.pump() }
        for (child, place) in zip(running, stride(from: 5, to: descriptors.count, by: 2)) {
            if descriptors[place].revents != 0 { child.readOutput(.standardOutput, self) }
            if descriptors[place + 1].revents != 0 { child.readOutput(.standardError, self) }
        }
    }

    /// Collects every dead process, those of nobody too.
    private func reap() {
        guest_clear_signals(childSignals)
        while true {
            var status: Int32 = 0
            let pid = waitpid(-1, &status, WNOHANG)
            if pid <= 0 { return }
            // Pids are used again: only what has not ended yet can be meant.
            children.first { $0.pid == pid && $0.waitStatus == nil }?.waitStatus = status
        }
    }

    private func drainKernelLog(atMost limit: Int) {
        for _ in 0..<limit {
            guard let record = kernelLog.next() else { return }
            channel.send(.kernelLog(record))
        }
    }

    /// Reads the records there are, unless that is suspended.
    func drainRecords() {
        guard suspensions == 0 else { return }
        for _ in 0..<4096 {
            guard let piece = records.next() else { return }
            channel.send(.records(piece))
        }
    }

    private func heartbeat(_ now: UInt64) {
        channel.send(.heartbeat(time: now, freeMemoryKiB: availableMemoryKiB()))
        watchdog.ping()
        nextHeartbeat = now + max(plan.heartbeat, 1_000_000)
    }

    // MARK: - first and last words

    private func sendHello() {
        let cpus = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        let release = readLine(of: "/proc/sys/kernel/osrelease") ?? "unknown"
        channel.send(
            .hello(
                .init(job: plan.job, kernelRelease: release, cpus: UInt16(clamping: cpus), time: bootTime())))
    }

    private func sendGoodbye() {
        ledger.end(&channel)
        drainRecords()
        records.closeDevice()
        drainKernelLog(atMost: 1 << 20)
        channel.flush(for: .seconds(20))
        channel.send(
            .goodbye(
                .init(
                    time: bootTime(), steps: stepsReported, kernelLogRecords: kernelLog.records,
                    recordBytes: records.bytesRead, ledgerEntries: ledger.entries,
                    droppedFrames: channel.droppedFrames)))
        channel.flush(for: .seconds(20))
    }
}
