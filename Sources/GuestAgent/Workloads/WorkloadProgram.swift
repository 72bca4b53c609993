// SPDX-License-Identifier: Apache-2.0

import CGuest
import Glibc
import GuestContract

/// The agent's own file under the name `workload`: `workload fork-storm --count 1000 --tasks 8`.
///
/// Ends with 0 when everything that was started came to the end it should have; the line it prints
/// says how much that was.
enum WorkloadProgram {
    private static let bodies: [String: any (WorkloadBody & SendableMetatype).Type] = [
        "fork-storm": ForkStorm.self, "exec-chain": ExecChain.self, "threads": Threads.self,
        "vfork": VFork.self, "thread-exec": ThreadExec.self, "ping-pong": PingPong.self,
        "hotplug": Hotplug.self, "page-faults": PageFaults.self, "signals": Signals.self,
        "timers": Timers.self, "cgroup-moves": CgroupMoves.self, "reschedule": Reschedule.self,
    ]

    /// Does what the arguments say, and returns the exit status.
    static func run(_ arguments: [String]) -> Int32 {
        guard let first = arguments.first, first != "--help" else {
            print(help)
            return arguments.isEmpty ? 2 : 0
        }
        if first == Overhead.name { return OverheadProgram.run(Array(arguments.dropFirst())) }
        guard let workload = Workload.named(first), let body = bodies[first] else {
            return usage("there is no workload \"\(first)\"; `workload --help` lists them")
        }
        do {
            let settings = try WorkloadSettings(workload, arguments: arguments.dropFirst())
            guest_workload_start(getenv(Workload.faultVariable) == nil ? 0 : 1)
            return report(workload, try body.init(settings).run())
        } catch { return usage("\(error)") }
    }

    private static func report(_ workload: Workload, _ tally: guest_tally) -> Int32 {
        print(
            "\(workload.name): \(tally.started) started, \(tally.ended) ended, \(tally.wrong) wrong,"
                + " \(tally.refused) tried again" + (tally.pids > 0 ? ", \(tally.pids) different pids" : ""))
        if tally.error != 0 {
            complain("\(workload.name) gave up: \(errorText(tally.error))")
        } else if tally.started != tally.ended || tally.wrong > 0 {
            complain("\(workload.name): \(tally.ended) of \(tally.started) ended, \(tally.wrong) wrong")
        }
        return tally.error == 0 && tally.started == tally.ended && tally.wrong == 0 ? 0 : 1
    }

    private static func usage(_ message: String) -> Int32 {
        complain(message)
        return 2
    }

    private static func complain(_ message: String) {
        let line = "workload: \(message)\n"
        _ = write(STDERR_FILENO, line, line.utf8.count)
    }

    private static var help: String {
        var lines = ["usage: workload NAME [--PARAMETER VALUE]...", ""]
        for workload in Workload.all {
            lines.append("\(workload.name): \(workload.summary)")
            for parameter in workload.parameters {
                let standard = parameter.text(parameter.standard)
                lines.append("  --\(parameter.name) \(parameter.expectation) (default \(standard))")
                lines.append("      \(parameter.meaning)")
            }
        }
        return lines.joined(separator: "\n")
    }
}

/// A workload that can be done: made from its settings, run once.
protocol WorkloadBody {
    /// Takes what it needs of the settings.
    init(_ settings: WorkloadSettings)
    /// Does it.
    func run() throws -> guest_tally
}
