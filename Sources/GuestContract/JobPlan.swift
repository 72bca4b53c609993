// SPDX-License-Identifier: Apache-2.0

/// What the agent does in the guest: steps, one after the other, each with a time limit.
///
/// A plan is handed over whole before the guest runs and is never changed afterwards.
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
    }

    /// An action with its name and its limit.
    public struct Step: Sendable, Equatable {
        /// What reports call it.
        public var name: String
        /// How long it may take in the guest, nanoseconds.
        public var limit: UInt64
        /// Whether it is done even when an earlier step failed.
        public var always: Bool
        /// What to do.
        public var action: Action

        /// A step.
        public init(name: String, limit: UInt64, always: Bool, action: Action) {
            self.name = name
            self.limit = limit
            self.always = always
            self.action = action
        }
    }

    /// The run this plan belongs to; the agent repeats it in its hello.
    public var run: String
    /// The run's seed.
    public var seed: UInt64
    /// Time between two heartbeats, nanoseconds of the guest's time.
    public var heartbeat: UInt64
    /// How much of one step's output is kept, bytes. What goes beyond is counted, not kept.
    public var outputLimit: UInt32
    /// The device that hands out energy records; read whenever it exists. Empty for none.
    public var recordDevice: String
    /// The steps in their order.
    public var steps: [Step]
    /// What is watched besides.
    public var watch: WatchPlan

    /// A plan.
    public init(
        run: String, seed: UInt64, heartbeat: UInt64, outputLimit: UInt32, recordDevice: String,
        steps: [Step],
        watch: WatchPlan = WatchPlan()
    ) {
        self.run = run
        self.seed = seed
        self.heartbeat = heartbeat
        self.outputLimit = outputLimit
        self.recordDevice = recordDevice
        self.steps = steps
        self.watch = watch
    }
}
