// SPDX-License-Identifier: Apache-2.0

/// A moment at which the agent takes down what the whole system looks like.
///
/// The life of the module under test is what they are counted from: of several lives in one plan, the first
/// load and the last unload.
public enum SnapshotMoment: UInt8, Sendable, CaseIterable, Codable {
    /// Right before the module is loaded for the first time.
    case beforeLoad = 1
    /// Right after it was loaded for the last time.
    case loaded = 2
    /// Right before it is unloaded for the last time.
    case beforeUnload = 3
    /// Right after that.
    case unloaded = 4
    /// Once all steps are done.
    case end = 5
}

/// The order to take a snapshot before or after a step.
public struct SnapshotOrder: Sendable, Equatable {
    /// What the moment is called.
    public var moment: SnapshotMoment
    /// The step's place in the plan; the number of steps for what comes after the last one.
    public var step: Int
    /// Whether it is taken before the step or, if the step passed, after it.
    public var isBefore: Bool

    /// An order.
    public init(moment: SnapshotMoment, step: Int, isBefore: Bool) {
        self.moment = moment
        self.step = step
        self.isBefore = isBefore
    }
}

/// What the agent watches besides its steps.
public struct WatchPlan: Sendable, Equatable {
    /// An event that the agent counts on every CPU, independently of the module: `perf_event_attr.type` and
    /// `.config`.
    public struct Counter: Sendable, Equatable {
        /// `perf_event_attr.type`.
        public var type: UInt32
        /// `perf_event_attr.config`.
        public var config: UInt64

        /// A counter.
        public init(type: UInt32, config: UInt64) {
            self.type = type
            self.config = config
        }
    }

    /// Most counters of one CPU.
    public static let maxCounters = 16

    /// The snapshots to take.
    public var snapshots: [SnapshotOrder] = []
    /// How long one may take in the guest, nanoseconds.
    public var limit: UInt64 = 0
    /// The module that is watched, as it is unloaded; empty for none.
    public var module = ""
    /// The module that shows who is attached to the kernel's tracepoints: its file in the guest; empty for none.
    /// It is loaded before the first snapshot and unloaded after the last.
    public var witness = ""
    /// Events to count on every CPU, from the first snapshot to the one after the unload.
    public var counters: [Counter] = []
    /// Time between two samples of the system's numbers, nanoseconds of the guest's time; 0 for none.
    public var sampling: UInt64 = 0

    /// Nothing to watch.
    public init() {}
}
