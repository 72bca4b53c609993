// SPDX-License-Identifier: Apache-2.0

/// What the agent tells the host. Each case is the payload of one kind of frame.
///
/// Times are nanoseconds of the guest's `CLOCK_BOOTTIME`.
public enum GuestEvent: Sendable, Equatable {
    /// The agent has read its plan.
    case hello(Hello)
    /// One record of `/dev/kmsg`, as the kernel gave it.
    case kernelLog([UInt8])
    /// Step `index` of the plan begins.
    case stepStarted(index: Int, time: UInt64)
    /// Step `index` has ended.
    case stepFinished(StepResult)
    /// A piece of a program's output.
    case output(index: Int, stream: OutputStream, bytes: [UInt8])
    /// Energy records, as the record device gave them.
    case records([UInt8])
    /// A sign of life.
    case heartbeat(time: UInt64, freeMemoryKiB: UInt64)
    /// A piece of a file that a step collected; pieces of one name follow each other.
    case file(name: String, bytes: [UInt8])
    /// Something the agent could not do or had to leave out.
    case note(String)
    /// All steps are done; the guest powers off next.
    case goodbye(Goodbye)
    /// Whole entries of the process ledger, see ``LedgerEntry``.
    case ledger([UInt8])
    /// A piece of a snapshot, in the format of `guest_snapshot()`; pieces of one moment follow each other.
    case snapshot(SnapshotMoment, bytes: [UInt8])
    /// A piece of the samples, in the format of `guest_fork_sample()`: one sample after the other.
    case sample([UInt8])

    /// Who is there.
    public struct Hello: Sendable, Equatable {
        /// `JobPlan.job` of the plan that the agent read.
        public var job: String
        /// `uname -r` in the guest.
        public var kernelRelease: String
        /// CPUs online.
        public var cpus: UInt16
        /// When the agent started.
        public var time: UInt64

        /// A hello.
        public init(job: String, kernelRelease: String, cpus: UInt16, time: UInt64) {
            self.job = job
            self.kernelRelease = kernelRelease
            self.cpus = cpus
            self.time = time
        }
    }

    /// Which of a program's two outputs.
    public enum OutputStream: UInt8, Sendable {
        case standardOutput = 1
        case standardError = 2
    }

    /// How a step ended.
    public enum StepStatus: UInt8, Sendable {
        case passed = 1
        case failed = 2
        case skipped = 3
        case timedOut = 4
        /// This kernel or machine cannot do it: nothing is known about the module.
        case unavailable = 5
    }

    /// The end of a step.
    public struct StepResult: Sendable, Equatable {
        /// Place in the plan, from 0.
        public var index: Int
        /// How it ended.
        public var status: StepStatus
        /// The system call's error number, 0 for none.
        public var errno: Int32
        /// The program's exit status, -1 when it did not exit by itself.
        public var exitCode: Int32
        /// The signal that ended the program, 0 for none.
        public var signal: Int32
        /// How long it took, nanoseconds.
        public var duration: UInt64
        /// Output that was not kept, bytes.
        public var droppedOutput: UInt64
        /// What went wrong, empty when nothing did.
        public var message: String

        /// A result.
        public init(
            index: Int, status: StepStatus, errno: Int32 = 0, exitCode: Int32 = -1, signal: Int32 = 0,
            duration: UInt64 = 0, droppedOutput: UInt64 = 0, message: String = ""
        ) {
            self.index = index
            self.status = status
            self.errno = errno
            self.exitCode = exitCode
            self.signal = signal
            self.duration = duration
            self.droppedOutput = droppedOutput
            self.message = message
        }
    }

    /// What the agent has sent in all: the host compares it with what arrived.
    public struct Goodbye: Sendable, Equatable {
        /// When it was said.
        public var time: UInt64
        /// Steps reported.
        public var steps: UInt32
        /// Kernel log records sent.
        public var kernelLogRecords: UInt64
        /// Bytes of energy records sent.
        public var recordBytes: UInt64
        /// Entries of the process ledger sent.
        public var ledgerEntries: UInt64
        /// Frames left out because the channel was full.
        public var droppedFrames: UInt64

        /// A goodbye.
        public init(
            time: UInt64, steps: UInt32, kernelLogRecords: UInt64, recordBytes: UInt64,
            ledgerEntries: UInt64, droppedFrames: UInt64
        ) {
            self.time = time
            self.steps = steps
            self.kernelLogRecords = kernelLogRecords
            self.recordBytes = recordBytes
            self.ledgerEntries = ledgerEntries
            self.droppedFrames = droppedFrames
        }
    }
}
