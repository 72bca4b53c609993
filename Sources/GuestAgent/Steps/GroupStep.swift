// SPDX-License-Identifier: Apache-2.0

import GuestContract

/// A group of steps, with a result of its own besides those of its members.
final class GroupStep: Activity {
    private let index: Int
    private let step: JobPlan.Step
    private let start = bootTime()
    private let deadline: UInt64
    private let body: any Activity
    private var injection: FaultInjection?
    private var isBegun = false

    private(set) var outcome: Outcome?
    var nextDeadline: UInt64 { outcome == nil ? body.nextDeadline : 0 }

    init(index: Int, plan: JobPlan, deadline: UInt64) {
        self.index = index
        step = plan.steps[index]
        self.deadline = min(deadline, start.addingClamped(step.limit))
        let members = plan.members(of: index)
        switch step.action {
        case .together: body = Together(members, deadline: self.deadline)
        case .repeating(let count): body = Repeated(members, count: count, deadline: self.deadline)
        default: body = StepSequence(members, deadline: self.deadline)
        }
    }

    func advance(_ loop: Loop) {
        guard outcome == nil else { return }
        if !isBegun {
            isBegun = true
            loop.begin(index, at: start)
            if isSuspension { loop.suspensions += 1 }
            if let result = beginFault(loop) { return finish(result, .failed, loop) }
        }
        body.advance(loop)
        if let result = body.outcome { finish(self.result(result, loop), result, loop) }
    }

    func stop() { body.stop() }

    private func finish(_ result: GuestEvent.StepResult, _ outcome: Outcome, _ loop: Loop) {
        self.outcome = result.status == .passed ? outcome : outcome == .stuck ? .stuck : .failed
        loop.endMembers(of: index)
        loop.end(result)
    }

    private var isSuspension: Bool { step.action == .suspendRecords }

    private func result(_ outcome: Outcome, _ loop: Loop) -> GuestEvent.StepResult {
        endFault(loop)
        if isSuspension {
            loop.suspensions -= 1
            loop.catchUp()
        }
        var result = GuestEvent.StepResult(
            index: index, status: outcome == .passed ? .passed : .failed, duration: bootTime() - start)
        if outcome != .passed { result.message = "a step inside did not pass" }
        if let rounds = body as? Repeated, case .repeating(let count) = step.action {
            result.message = "\(rounds.passed) of \(count) rounds" + (outcome == .passed ? "" : " passed")
            if outcome == .failed && bootTime() >= deadline { result.message += " within the limit" }
        }
        return result
    }

    // MARK: - faults

    /// Lets the kernel fail. Returns a result when it cannot.
    private func beginFault(_ loop: Loop) -> GuestEvent.StepResult? {
        guard case .fault(let fault) = step.action else { return nil }
        let injection = FaultInjection(fault)
        do {
            try injection.begin()
        } catch {
            injection.end()
            return .init(
                index: index, status: .unavailable, duration: bootTime() - start, message: error.description)
        }
        self.injection = injection
        loop.faults += 1
        return nil
    }

    private func endFault(_ loop: Loop) {
        guard let injection else { return }
        loop.faults -= 1
        loop.countFailures(injection.end() ?? 0, in: index)
        self.injection = nil
    }
}
