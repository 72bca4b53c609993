// SPDX-License-Identifier: Apache-2.0

import GuestContract

/// Follows a guest by what it does and by what it fails to do, and decides when it is over.
///
/// A pure state machine: it has no clock and no I/O. Times are host time since the start of QEMU.
struct GuestMonitor: Sendable {
    /// What a guest's end looks like.
    enum Ending: Sendable, Equatable {
        /// The agent did its whole plan and said goodbye.
        case goodbye
        /// The kernel told the machine that it has panicked.
        case panicked
        /// The machine was reset without a goodbye: a triple fault, or a reboot.
        case reset
        /// The guest powered itself off without a goodbye.
        case poweredOff
        /// Nothing was heard any more while this was going on.
        case hung(during: String)
        /// The limit for the whole run was over while the guest was still alive.
        case outOfTime(during: String)
        /// The guest wrote more than the host keeps.
        case flooded(what: String)
        /// The agent never said hello.
        case neverBooted
        /// What came over the channel is not from our agent.
        case channelBroken(ContractError)
        /// QEMU ended, and the guest did not do it.
        case machineDied(String)
        /// The person, or the machine, told us to stop.
        case cancelled
    }

    /// What the machine (libvirt, QEMU) tells.
    enum MachineEvent: Sendable, Equatable {
        case panicked
        case reset
        case poweredOff
        case watchdog
        case died(String)
    }

    private enum State: Sendable, Equatable {
        case booting
        /// Between two steps, or before the first.
        case idle
        case inStep(index: Int)
        case ended(Ending)
    }

    /// How often the time between two steps may begin anew because something was heard.
    private static let idlePieces = 10
    /// How far the guest's clock must advance to count as progress, nanoseconds.
    private static let step: UInt64 = 2_000_000_000

    private let limits: TimeLimits
    private let plan: JobPlan
    private let isRestored: Bool
    private var state = State.booting
    /// Host seconds that a second of the guest's was last seen to take.
    private(set) var pace: Double = 1
    /// The step that was started last.
    private var latest: Int?
    /// The same, of those that are in no group. Each is started once, in the plan's order.
    private var latestOutside = -1
    /// When the time between two steps is over, whatever is heard.
    private var idleEnd = Duration.zero

    /// When ``timeout(at:)`` has to be asked at the latest.
    private(set) var deadline: Duration
    /// When the agent's hello came.
    private(set) var readyAt: Duration?
    /// When the guest's clock was last seen to have advanced by ``step``, and what it showed.
    private var progress: (host: Duration, guest: UInt64) = (.zero, 0)
    /// What times are counted from.
    private var origin: (host: Duration, guest: UInt64) = (.zero, 0)

    /// - Parameter isRestored: Whether the guest's clock does not start with the guest.
    init(limits: TimeLimits, plan: JobPlan, isRestored: Bool = false) {
        self.limits = limits
        self.plan = plan
        self.isRestored = isRestored
        deadline = limits.boot
    }

    /// How it ended, once it has.
    var ending: Ending? {
        guard case .ended(let ending) = state else { return nil }
        return ending
    }

    // MARK: - inputs

    /// Takes an event from the agent.
    mutating func receive(_ event: GuestEvent, at now: Duration) {
        if case .ended = state { return }
        switch event {
        case .hello(let hello):
            // Only the first one: a guest must not win time by beginning anew.
            guard readyAt == nil else { return }
            readyAt = now
            if isRestored { origin = (now, hello.time) }
            observePace(guest: hello.time, host: now)
            enter(.idle, at: now)
        case .stepStarted(let index, let time):
            observePace(guest: time, host: now)
            start(index, at: now)
        case .stepFinished(let result):
            if !isInside(result.index) { enter(.idle, at: now) }
        case .heartbeat(let time, _):
            observePace(guest: time, host: now)
            if state == .idle { enter(.idle, at: now) }
        case .goodbye:
            state = .ended(.goodbye)
        case .kernelLog, .output, .records, .file, .note, .ledger, .snapshot, .sample:
            if state == .idle { enter(.idle, at: now) }
        }
    }

    /// Takes an event from the machine.
    mutating func receive(_ event: MachineEvent) {
        if case .ended = state { return }
        switch event {
        case .panicked: state = .ended(.panicked)
        case .reset: state = .ended(.reset)
        case .poweredOff: state = .ended(.poweredOff)
        case .watchdog: state = .ended(.hung(during: activity))
        case .died(let how): state = .ended(.machineDied(how))
        }
    }

    /// Ends it for a reason found elsewhere.
    mutating func end(_ ending: Ending) {
        if case .ended = state { return }
        state = .ended(ending)
    }

    /// Ends it because the limit for the whole run has passed. A guest that was heard a moment ago was
    /// slow; one that was silent for long hangs.
    mutating func runIsOver(at now: Duration) {
        if case .ended = state { return }
        if state == .booting {
            state = .ended(.neverBooted)
        } else if now - progress.host > limits.standstill(pace: pace) * 0.5 {
            state = .ended(.hung(during: activity))
        } else {
            state = .ended(.outOfTime(during: activity))
        }
    }

    /// Ends it when its limit has passed, or when the guest's clock stands still.
    mutating func timeout(at now: Duration) {
        let stands = now - progress.host > limits.standstill(pace: pace)
        switch state {
        case .booting where now >= deadline: state = .ended(.neverBooted)
        case .idle where now >= deadline || stands, .inStep where now >= deadline || stands:
            state = .ended(.hung(during: activity))
        case .booting, .idle, .inStep, .ended: break
        }
    }

    // MARK: - the machine's inside

    private var activity: String {
        switch state {
        case .booting: "the boot"
        case .inStep(let index) where index < plan.steps.count:
            "step \"\(plan.steps[latest.flatMap { isInside($0) ? $0 : nil } ?? index].name)\""
        default: "the time between two steps"
        }
    }

    /// A step begins. Each has its limit, so that going through the plan once is all the time there is.
    private mutating func start(_ index: Int, at now: Duration) {
        latest = index
        // The limit of a group bounds all that is inside.
        if isInside(index) { return }
        guard index > latestOutside, index < plan.steps.count else {
            state = .ended(
                .channelBroken(.unknownValue(field: "the number of a step that begins", value: index)))
            return
        }
        latestOutside = index
        enter(.inStep(index: index), at: now)
    }

    /// Whether a step is inside the group that is being done.
    private func isInside(_ index: Int) -> Bool {
        guard case .inStep(let group) = state, group < plan.steps.count else { return false }
        return plan.inside(group).contains(index)
    }

    private mutating func enter(_ next: State, at now: Duration) {
        if next == .idle, state != .idle { idleEnd = now + limits.betweenSteps * Self.idlePieces }
        state = next
        if case .inStep(let index) = next, index < plan.steps.count {
            let limit = Duration.nanoseconds(Int64(clamping: plan.steps[index].limit))
            deadline = now + limits.hostLimit(guest: limit, pace: pace)
        } else {
            deadline = min(now + limits.betweenSteps, idleEnd)
        }
    }

    private mutating func observePace(guest: UInt64, host: Duration) {
        guard readyAt == host || guest >= progress.guest &+ Self.step else { return }
        progress = (host, guest)
        let guestSeconds = Double(guest &- origin.guest) / 1e9
        if guestSeconds > 0.1 { pace = min(max((host - origin.host).inSeconds / guestSeconds, 0.1), 20) }
    }
}
