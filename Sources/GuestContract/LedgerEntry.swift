// SPDX-License-Identifier: Apache-2.0

/// One entry of the process ledger: what the kernel told of a task, or what the agent did meanwhile.
///
/// A ledger frame (``FrameKind/ledger``) holds whole entries, one after the other. Numbers are little-endian, times
/// nanoseconds of `CLOCK_BOOTTIME`, pids those of the initial namespace.
///
/// | size | field | of kind                                                                          |
/// |------|-------|----------------------------------------------------------------------------------|
/// | 1    | kind  | all                                                                              |
/// | 8    | time  | all                                                                              |
/// | 4+4  | pid and tgid | 1 fork, 2 exec, 3 exit, 4 task                                            |
/// | 4+4  | pid and tgid of the real parent | 1 fork, 3 exit (0: nobody waits for it any more)       |
/// | 4    | exit code, as wait(2) reports it | 3 exit                                                |
/// | 4    | tgid of the real parent | 4 task                                                         |
/// | 8    | start of the task, known to a clock tick of 10 ms, rounded down | 4 task                 |
/// | 1    | bit 0: it is exiting, bit 1: a kernel thread | 4 task                                    |
/// | 16   | name, NUL-padded | 4 task                                                                |
/// | 1    | ``Mark`` | 5 mark                                                                        |
/// | 1    | bit 0: it went well, bit 1: the record device is open | 5 mark                           |
/// | 1+n  | length and name of the module, at most 64 bytes | 5 mark                                 |
/// | 4+4  | CPU, and how many of its events are missing | 7 gap                                      |
/// | 4    | errno of the kernel's refusal | 8 unavailable                                            |
///
/// Kind 6, overrun, has no more than its time: the kernel had no room for some events and dropped them. How many
/// shows in the gaps.
public enum LedgerEntry: Sendable, Equatable {
    /// What the agent did.
    public enum Mark: UInt8, Sendable {
        /// From here on the kernel tells every event.
        case listening = 1
        /// The tasks that follow are those of /proc.
        case listing = 2
        /// The listing is over; it went well if all tasks are in it.
        case listed = 3
        case loadStarted = 4
        case loadEnded = 5
        case unloadStarted = 6
        case unloadEnded = 7
        /// What happens from here on is not in the ledger.
        case ended = 8
    }

    /// A task as /proc shows it.
    public struct Task: Sendable, Equatable {
        /// Thread id.
        public var pid: Int32
        /// Process id.
        public var tgid: Int32
        /// Process id of the real parent.
        public var parent: Int32
        /// When it started, rounded down to a clock tick, nanoseconds of `CLOCK_BOOTTIME`.
        public var start: UInt64
        /// Whether it will not come back from exit(2).
        public var isExiting: Bool
        /// Whether it is a kernel thread.
        public var isKernelThread: Bool
        /// The name, at most 16 bytes.
        public var comm: [UInt8]

        /// A task of these parts.
        public init(
            pid: Int32, tgid: Int32, parent: Int32, start: UInt64, isExiting: Bool, isKernelThread: Bool,
            comm: [UInt8]
        ) {
            self.pid = pid
            self.tgid = tgid
            self.parent = parent
            self.start = start
            self.isExiting = isExiting
            self.isKernelThread = isKernelThread
            self.comm = comm
        }
    }

    case fork(pid: Int32, tgid: Int32, parentPid: Int32, parentTgid: Int32)
    case exec(pid: Int32, tgid: Int32)
    case exit(pid: Int32, tgid: Int32, parentPid: Int32, parentTgid: Int32, code: UInt32)
    case task(Task)
    case mark(Mark, wentWell: Bool, hasDevice: Bool, module: String)
    case overrun
    case gap(cpu: UInt32, missing: UInt32)
    case unavailable(errno: Int32)
}

extension ByteWriter {
    /// Longest name of a module in a mark, bytes; the kernel allows 56.
    private static let moduleNameLimit = 64

    /// Appends an entry of the ledger.
    public mutating func write(_ entry: LedgerEntry, time: UInt64) {
        switch entry {
        case .fork(let pid, let tgid, let parentPid, let parentTgid):
            begin(1, time, pid, tgid)
            write(parentPid)
            write(parentTgid)
        case .exec(let pid, let tgid): begin(2, time, pid, tgid)
        case .exit(let pid, let tgid, let parentPid, let parentTgid, let code):
            begin(3, time, pid, tgid)
            write(parentPid)
            write(parentTgid)
            write(code)
        case .task(let task):
            begin(4, time, task.pid, task.tgid)
            write(task.parent)
            write(task.start)
            write(UInt8((task.isExiting ? 1 : 0) | (task.isKernelThread ? 2 : 0)))
            let comm = task.comm.prefix(16)
            writeRaw(comm)
            writeRaw(repeatElement(0, count: 16 - comm.count))
        case .mark(let mark, let wentWell, let hasDevice, let module):
            begin(5, time)
            write(mark.rawValue)
            write(UInt8((wentWell ? 1 : 0) | (hasDevice ? 2 : 0)))
            let name = module.utf8.prefix(Self.moduleNameLimit)
            write(UInt8(name.count))
            writeRaw(name)
        case .overrun: begin(6, time)
        case .gap(let cpu, let missing):
            begin(7, time)
            write(cpu)
            write(missing)
        case .unavailable(let errno):
            begin(8, time)
            write(errno)
        }
    }

    private mutating func begin(_ kind: UInt8, _ time: UInt64) {
        write(kind)
        write(time)
    }

    private mutating func begin(_ kind: UInt8, _ time: UInt64, _ pid: Int32, _ tgid: Int32) {
        begin(kind, time)
        write(pid)
        write(tgid)
    }
}
