// SPDX-License-Identifier: Apache-2.0

import CGuest
import Glibc
import GuestContract

/// Counters of every CPU, which the agent has for itself: what a module says it counted is compared with them.
///
/// PID 1 opens and closes them and never reads them: a reading asks the CPU concerned, and waits for it. That is
/// left to the children that take snapshots.
struct CPUCounters {
    private var descriptors: [Int32] = []
    private var cpus = 0
    private var events = 0

    /// Opens a counter for each of these events on each CPU. What is refused, a snapshot says.
    mutating func open(_ wanted: [WatchPlan.Counter]) {
        guard descriptors.isEmpty, !wanted.isEmpty else { return }
        cpus = max(0, sysconf(Int32(_SC_NPROCESSORS_CONF)))
        events = wanted.count
        for cpu in 0..<cpus {
            for event in wanted {
                descriptors.append(guest_open_counter(event.type, event.config, Int32(cpu)))
            }
        }
    }

    /// Gives them back: as long as they are open, the module of their PMU cannot be unloaded.
    mutating func close() {
        for descriptor in descriptors where descriptor >= 0 { Glibc.close(descriptor) }
        descriptors = []
        cpus = 0
        events = 0
    }

    /// Starts the child that takes a snapshot. Memory is looked through for leaks once, at the end.
    func forkSnapshot(_ moment: SnapshotMoment, output: Int32, error: Int32) -> pid_t {
        descriptors.withUnsafeBufferPointer { buffer in
            var counters = guest_counters(
                fds: buffer.baseAddress, cpus: Int32(cpus), events: Int32(events))
            return guest_fork_snapshot(&counters, moment == .end ? 1 : 0, output, error)
        }
    }
}
