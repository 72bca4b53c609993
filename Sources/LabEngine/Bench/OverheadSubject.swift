// SPDX-License-Identifier: Apache-2.0

import GuestContract
import SystemPackage

/// What is measured: the kernel by itself, or with a module.
public struct OverheadSubject: Sendable, Equatable {
    /// The module's folder; nil for the kernel by itself.
    public let module: FilePath?
    /// What the module is loaded with.
    public let parameters: String

    /// The kernel by itself.
    public static let without = OverheadSubject(module: nil, parameters: "")

    /// A module with its parameters.
    public init(module: FilePath?, parameters: String) {
        self.module = module
        self.parameters = parameters
    }

    /// What reports call it.
    public var name: String {
        guard let module else { return "without" }
        let folder = module.lastComponent?.string ?? module.string
        return parameters.isEmpty ? folder : "\(folder) \(parameters)"
    }
}

extension OverheadSubject {
    private static let statistics = "/proc/pacct_energy/stats"

    /// Name of the file, as it is collected, with what was measured at a number of tasks.
    static func sampleFile(_ tasks: Int) -> String { "overhead-\(tasks).txt" }
    /// The same for the module's own statistics.
    static func statisticsFile(_ tasks: Int) -> String { "stats-\(tasks).txt" }

    /// The scenario that measures it: the module is loaded afresh for each number of tasks.
    func scenario(sizes: [Int]) -> Scenario {
        let name = module?.lastComponent?.string ?? "without"
        var steps = [
            // 10,000 tasks are more than the kernel allows a small guest.
            step("allow many tasks", .write(path: "/proc/sys/kernel/threads-max", text: "100000")),
            // A serial line is slow, and real machines do not print everything on one either.
            step("keep the console quiet", .write(path: "/proc/sys/kernel/printk", text: "1")),
        ]
        for size in sizes { steps += self.steps(size) }
        var scenario = Scenario(
            name: "overhead-\(name)", description: "Instructions of a context switch and of a fork.",
            tags: [],
            counters: .simulated, steps: steps, expectations: .init(), isWatched: false)
        // Its statistics are looked at where it has some.
        scenario.needs = []
        return scenario
    }

    private func steps(_ tasks: Int) -> [Scenario.Step] {
        let output = "/tmp/\(Self.sampleFile(tasks))"
        let measure = Scenario.Action.run(
            ["sh", "-c", "exec \(Workload.program) \(Overhead.name) \(tasks) > \(output)"], environment: [:])
        let collect = step(
            "collect \(Self.sampleFile(tasks))", .collect(path: output, name: Self.sampleFile(tasks)))
        guard module != nil else { return [step(Self.measuring(tasks), measure), collect] }
        let kept = "/tmp/\(Self.statisticsFile(tasks))"
        let keep = "if [ -e \(Self.statistics) ]; then cat \(Self.statistics); fi > \(kept)"
        return [
            step("load for \(tasks) tasks", .load(.underTest, parameters: parameters)),
            step(Self.measuring(tasks), measure), collect,
            step("statistics at \(tasks) tasks", .run(["sh", "-c", keep], environment: [:])),
            step(
                "collect \(Self.statisticsFile(tasks))",
                .collect(path: kept, name: Self.statisticsFile(tasks))),
            step("unload after \(tasks) tasks", .unload(.underTest)),
        ]
    }

    /// Name of the step that measures.
    static func measuring(_ tasks: Int) -> String { "measure with \(tasks) tasks" }

    private func step(_ name: String, _ action: Scenario.Action) -> Scenario.Step {
        Scenario.Step(name: name, limit: .seconds(300), always: false, action: action)
    }
}
