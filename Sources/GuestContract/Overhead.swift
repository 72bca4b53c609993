// SPDX-License-Identifier: Apache-2.0

/// What host and guest agree on about measuring: `workload overhead TASKS` prints lines of a name and numbers.
///
/// It is no load for scenarios. Times are nanoseconds of the guest's time.
public enum Overhead {
    /// The word behind ``Workload/program``.
    public static let name = "overhead"
    /// Most sleeping tasks.
    public static let maximumTasks = 100_000

    /// The lines, in the order they come.
    public enum Line: String, Sendable, CaseIterable {
        /// Sleeping tasks.
        case tasks
        /// Free memory before and after they were made, KiB.
        case freeKib = "free_kib"
        /// Memory of the slab allocators before and after, KiB.
        case slabKib = "slab_kib"
        /// 1 when memory use stood still before anything was measured.
        case settled
        /// Time of each round trip of two tasks.
        case switchNs = "switch_ns"
        /// Instructions of a task that only computes.
        case spinInstructions = "spin_instructions"
        /// Time they take, again and again.
        case spinNs = "spin_ns"
        /// Time of each fork, exit and wait.
        case forkNs = "fork_ns"
        /// Time of a loop of forks, and their number.
        case forkLoop = "fork_loop"
        /// 1: everything was measured.
        case end
    }
}
