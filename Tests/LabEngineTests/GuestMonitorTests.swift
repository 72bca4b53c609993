// SPDX-License-Identifier: Apache-2.0

import GuestContract
import Testing

@testable import LabEngine

@Suite("Following a guest")
struct GuestMonitorTests {
    private static let second: UInt64 = 1_000_000_000
    private let limits = TimeLimits(accelerator: .tcg, variant: "release")

    private var plan: JobPlan {
        JobPlan(
            job: "r", seed: 1, heartbeat: Self.second, outputLimit: 1024, recordDevice: "",
            steps: [
                .init(name: "first", limit: 10 * Self.second, always: false, action: .wait(nanoseconds: 1)),
                .init(name: "second", limit: 10 * Self.second, always: false, action: .wait(nanoseconds: 1)),
            ])
    }

    private func monitor() -> GuestMonitor { GuestMonitor(limits: limits, plan: plan) }

    private func hello(at time: UInt64) -> GuestEvent {
        .hello(.init(job: "r", kernelRelease: "6.18.5", cpus: 2, time: time))
    }

    private var goodbye: GuestEvent {
        .goodbye(
            .init(time: 0, steps: 2, kernelLogRecords: 0, recordBytes: 0, ledgerEntries: 0, droppedFrames: 0))
    }

    @Test("A plan done and a goodbye said is the good ending, whatever follows")
    func good() {
        var monitor = monitor()
        monitor.receive(hello(at: Self.second), at: .seconds(2))
        #expect(monitor.readyAt == .seconds(2))
        monitor.receive(.stepStarted(index: 0, time: Self.second), at: .seconds(2))
        monitor.receive(.stepFinished(.init(index: 0, status: .passed)), at: .seconds(3))
        #expect(monitor.ending == nil)
        monitor.receive(goodbye, at: .seconds(4))
        monitor.receive(.poweredOff)
        monitor.receive(.died("later"))
        monitor.timeout(at: .seconds(10_000))
        #expect(monitor.ending == .goodbye)
    }

    @Test(
        "The clock of a restored guest runs on from where it was saved: only what it does since says how fast it is"
    )
    func restored() {
        var monitor = GuestMonitor(limits: limits, plan: plan, isRestored: true)
        monitor.receive(hello(at: 100 * Self.second), at: .seconds(1))
        #expect(monitor.pace == 1)
        monitor.receive(.heartbeat(time: 102 * Self.second, freeMemoryKiB: 1), at: .seconds(7))
        #expect(monitor.pace == 3)
    }

    @Test("A guest that never speaks has not booted")
    func neverBooted() {
        var monitor = monitor()
        monitor.timeout(at: limits.boot - .milliseconds(1))
        #expect(monitor.ending == nil)
        monitor.timeout(at: limits.boot)
        #expect(monitor.ending == .neverBooted)
    }

    @Test("A step that outlasts agent and limit is a hang, and is named")
    func hang() {
        var monitor = monitor()
        monitor.receive(hello(at: Self.second), at: .seconds(1))
        monitor.receive(.stepStarted(index: 1, time: Self.second), at: .seconds(1))
        let deadline = monitor.deadline
        #expect(deadline > .seconds(11), "the agent's own limit comes first")
        monitor.timeout(at: deadline)
        #expect(monitor.ending == .hung(during: "step \"second\""))
    }

    @Test("Steps inside a group do not move its limit, and name what hangs")
    func group() {
        var plan = plan
        plan.steps[0].members = 1
        plan.steps[0].action = .together
        var monitor = GuestMonitor(limits: limits, plan: plan)
        monitor.receive(hello(at: Self.second), at: .seconds(1))
        monitor.receive(.stepStarted(index: 0, time: Self.second), at: .seconds(1))
        let deadline = monitor.deadline
        monitor.receive(.stepStarted(index: 1, time: 2 * Self.second), at: .seconds(20))
        monitor.receive(.stepFinished(.init(index: 1, status: .passed)), at: .seconds(30))
        monitor.receive(.stepStarted(index: 1, time: 20 * Self.second), at: .seconds(31))
        #expect(monitor.deadline == deadline)
        monitor.timeout(at: deadline)
        #expect(monitor.ending == .hung(during: "step \"second\""))
    }

    @Test("A guest whose clock stands still hangs, whatever its step's limit", arguments: [true, false])
    func standstill(beating: Bool) {
        var monitor = monitor()
        monitor.receive(hello(at: Self.second), at: .seconds(1))
        monitor.receive(.stepStarted(index: 0, time: Self.second), at: .seconds(1))
        monitor.receive(.heartbeat(time: 4 * Self.second, freeMemoryKiB: 1), at: .seconds(4))
        // A heartbeat comes once in a while, and shows that hardly any time has passed in the guest.
        if beating { monitor.receive(.heartbeat(time: 5 * Self.second, freeMemoryKiB: 1), at: .seconds(30)) }
        let limit = limits.standstill(pace: 1)
        monitor.timeout(at: .seconds(4) + limit - .milliseconds(1))
        #expect(monitor.ending == nil)
        monitor.timeout(at: .seconds(4) + limit + .milliseconds(1))
        #expect(monitor.ending == .hung(during: "step \"first\""))
    }

    @Test("Heartbeats keep the time between steps going, but no step's limit")
    func heartbeats() {
        var monitor = monitor()
        monitor.receive(hello(at: 0), at: .seconds(1))
        let before = monitor.deadline
        monitor.receive(.heartbeat(time: Self.second, freeMemoryKiB: 1), at: .seconds(5))
        #expect(monitor.deadline > before)
        monitor.receive(.stepStarted(index: 0, time: Self.second), at: .seconds(6))
        let inStep = monitor.deadline
        monitor.receive(.heartbeat(time: 2 * Self.second, freeMemoryKiB: 1), at: .seconds(7))
        #expect(monitor.deadline == inStep)
    }

    @Test("A slow host stretches a step's limit: guest time counts")
    func slowHost() {
        var quick = monitor()
        quick.receive(hello(at: 10 * Self.second), at: .seconds(5))
        quick.receive(.stepStarted(index: 0, time: 10 * Self.second), at: .seconds(5))
        var slow = monitor()
        slow.receive(hello(at: 10 * Self.second), at: .seconds(50))
        slow.receive(.stepStarted(index: 0, time: 10 * Self.second), at: .seconds(50))
        #expect(slow.deadline - .seconds(50) > (quick.deadline - .seconds(5)) * 2)
    }

    @Test("At --timeout a silent guest hangs, one that speaks was slow")
    func runLimit() {
        var silent = monitor()
        silent.receive(hello(at: Self.second), at: .seconds(1))
        silent.receive(.stepStarted(index: 0, time: Self.second), at: .seconds(1))
        var speaking = silent
        silent.runIsOver(at: .seconds(200))
        #expect(silent.ending == .hung(during: "step \"first\""))
        speaking.receive(.heartbeat(time: 9 * Self.second, freeMemoryKiB: 1), at: .seconds(199))
        speaking.runIsOver(at: .seconds(200))
        #expect(speaking.ending == .outOfTime(during: "step \"first\""))
        var booting = monitor()
        booting.runIsOver(at: .seconds(1))
        #expect(booting.ending == .neverBooted)
    }

    @Test(
        "What the machine says ends it",
        arguments: [
            (GuestMonitor.MachineEvent.panicked, GuestMonitor.Ending.panicked),
            (.reset, .reset), (.poweredOff, .poweredOff), (.watchdog, .hung(during: "the boot")),
            (.died("signal 9"), .machineDied("signal 9")),
        ])
    func machine(event: GuestMonitor.MachineEvent, ending: GuestMonitor.Ending) {
        var monitor = monitor()
        monitor.receive(event)
        #expect(monitor.ending == ending)
    }

    @Test("Steps beyond the plan, or begun twice, are not our agent's", arguments: [[99], [1, 0], [0, 0]])
    func strangeStep(indexes: [Int]) throws {
        var monitor = monitor()
        monitor.receive(hello(at: 0), at: .seconds(1))
        for index in indexes { monitor.receive(.stepStarted(index: index, time: 0), at: .seconds(1)) }
        let last = try #require(indexes.last)
        #expect(
            monitor.ending
                == .channelBroken(.unknownValue(field: "the number of a step that begins", value: last)))
    }

    @Test("No stream of events keeps a guest alive beyond its plan")
    func endless() {
        let events: [(String, (Int) -> GuestEvent)] = [
            ("heartbeats", { .heartbeat(time: UInt64($0) * 3 * Self.second, freeMemoryKiB: 1) }),
            ("hellos", { self.hello(at: UInt64($0) * 3 * Self.second) }),
            ("steps", { .stepStarted(index: 0, time: UInt64($0) * 3 * Self.second) }),
            (
                "ends of steps",
                { $0 % 2 == 0 ? self.hello(at: 1) : .stepFinished(.init(index: 7, status: .passed)) }
            ),
        ]
        for (name, event) in events {
            var monitor = monitor()
            monitor.receive(hello(at: Self.second), at: .seconds(1))
            for second in 2..<20_000 where monitor.ending == nil {
                monitor.receive(event(second), at: .seconds(second))
                monitor.timeout(at: .seconds(second))
            }
            #expect(monitor.ending != nil && monitor.ending != .goodbye, "\(name)")
        }
    }
}

@Suite("Time limits")
struct TimeLimitsTests {
    @Test("Debug and TCG get more time than release and KVM")
    func scale() {
        let fast = TimeLimits(accelerator: .kvm, variant: "release")
        let slow = TimeLimits(accelerator: .tcg, variant: "debug")
        #expect(slow.boot > fast.boot)
        #expect(slow.guestLimit(.seconds(1)) > fast.guestLimit(.seconds(1)))
        #expect(slow.hostLimit(guest: .seconds(1), pace: 1) > fast.hostLimit(guest: .seconds(1), pace: 1))
    }

    @Test("The kernel's own detectors come before the machine's watchdog")
    func order() {
        for variant in ["release", "debug", "kcsan", "rt"] {
            let limits = TimeLimits(accelerator: .tcg, variant: variant)
            #expect(limits.lockupThreshold * 3 < limits.watchdog, "\(variant)")
        }
    }
}
