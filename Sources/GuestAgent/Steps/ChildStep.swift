// SPDX-License-Identifier: Apache-2.0

import CGuest
import Glibc
import GuestContract

/// A step of the plan that a child process does, or something else that the agent needs a child for.
///
/// Escalation when the limit has passed: SIGTERM, after two seconds SIGKILL, and when five more
/// seconds do not end it, the process is stuck in the kernel: its stack and those of all blocked
/// tasks are taken as evidence, and the step is given up.
final class ChildStep: Activity {
    private enum Phase {
        /// No process yet: to be tried, or tried again, at that time.
        case starting(at: UInt64)
        case running
        /// Was asked to end because what it accompanies is over.
        case dismissed
        case terminated
        case killed
    }

    private static let second: UInt64 = 1_000_000_000
    /// A process that cannot be had is tried for again this often, this long after.
    private static let attempts = 50
    private static let pause: UInt64 = 100_000_000

    let name: String
    let work: Work
    let index: Int
    /// The step of the plan; nil for what the plan does not name, and the host is not told of as a step.
    private let step: JobPlan.Step?
    /// Most bytes of output that are sent.
    let outputLimit: Int
    private let start = bootTime()
    private var deadline: UInt64
    private var child = Child(pid: 0, standardOutput: -1, standardError: -1)
    private var phase = Phase.starting(at: 0)
    private var attempt = 0
    private var isBegun = false
    var output = StepOutput()

    /// How the process ended, once the loop has collected it.
    var waitStatus: Int32?
    private(set) var result: GuestEvent.StepResult?
    private(set) var outcome: Outcome?

    /// Whether it is a step of the plan.
    var isPlanned: Bool { step != nil }
    var pid: pid_t { child.pid }
    var standardOutput: Int32 { child.standardOutput }
    var standardError: Int32 { child.standardError }

    var nextDeadline: UInt64 {
        if case .starting(let time) = phase { return min(time, deadline) }
        return deadline
    }

    init(index: Int, plan: JobPlan, deadline: UInt64) {
        let step = plan.steps[index]
        self.index = index
        self.step = step
        name = step.name
        work = .action(step.action)
        phase = .starting(at: start &+ step.start.delay)
        outputLimit = Int(plan.outputLimit)
        self.deadline = min(deadline, start.addingClamped(step.limit))
    }

    /// Work that is no step of the plan.
    init(_ name: String, _ work: Work, limit: UInt64, index: Int, outputLimit: Int) {
        self.name = name
        self.work = work
        self.index = index
        self.outputLimit = outputLimit
        step = nil
        deadline = start.addingClamped(limit)
    }

    func advance(_ loop: Loop) {
        guard outcome == nil else { return }
        if !isBegun {
            isBegun = true
            if let step {
                loop.begin(index, at: start)
                if let result = loop.moduleStepBegins(step, index: index) { return finish(result, loop) }
            }
        }
        if case .starting(let time) = phase {
            guard bootTime() >= time else { return }
            return tryToStart(loop)
        }
        if let waitStatus { return ended(waitStatus, loop) }
        if bootTime() >= deadline { escalate(loop) }
    }

    /// Asks the process to end; that it then ends by the signal is no failure.
    func stop() {
        guard case .running = phase else { return }
        phase = .dismissed
        kill(child.pid, SIGTERM)
    }

    // MARK: - start

    /// Being out of memory or processes is tried again for a while: it is what some jobs are for.
    private func tryToStart(_ loop: Loop) {
        if let child = Child.start(work, step?.start ?? .init(), faults: loop.faults > 0) {
            self.child = child
            phase = .running
            return loop.adopt(self)
        }
        let failure = errno
        attempt += 1
        if failure == ENOMEM || failure == EAGAIN, attempt < Self.attempts, bootTime() < deadline {
            phase = .starting(at: bootTime() + Self.pause)
            return
        }
        let result = GuestEvent.StepResult(
            index: index, status: .failed, duration: bootTime() - start,
            message: "the step's process cannot be started: \(errorText(failure))")
        if let step { _ = loop.moduleStepEnded(step, result) }
        finish(result, loop)
    }

    // MARK: - ends

    private func escalate(_ loop: Loop) {
        switch phase {
        case .starting: break
        case .running, .dismissed:
            child.signalAll(SIGTERM)
            phase = .terminated
            deadline = bootTime() + 2 * Self.second
        case .terminated:
            child.signalAll(SIGKILL)
            phase = .killed
            deadline = bootTime() + 5 * Self.second
        case .killed: giveUp(loop)
        }
    }

    private func ended(_ status: Int32, _ loop: Loop) {
        // What the program left behind in its group must not run into the next step.
        child.signalAll(SIGKILL)
        for stream in [GuestEvent.OutputStream.standardOutput, .standardError] {
            for _ in 0..<64 where isOpen(stream) { readOutput(stream, loop) }
        }
        child.closePipes()
        loop.release(self)
        let result = result(status)
        if let step, loop.moduleStepEnded(step, result) {
            waitStatus = nil
            phase = .starting(at: 0)
            return
        }
        finish(result, loop)
    }

    private func result(_ status: Int32) -> GuestEvent.StepResult {
        let signal = status & 0x7F
        let code = (status >> 8) & 0xFF
        var result = GuestEvent.StepResult(
            index: index, status: .passed, exitCode: signal == 0 ? code : -1, signal: signal,
            duration: bootTime() - start, droppedOutput: output.dropped)
        switch phase {
        case .terminated, .killed:
            result.status = .timedOut
            result.signal = signal == 0 ? SIGTERM : signal
            result.message = "took longer than its limit"
        case .dismissed where signal == SIGTERM: break
        default:
            if signal != 0 {
                result.status = .failed
                result.message = "ended by signal \(signal)"
            } else {
                describe(code, &result)
            }
        }
        return result
    }

    private func describe(_ code: Int32, _ result: inout GuestEvent.StepResult) {
        switch work {
        case .action(.run) where code != 0:
            let last = output.lastErrorLine
            result.status = .failed
            result.message = "exit status \(code)" + (last.isEmpty ? "" : ": \(last)")
        case .action(.check(let path, let condition)) where code == 0:
            if let problem = output.problem(with: condition, in: path) {
                result.status = .failed
                result.message = problem
            }
        case .action(.load), .action(.unload), .action(.write), .action(.collect), .action(.check):
            guard code != 0 else { break }
            result.errno = code
            result.message = errorText(code)
            if step?.allowed.contains(code) == true {
                result.message += ", which is allowed"
            } else {
                result.status = .failed
            }
        case .action: break
        case .snapshot where code != 0, .sample where code != 0:
            result.status = .failed
            result.message = "exit status \(code)"
        case .snapshot, .sample: break
        }
    }

    private func giveUp(_ loop: Loop) {
        let stack = readLine(of: "/proc/\(child.pid)/stack") ?? "its stack cannot be read"
        loop.channel.send(
            .note("process \(child.pid) of step \"\(name)\" is stuck in the kernel:\n\(stack)"))
        // Blocked tasks and the stacks of all CPUs, into the kernel log.
        for command in ["w", "l"] {
            let trigger = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC)
            guard trigger >= 0 else { continue }
            _ = write(trigger, command, 1)
            close(trigger)
        }
        child.closePipes()
        loop.release(self)
        finish(
            .init(
                index: index, status: .timedOut, duration: bootTime() - start, droppedOutput: output.dropped,
                message: "took longer than its limit and cannot be killed: it is stuck in the kernel"), loop)
        outcome = .stuck
    }

    private func finish(_ result: GuestEvent.StepResult, _ loop: Loop) {
        outcome = result.status == .passed ? .passed : .failed
        self.result = result
        guard step != nil else { return }
        loop.end(result)
        loop.catchUp()
    }

    // MARK: - output

    /// Takes what the program has written.
    func readOutput(_ stream: GuestEvent.OutputStream, _ loop: Loop) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let descriptor = stream == .standardOutput ? child.standardOutput : child.standardError
        guard descriptor >= 0 else { return }
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
        guard count > 0 else {
            close(descriptor)
            if stream == .standardOutput { child.standardOutput = -1 } else { child.standardError = -1 }
            return
        }
        output.take(buffer[..<count], from: stream, of: self, loop)
    }

    private func isOpen(_ stream: GuestEvent.OutputStream) -> Bool {
        (stream == .standardOutput ? child.standardOutput : child.standardError) >= 0
    }
}
