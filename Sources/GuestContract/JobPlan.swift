// SPDX-License-Identifier: Apache-2.0

/// What the agent does in the guest: steps, one after the other, each with a time limit.
///
/// A plan is handed over whole before the guest runs and is never changed afterwards. Groups of
/// steps are in the same list: the members of a group follow it, so that a step's place in the list
/// names it wherever it is.
public struct JobPlan: Sendable, Equatable {
    /// One thing to do.
    public enum Action: Sendable, Equatable {
        /// Load the module file `path` (in the guest) with the parameter string `parameters`.
        case load(path: String, parameters: String)
        /// Unload the module `name`. Fails with the kernel's errno, for instance when it is in use.
        case unload(name: String)
        /// Run a program; passed when it exits with status 0.
        case run(arguments: [String], environment: [String])
        /// Do nothing for `nanoseconds` of the guest's time.
        case wait(nanoseconds: UInt64)
        /// Write `text` to the file `path`, which must exist already (proc, sys, debugfs).
        case write(path: String, text: String)
        /// Keep the contents of the file `path` as evidence under the name `name`.
        case collect(path: String, name: String)
        /// Passed when the text of the file `path` fulfils the condition. An empty path is the kernel log.
        case check(path: String, condition: Condition)
        /// Do the members at the same time.
        case together
        /// Do the members, one after the other, this many times.
        case repeating(count: UInt32)
        /// Do the members, one after the other, while the kernel fails on demand.
        case fault(Fault)
        /// Do the members, one after the other, while the agent does not read the record device, which it keeps open.
        case suspendRecords
    }

    /// How a step starts: what the run's seed has chosen.
    public struct Start: Sendable, Equatable {
        /// How long it is put off, nanoseconds of the guest's time.
        public var delay: UInt64 = 0
        /// The CPUs its program may run on, bit N for CPU N; 0 for all.
        public var cpus: UInt64 = 0
        /// Its program's nice value (setpriority(2)).
        public var nice: Int8 = 0

        /// At once, anywhere, like any other.
        public init() {}
    }

    /// An action with its name and its limit.
    public struct Step: Sendable, Equatable {
        /// What reports call it.
        public var name: String
        /// How long it may take in the guest, nanoseconds, each time that it is done.
        public var limit: UInt64
        /// Whether it is done even when an earlier step failed.
        public var always: Bool
        /// Whether it is ended, by SIGTERM, once the other members of its ``Action/together`` are over.
        public var background: Bool
        /// Error numbers with which a load, an unload or a write may fail and yet pass.
        public var allowed: [Int32]
        /// How many of the steps that follow are inside this one, members of members included. 0 for
        /// what is no group.
        public var members: Int
        /// What to do.
        public var action: Action
        /// How it starts.
        public var start = Start()

        /// A step.
        public init(
            name: String, limit: UInt64, always: Bool, background: Bool = false, allowed: [Int32] = [],
            members: Int = 0, action: Action
        ) {
            self.name = name
            self.limit = limit
            self.always = always
            self.background = background
            self.allowed = allowed
            self.members = members
            self.action = action
        }
    }

    /// Names the job; the agent repeats it in its hello. The same for the same scenario and seed, since everything in
    /// a job decides what its guest does.
    public var job: String
    /// The run's seed.
    public var seed: UInt64
    /// What the guest's clock is set to before the first step, seconds since 1970 (UTC).
    public var epoch: UInt64
    /// Whether the agent leaves the machine on after its last word: somebody wants to see its memory.
    public var staysUp: Bool
    /// Time between two heartbeats, nanoseconds of the guest's time.
    public var heartbeat: UInt64
    /// How much of one step's output is kept, bytes. What goes beyond is counted, not kept.
    public var outputLimit: UInt32
    /// The device that hands out energy records; read whenever it exists. Empty for none.
    public var recordDevice: String
    /// Whether the agent keeps the ledger of tasks. Not where instructions are counted: every fork and exit would
    /// cost the kernel a message, and wake the agent.
    public var keepsLedger: Bool
    /// The steps in their order.
    public var steps: [Step]
    /// What is watched besides.
    public var watch: WatchPlan
    /// The module that disturbs the guest at moments of the seed's, see kmod/perturb: its file in the guest, and its
    /// parameters. Loaded before all steps; an empty path for none.
    public var perturbation = Perturbation()

    /// A module to be loaded before all steps.
    public struct Perturbation: Sendable, Equatable {
        /// Its file in the guest.
        public var path: String
        /// Its parameters.
        public var parameters: String

        /// Makes one; by default none.
        public init(path: String = "", parameters: String = "") {
            self.path = path
            self.parameters = parameters
        }
    }

    /// A plan.
    public init(
        job: String, seed: UInt64, epoch: UInt64 = 0, staysUp: Bool = false, heartbeat: UInt64,
        outputLimit: UInt32, recordDevice: String, keepsLedger: Bool = true, steps: [Step],
        watch: WatchPlan = WatchPlan()
    ) {
        self.job = job
        self.seed = seed
        self.epoch = epoch
        self.staysUp = staysUp
        self.heartbeat = heartbeat
        self.outputLimit = outputLimit
        self.recordDevice = recordDevice
        self.keepsLedger = keepsLedger
        self.steps = steps
        self.watch = watch
    }
}
