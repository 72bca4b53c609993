// SPDX-License-Identifier: Apache-2.0

/// One task from fork to exit, as the ledger knows it. A pid that is used again is another life.
public struct TaskLife: Sendable, Equatable {
    /// Thread id it was born with. A thread that calls exec takes over its leader's, see ``takeover``.
    public var pid: Int32
    /// Process id. It never changes.
    public var tgid: Int32
    /// Process id of the real parent when it was born.
    public var parent: Int32
    /// When it can have started, CLOCK_BOOTTIME, nanoseconds. The kernel takes the time of start a moment before it
    /// tells of the fork, so that this ends with the fork event; it begins when the pid was last used by somebody
    /// else, or when its parent was born. Of a listed task one clock tick is known.
    public var start: ClosedRange<UInt64>
    /// When the kernel told of its fork; nil when it was there before the ledger.
    public var forkedNs: UInt64?
    /// When the kernel told of its exit: a moment after the exit itself. Nil when it did not. Two times differ where
    /// the ledger cannot tell which of two tasks of a process it was, see ``Takeover/possible``.
    public var exitNs: ClosedRange<UInt64>?
    /// Whether it may still be alive at the end of the ledger.
    public var mayBeAlive = true
    /// When it was first seen to run: it called exec, or forked. Nil when it did neither.
    public var ranNs: UInt64?
    /// `task_struct.exit_code`; nil when there is no exit, or more than one in question.
    public var exitCode: UInt32?
    /// Whether it was past the point of no return of exit(2) when the ledger began or ended.
    public var wasExiting = false
    /// Its name when it was listed; nil for those that never were.
    public var comm: String?
    /// Whether it took over its leader's pid.
    public var takeover = Takeover.no

    /// What became of a thread whose process called exec.
    ///
    /// The thread that calls exec takes over pid and start of its leader, which dies. The kernel tells of the leader's
    /// death under its own pid or, when the two have been exchanged already, under the thread's. The latter looks
    /// the same as a leader that called exec while the thread died.
    public enum Takeover: Sendable, Equatable {
        case no
        /// It or its leader called exec, and the other one died.
        case possible
        /// It called exec.
        case certain
    }

    /// Whether it is the first task of its process.
    public var isLeader: Bool { pid == tgid }
    /// Earliest time of its exit; nil while it may live for ever.
    public var earliestExitNs: UInt64? { exitNs?.lowerBound }
    /// Latest time of its exit; nil while it may be alive.
    public var latestExitNs: UInt64? { mayBeAlive ? nil : exitNs?.upperBound }

    /// A life that has just begun.
    init(pid: Int32, tgid: Int32, parent: Int32, start: ClosedRange<UInt64>, forkedNs: UInt64?) {
        self.pid = pid
        self.tgid = tgid
        self.parent = parent
        self.start = start
        self.forkedNs = forkedNs
    }
}
