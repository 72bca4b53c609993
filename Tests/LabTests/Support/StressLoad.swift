// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// How much of the stress is done, and on what: `ci/test` does a part that fits into minutes, `ci/test --all`
/// (`PACCTLAB_TEST_ALL=1`) all of it. The numbers are part of the test's name: nothing is less in silence.
struct StressLoad: Sendable, CustomTestStringConvertible {
    /// Whether everything is to be done.
    static let isFull = TestScope.isWhole

    let variant: String
    let cpus: Int
    /// Short-lived processes.
    let processes: Int
    /// Threads of one process, alive at once.
    let threads: Int
    /// Programs that one process executes one after the other.
    let programs: Int
    /// Processes while the lowest possible pid_max makes pids recycle.
    let recycled: Int
    /// Loads and unloads: in a fork storm, under failing allocations, during CPU hotplug, each.
    let cycles: Int

    /// What is to be done in this call of the tests.
    static let all: [StressLoad] =
        isFull
        ? ["release", "debug", "kcsan", "rt"].flatMap { [full($0, cpus: 2), full($0, cpus: 4)] }
        : [
            StressLoad(
                variant: "release", cpus: 4, processes: 3000, threads: 1000, programs: 200, recycled: 1000,
                cycles: 10),
            // Half a minute of it is the boot; a process costs a debug kernel what forty cost release.
            StressLoad(
                variant: "debug", cpus: 2, processes: 100, threads: 50, programs: 10, recycled: 0, cycles: 2),
        ]

    /// Everything.
    private static func full(_ variant: String, cpus: Int) -> StressLoad {
        StressLoad(
            variant: variant, cpus: cpus, processes: 100_000, threads: 1000, programs: 1000,
            recycled: 10_000, cycles: 500)
    }

    /// Whether allocations are made to fail, too: where the variant can, and only when everything is done. The
    /// kernel's alloc_workqueue() forgets a per-CPU pointer on its way back from some failures (6.18.5), which
    /// kmemleak reports as memory that the loading module allocated.
    var hasFaults: Bool { Self.isFull && variant != "release" }

    var testDescription: String {
        "\(variant), \(cpus) CPUs\(Self.isFull ? "" : ", reduced"): \(processes) processes, \(threads) threads,"
            + " \(programs) programs in a row, \(recycled) with recycled pids, \(cycles) cycles of each kind,"
            + " \(hasFaults ? "with" : "without") failing allocations"
    }

    /// Every process and every thread must have its record.
    var processScenario: String {
        var text = """
            name: stress-processes
            description: Processes and threads of all kinds come and go.
            steps:
              - load: module
                parameters: log_records=0
              - name: processes
                workload: fork-storm
                count: \(processes)
                tasks: 16
                life: 1ms
                share: true
                limit: \(limit)
              - name: copies of the memory
                workload: fork-storm
                count: \(max(10, processes / 100))
                limit: \(limit)
              - name: threads
                workload: threads
                count: \(threads)
                limit: \(limit)
              - name: programs in a row
                workload: exec-chain
                count: 2
                tasks: 2
                length: \(programs)
                limit: \(limit)
              - name: programs by a thread
                workload: thread-exec
                count: \(max(4, programs / 10))
                limit: \(limit)

            """
        if recycled > 0 {
            text += """
                  - name: one pid for all
                    workload: fork-storm
                    count: \(recycled)
                    tasks: 4
                    share: true
                    pid-max: 301
                    limit: \(limit)

                """
        }
        return text + """
              - wait: 200ms
              - unload: module
            expect:
              records: \(expectedRecords)
            """
    }

    /// Tasks that the workloads above make, themselves not counted. A process that executes by its fourth thread is
    /// five tasks.
    var expectedRecords: Int {
        processes + max(10, processes / 100) + threads + 2 + 5 * max(4, programs / 10) + recycled
    }

    /// The module comes and goes in the middle of everything.
    var cycleScenario: String {
        var text = """
            name: stress-cycles
            description: Load and unload the module over and over, whatever goes on beside it.
            steps:
              - name: in a fork storm
                together:
            \(storm(indent: 6))
            \(cycle(name: "cycles in a storm", indent: 6))
              - name: during hotplug
                together:
            \(storm(indent: 6))
                  - name: CPUs come and go
                    hotplug: 0
                    pause: 10ms
                    background: true
            \(cycle(name: "cycles during hotplug", indent: 6))

            """
        if hasFaults { text += faults }
        return text + """
              - name: once more, by itself
                load: module
                parameters: log_records=0
              - unload: module
            """
    }

    /// Five rates of failure share the cycles; and as many cycles again have one failure each, so that it is the
    /// module's own loading that fails, too, and not only the kernel's part of it before.
    private var faults: String {
        let steady = [1, 2, 3, 5, 10].map { percent in
            """
              - name: allocations fail at \(percent) %
                fault: failslab
                probability: \(percent)
                steps:
                  - name: cycles at \(percent) %
                    repeat: \(max(1, cycles / 5))
                    limit: \(limit)
                    steps:
                      - load: module
                        parameters: log_records=0
                        allow: [ENOMEM]
                      - unload: module

            """
        }
        return steady.joined() + """
              - name: one failure each
                repeat: \(cycles)
                limit: \(limit)
                steps:
                  - name: one allocation fails
                    fault: failslab
                    probability: 1
                    times: 1
                    steps:
                      - load: module
                        parameters: log_records=0
                        allow: [ENOMEM]
                  - unload: module

            """
    }

    /// By the guest's clock, before scaling: only there to end what hangs.
    private var limit: String { Self.isFull ? "6h" : "5m" }

    private func storm(indent: Int) -> String {
        """
        - workload: fork-storm
          count: 0
          tasks: 4
          life: 2ms
          share: true
          background: true
        """.indented(by: indent)
    }

    private func cycle(name: String, indent: Int) -> String {
        """
        - name: \(name)
          repeat: \(cycles)
          limit: \(limit)
          steps:
            - load: module
              parameters: log_records=0
            - wait: 5ms
            - unload: module
        """.indented(by: indent)
    }
}

extension String {
    /// Every line moved to the right.
    fileprivate func indented(by count: Int) -> String {
        split(separator: "\n").map { String(repeating: " ", count: count) + $0 }.joined(separator: "\n")
    }
}
