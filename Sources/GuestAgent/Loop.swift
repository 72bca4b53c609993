// SPDX-License-Identifier: Apache-2.0

import CGuest
import Glibc
import GuestContract

/// The agent's loop: one step at a time, everything else streaming beside it.
final class Loop {
    let plan: JobPlan
    var channel: Channel
    private var kernelLog = KernelLog()
    private var records: RecordDevice
    private var ledger = ProcessLedger()
    private var watchdog = Watchdog()
    private let childSignals = guest_child_signals()
    private var nextHeartbeat: UInt64 = 0
    private var runner: StepRunner?
    private var stepsReported: UInt32 = 0
    var counters = CPUCounters()
    var witnessIsLoaded = false
    /// A child of ours is stuck in the kernel: nothing more is to be looked at.
    var isBlind = false

    init(plan: JobPlan, channel: Channel) {
        self.plan = plan
        self.channel = channel
        records = RecordDevice(path: plan.recordDevice)
    }

    /// Does the plan. Returns when the host has been told everything.
    func run() {
        sendHello()
        ledger.start(&channel)
        var skipReason: String?
        for (index, step) in plan.steps.enumerated() {
            if let skipReason, !step.always {
                finish(.init(index: index, status: .skipped, message: skipReason))
                continue
            }
            watch(beforeStep: index)
            let result = perform(step, index: index)
            finish(result)
            if result.status == .passed { watch(afterStep: index) }
            if result.status != .passed && skipReason == nil {
                skipReason = "step \"\(step.name)\" did not pass"
            }
            if result.status == .timedOut && result.signal == 0 {
                // A process that no signal ends sits in the kernel: whatever comes next would hang
                // on the same thing.
                channel.send(.note("step \"\(step.name)\" cannot be ended; no further step is tried"))
                isBlind = true
                break
            }
        }
        watch(beforeStep: plan.steps.count)
        sendGoodbye()
    }

    // MARK: - steps

    private func perform(_ step: JobPlan.Step, index: Int) -> GuestEvent.StepResult {
        let start = bootTime()
        channel.send(.stepStarted(index: index, time: start))
        switch step.action {
        case .wait(let nanoseconds):
            let end = start + min(nanoseconds, step.limit)
            while bootTime() < end { turn(until: end) }
            return .init(index: index, status: .passed, duration: bootTime() - start)
        case .load(let path, _):
            let module = path.split(separator: "/").last.map { String($0.prefix { $0 != "." }) } ?? path
            ledger.mark(.loadStarted, module: module, to: &channel)
            let result = performInChild(step, index: index, start: start)
            ledger.mark(
                .loadEnded, module: module, wentWell: result.status == .passed, hasDevice: records.isOpen,
                to: &channel)
            // Whoever is alive now, and not about to exit, the module knows of.
            ledger.listTasks(&channel)
            return result
        case .unload(let name): return unload(name, step: step, index: index, start: start)
        case .run, .write, .collect: return performInChild(step, index: index, start: start)
        }
    }

    /// The record device stays open, so that the records made at unload are read, too. Where that keeps the module
    /// from going away, it is tried again without.
    private func unload(
        _ name: String, step: JobPlan.Step, index: Int, start: UInt64
    ) -> GuestEvent.StepResult {
        var result: GuestEvent.StepResult
        repeat {
            drainRecords()
            let wasOpen = records.isOpen
            ledger.mark(.unloadStarted, module: name, hasDevice: wasOpen, to: &channel)
            result = performInChild(step, index: index, start: start)
            ledger.mark(
                .unloadEnded, module: name, wentWell: result.status == .passed, hasDevice: wasOpen,
                to: &channel)
            guard result.status == .failed, result.errno == EAGAIN, wasOpen else { break }
            records.closeDevice()
            channel.send(.note("\(name) cannot be unloaded while its device is open: it was closed before"))
        } while true
        return result
    }

    private func performInChild(_ step: JobPlan.Step, index: Int, start: UInt64) -> GuestEvent.StepResult {
        let result = complete(
            StepRunner(step: step, index: index, start: start, outputLimit: Int(plan.outputLimit)))
        records.openIfThere()
        drainRecords()
        return result
    }

    /// Lets a child do its work, and sees to everything else meanwhile.
    func complete(_ prepared: StepRunner) -> GuestEvent.StepResult {
        var runner = prepared
        let startError = runner.start { pause in turn(until: bootTime() + pause) }
        if let startError { return startError }
        self.runner = runner
        while true {
            turn(until: self.runner?.nextDeadline ?? 0)
            if let result = self.runner?.poll(&channel) {
                self.runner = nil
                return result
            }
        }
    }

    private func finish(_ result: GuestEvent.StepResult) {
        stepsReported += 1
        channel.send(.stepFinished(result))
    }

    // MARK: - one turn of the loop

    /// Waits for something to happen, at most until `deadline`, and takes care of it.
    private func turn(until deadline: UInt64) {
        let now = bootTime()
        if now >= nextHeartbeat { heartbeat(now) }
        let wake = min(deadline, nextHeartbeat, ledger.nextLook ?? .max)
        var descriptors = [
            pollfd(fd: childSignals, events: Int16(POLLIN), revents: 0),
            pollfd(fd: kernelLog.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: records.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: channel.descriptorToPoll, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: runner?.standardOutput ?? -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: runner?.standardError ?? -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: ledger.descriptorToPoll, events: Int16(POLLIN), revents: 0),
        ]
        // Rounded up: a wait that ends a moment early would spin until the deadline.
        let milliseconds = wake > now ? min((wake - now + 999_999) / 1_000_000, 60_000) : 0
        let ready = poll(&descriptors, nfds_t(descriptors.count), Int32(milliseconds))
        // First of all: the room for events is bounded, and what is lost there is lost.
        if descriptors[6].revents != 0 || ledger.nextLook.map({ $0 <= bootTime() }) == true {
            ledger.work(&channel)
        }
        guard ready > 0 else { return }
        if descriptors[0].revents != 0 { guest_clear_signals(childSignals) }
        if descriptors[1].revents != 0 { drainKernelLog(atMost: 256) }
        if descriptors[2].revents != 0 { drainRecords() }
        if descriptors[3].revents != 0 { channel.pump() }
        if descriptors[4].revents != 0 { runner?.readOutput(.standardOutput, into: &channel) }
        if descriptors[5].revents != 0 { runner?.readOutput(.standardError, into: &channel) }
    }

    private func drainKernelLog(atMost limit: Int) {
        for _ in 0..<limit {
            guard let record = kernelLog.next() else { return }
            channel.send(.kernelLog(record))
        }
    }

    private func drainRecords() {
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
                .init(run: plan.run, kernelRelease: release, cpus: UInt16(clamping: cpus), time: bootTime())))
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
