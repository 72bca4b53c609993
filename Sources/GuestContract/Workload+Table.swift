// SPDX-License-Identifier: Apache-2.0

extension Workload {
    /// Every workload. To add one: an entry here, and its file in `Sources/GuestAgent/Workloads`.
    public static let all: [Workload] = [
        Workload(
            name: "fork-storm", summary: "short-lived processes, some of them alive at once",
            parameters: [
                count("processes in all; 0: until told to stop", standard: 1000), tasks(standard: 8),
                Parameter(
                    name: "life", kind: .time, standard: 0,
                    meaning: "each sleeps for a time from 0 to this, drawn from the seed"),
                burn,
                Parameter(
                    name: "share", kind: .flag, standard: 0,
                    meaning: "processes share the memory of the one that makes them, which is cheaper"),
                Parameter(
                    name: "pid-max", kind: .number(0...4_194_304), standard: 0,
                    meaning: "lower kernel.pid_max to this meanwhile, so that pids recycle; 0: leave it"),
            ]),
        Workload(
            name: "exec-chain", summary: "processes that execute one program after the other",
            parameters: [
                count("chains in all; 0: until told to stop", standard: 10), tasks(standard: 4),
                Parameter(
                    name: "length", kind: .number(1...1_000_000), standard: 100,
                    meaning: "programs that each chain executes"),
            ]),
        Workload(
            name: "threads", summary: "threads of one process, all alive at once",
            parameters: [
                count("threads alive at once", standard: 100, from: 1, to: 100_000),
                Parameter(
                    name: "rounds", kind: .number(1...1_000_000), standard: 1,
                    meaning: "how often they are all made anew"),
                burn,
            ]),
        Workload(
            name: "vfork", summary: "processes whose parent waits until they execute a program",
            parameters: [
                count("processes in all; 0: until told to stop", standard: 1000),
                Parameter(
                    name: "exec", kind: .flag, standard: 1,
                    meaning: "whether they execute a program, or exit at once"),
            ]),
        Workload(
            name: "thread-exec",
            summary: "programs executed by a thread that is not the first of its process",
            parameters: [
                count("processes in all; 0: until told to stop", standard: 100), tasks(standard: 4),
                Parameter(
                    name: "threads", kind: .number(1...1000), standard: 4,
                    meaning: "threads of each process besides the first; the last one executes"),
            ]),
        Workload(
            name: "ping-pong", summary: "pairs of processes that hand a byte to and fro: context switches",
            parameters: [
                count("round trips of each pair; 0: until told to stop", standard: 10_000),
                Parameter(
                    name: "pairs", kind: .number(1...10_000), standard: 1, meaning: "pairs at the same time"),
                Parameter(
                    name: "pin", kind: .flag, standard: 1,
                    meaning: "both of a pair stay on one CPU, so that every hand-over is a switch"),
            ]),
        Workload(
            name: "page-faults",
            summary: "first touches of pages, and copies on write; every page is looked at",
            parameters: [
                count("rounds of each process; 0: until told to stop", standard: 10), tasks(standard: 4),
                Parameter(
                    name: "pages", kind: .number(1...1_000_000), standard: 64,
                    meaning: "pages that each round touches, three times each"),
            ]),
        Workload(
            name: "signals", summary: "numbered signals to several processes; none is lost or overtaken",
            parameters: [
                count("signals in all; 0: until told to stop", standard: 2000), tasks(standard: 4),
            ]),
        Workload(
            name: "timers", summary: "timers of file descriptors, signals and sleeps; none is early",
            parameters: [
                count("expirations in each process; 0: until told to stop", standard: 200),
                tasks(standard: 4),
                Parameter(
                    name: "interval", kind: .time, standard: 1_000_000,
                    meaning: "each timer's interval is drawn from 1us to 1us more than this"),
            ]),
        Workload(
            name: "cgroup-moves", summary: "busy processes that are moved between cgroups",
            parameters: [
                count("moves in all; 0: until told to stop", standard: 500), tasks(standard: 4),
                Parameter(
                    name: "groups", kind: .number(1...1000), standard: 4, meaning: "cgroups to move between"),
            ]),
        Workload(
            name: "reschedule",
            summary: "busy processes whose nice value, CPUs or policy change; each change is read back",
            parameters: [
                count("changes in all; 0: until told to stop", standard: 500), tasks(standard: 4),
            ]),
        Workload(
            name: "hotplug", summary: "CPUs going offline and online; all are online at the end",
            parameters: [
                count("changes in all; 0: until told to stop", standard: 100),
                Parameter(
                    name: "pause", kind: .time, standard: 20_000_000, meaning: "between two changes"),
            ]),
    ]

    private static func count(
        _ meaning: String, standard: UInt64, from: UInt64 = 0, to: UInt64 = 1_000_000_000
    ) -> Parameter {
        Parameter(name: "count", kind: .number(from...to), standard: standard, meaning: meaning)
    }

    private static func tasks(standard: UInt64) -> Parameter {
        Parameter(name: "tasks", kind: .number(1...10_000), standard: standard, meaning: "alive at once")
    }

    private static let burn = Parameter(
        name: "burn", kind: .time, standard: 0, meaning: "each computes for this much CPU time")
}
