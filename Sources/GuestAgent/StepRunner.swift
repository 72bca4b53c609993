// SPDX-License-Identifier: Apache-2.0

import CGuest
import Glibc
import GuestContract

/// One step while it is being done by a child process.
///
/// Escalation when the limit has passed: SIGTERM, after two seconds SIGKILL, and when five more
/// seconds do not end it, the process is stuck in the kernel: its stack and those of all blocked
/// tasks are taken as evidence, and the step is given up.
struct StepRunner {
    private enum Phase {
        case running
        case terminated
        case killed
    }

    private static let second: UInt64 = 1_000_000_000

    private let name: String
    private let limit: UInt64
    private let work: Work
    private let index: Int
    private let start: UInt64
    private let outputLimit: Int

    private var child = Child(pid: 0, standardOutput: -1, standardError: -1)
    private var phase = Phase.running
    private var kept = 0
    private var dropped: UInt64 = 0
    private var lastErrorLine: [UInt8] = []

    /// When ``poll(_:)`` has to be asked at the latest.
    private(set) var nextDeadline: UInt64

    var standardOutput: Int32 { child.standardOutput }
    var standardError: Int32 { child.standardError }

    init(step: JobPlan.Step, index: Int, start: UInt64, outputLimit: Int) {
        self.init(
            step.name, .action(step.action), limit: step.limit, index: index, start: start,
            outputLimit: outputLimit)
    }

    /// Work that is not, or not necessarily, a step of the plan.
    init(_ name: String, _ work: Work, limit: UInt64, index: Int, start: UInt64, outputLimit: Int) {
        self.name = name
        self.work = work
        self.limit = limit
        self.index = index
        self.start = start
        self.outputLimit = outputLimit
        let (deadline, overflow) = start.addingReportingOverflow(limit)
        nextDeadline = overflow ? .max : deadline
    }

    /// Starts the child. Being out of memory or processes is tried again for a while: it is what some
    /// jobs are for. Returns a result only when the step cannot be started at all.
    mutating func start(pause: (UInt64) -> Void) -> GuestEvent.StepResult? {
        for attempt in 0... {
            if let child = Child.start(work) {
                self.child = child
                return nil
            }
            let failure = errno
            guard failure == ENOMEM || failure == EAGAIN, attempt < 50, bootTime() < nextDeadline else {
                return .init(
                    index: index, status: .failed, errno: failure, duration: bootTime() - start,
                    message: "the step's process cannot be started: \(errorText(failure))")
            }
            pause(100_000_000)
        }
        return nil
    }

    /// Takes what the program has written.
    mutating func readOutput(_ stream: GuestEvent.OutputStream, into channel: inout Channel) {
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
        take(buffer[..<count], from: stream, into: &channel)
    }

    /// Whether the step is over, and how it ended.
    mutating func poll(_ channel: inout Channel) -> GuestEvent.StepResult? {
        if let status = reap() { return ended(status, &channel) }
        guard bootTime() >= nextDeadline else { return nil }
        switch phase {
        case .running:
            child.signalAll(SIGTERM)
            phase = .terminated
            nextDeadline = bootTime() + 2 * Self.second
        case .terminated:
            child.signalAll(SIGKILL)
            phase = .killed
            nextDeadline = bootTime() + 5 * Self.second
        case .killed:
            return gaveUp(&channel)
        }
        return nil
    }

    // MARK: - ends

    /// Collects every dead process; returns the step's own wait status once it is among them.
    private func reap() -> Int32? {
        var own: Int32?
        while true {
            var status: Int32 = 0
            let pid = waitpid(-1, &status, WNOHANG)
            if pid == child.pid { own = status }
            if pid <= 0 { return own }
        }
    }

    private mutating func ended(_ status: Int32, _ channel: inout Channel) -> GuestEvent.StepResult {
        // What the program left behind in its group must not run into the next step.
        child.signalAll(SIGKILL)
        drain(&channel)
        child.closePipes()
        let signal = status & 0x7F
        let code = (status >> 8) & 0xFF
        var result = GuestEvent.StepResult(
            index: index, status: .passed, exitCode: signal == 0 ? code : -1, signal: signal,
            duration: bootTime() - start, droppedOutput: dropped)
        let limit = Duration.nanoseconds(Int64(clamping: limit))
        if phase != .running {
            result.status = .timedOut
            result.signal = signal == 0 ? SIGTERM : signal
            result.message = "took longer than its limit of \(limit)"
        } else if signal != 0 {
            result.status = .failed
            result.message = "ended by signal \(signal)"
        } else if code != 0 {
            result.status = .failed
            describeFailure(code, &result)
        }
        return result
    }

    private func describeFailure(_ code: Int32, _ result: inout GuestEvent.StepResult) {
        switch work {
        case .action(.run):
            let last = String(decoding: lastErrorLine, as: UTF8.self)
            result.message = "exit status \(code)" + (last.isEmpty ? "" : ": \(last)")
        case .action(.load), .action(.unload), .action(.write), .action(.collect):
            result.errno = code
            result.message = errorText(code)
        case .action(.wait): break
        case .snapshot: result.message = "exit status \(code)"
        }
    }

    private mutating func gaveUp(_ channel: inout Channel) -> GuestEvent.StepResult {
        let stack = readLine(of: "/proc/\(child.pid)/stack") ?? "its stack cannot be read"
        channel.send(.note("process \(child.pid) of step \"\(name)\" is stuck in the kernel:\n\(stack)"))
        // Blocked tasks and the stacks of all CPUs, into the kernel log.
        for command in ["w", "l"] {
            let trigger = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC)
            guard trigger >= 0 else { continue }
            _ = write(trigger, command, 1)
            close(trigger)
        }
        child.closePipes()
        return .init(
            index: index, status: .timedOut, duration: bootTime() - start, droppedOutput: dropped,
            message: "took longer than its limit and cannot be killed: it is stuck in the kernel")
    }

    // MARK: - output

    private mutating func drain(_ channel: inout Channel) {
        for _ in 0..<64 where child.standardOutput >= 0 { readOutput(.standardOutput, into: &channel) }
        for _ in 0..<64 where child.standardError >= 0 { readOutput(.standardError, into: &channel) }
    }

    private mutating func take(
        _ bytes: ArraySlice<UInt8>, from stream: GuestEvent.OutputStream, into channel: inout Channel
    ) {
        if stream == .standardError { rememberLastLine(of: bytes) }
        let room = max(0, outputLimit - kept)
        let piece = Array(bytes.prefix(room))
        dropped += UInt64(bytes.count - piece.count)
        guard !piece.isEmpty else { return }
        kept += piece.count
        switch work {
        case .action(.collect(_, let name)) where stream == .standardOutput:
            channel.send(.file(name: name, bytes: piece))
        case .snapshot(let moment, _): channel.send(.snapshot(moment, bytes: piece))
        default: channel.send(.output(index: index, stream: stream, bytes: piece))
        }
    }

    private mutating func rememberLastLine(of bytes: ArraySlice<UInt8>) {
        let lines = (lastErrorLine[...] + bytes).split(separator: 0x0A, omittingEmptySubsequences: true)
        if let last = lines.last { lastErrorLine = Array(last.suffix(300)) }
    }
}
