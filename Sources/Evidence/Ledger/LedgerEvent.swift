// SPDX-License-Identifier: Apache-2.0

/// One entry of the process ledger that the guest's agent keeps: what the kernel told of a task, or what the agent
/// did meanwhile.
public struct LedgerEvent: Sendable, Equatable {
    /// A task as the guest's /proc showed it.
    public struct ListedTask: Sendable, Equatable {
        /// Thread id in the initial pid namespace.
        public var pid: Int32
        /// Process id in the initial pid namespace.
        public var tgid: Int32
        /// Process id of the real parent.
        public var parent: Int32
        /// Earliest time it can have started, CLOCK_BOOTTIME, nanoseconds: /proc counts in ticks of 10 ms.
        public var startNs: UInt64
        /// Whether it was past the point of no return of exit(2).
        public var isExiting: Bool
        /// Whether it is a kernel thread.
        public var isKernelThread: Bool
        /// Its name.
        public var comm: String

        /// A task of these parts.
        public init(
            pid: Int32, tgid: Int32, parent: Int32, startNs: UInt64, isExiting: Bool, isKernelThread: Bool,
            comm: String
        ) {
            self.pid = pid
            self.tgid = tgid
            self.parent = parent
            self.startNs = startNs
            self.isExiting = isExiting
            self.isKernelThread = isKernelThread
            self.comm = comm
        }
    }

    /// What the agent did.
    public enum Mark: UInt8, Sendable, Equatable {
        /// From here on every event was told.
        case listening = 1
        /// The listed tasks that follow are those of one look into /proc.
        case listing = 2
        /// That look is over.
        case listed = 3
        case loadStarted = 4
        case loadEnded = 5
        case unloadStarted = 6
        case unloadEnded = 7
        /// What came after is not in the ledger.
        case ended = 8
    }

    /// What happened.
    public enum What: Sendable, Equatable {
        /// A task was made. The parent is the real one, which for a thread is that of its process.
        case fork(pid: Int32, tgid: Int32, parentPid: Int32, parentTgid: Int32)
        /// A process runs another program. The thread that called exec has its leader's pid by now.
        case exec(pid: Int32, tgid: Int32)
        /// A task has ended. Its parent may have waited for it already: the pid may be somebody else's by now.
        case exit(pid: Int32, tgid: Int32, parentPid: Int32, parentTgid: Int32, code: UInt32)
        case task(ListedTask)
        /// The agent did something, with a module where one is named.
        case mark(Mark, wentWell: Bool, hasDevice: Bool, module: String)
        /// The kernel had no room for some events.
        case overrun
        /// Events of a CPU that never came.
        case gap(cpu: UInt32, missing: UInt32)
        /// The guest's kernel tells no process events.
        case unavailable(errno: Int32)
    }

    /// When, CLOCK_BOOTTIME, nanoseconds.
    public var timeNs: UInt64
    /// What.
    public var what: What

    /// An event of these parts.
    public init(timeNs: UInt64, what: What) {
        self.timeNs = timeNs
        self.what = what
    }
}
