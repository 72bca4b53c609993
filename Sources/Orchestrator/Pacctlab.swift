// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import LabEngine

/// The command `pacctlab`.
@main
struct Pacctlab: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pacctlab",
        abstract: "A crash-safe test lab for the kernel module pacct_energy.",
        discussion: """
            pacctlab builds a modified Linux 6.18 and a module, boots both in a QEMU guest, runs the module under \
            stress, and says what went wrong. A crash costs a second, and nothing on this machine is touched.

              pacctlab run                         load the module, stress it, unload it: a verdict
              pacctlab run --variant debug         the same with KASAN, lockdep and their friends watching
              pacctlab run --module ~/my_module    any other out-of-tree module
              pacctlab suite                       many scenarios on many kernels
              pacctlab soak start --for 8h         runs round the clock, with a statistic
              pacctlab serve                       campaigns in a browser, while they run
              pacctlab gate                        may this module go on the lab machine?
              pacctlab shell                       a shell in such a guest
              pacctlab explore smoke               the same scenario with many seeds: which bugs show how often
              pacctlab bisect --good v1 smoke      which commit broke it
              pacctlab report latest --open        a run as a page: findings, timeline, energy, log
              pacctlab debug latest                a debugger on the memory of the guest that crashed last
              pacctlab doctor                      what this machine can do, and how to get what it lacks

            Exit status: 0 passed, 1 failed, 2 wrong usage or input, 3 inconclusive (the lab could not answer).
            """,
        version: "0.1.0",
        subcommands: [
            RunCommand.self, SuiteCommand.self, SoakCommand.self, GateCommand.self, ServeCommand.self,
            WatchCommand.self,
            ExploreCommand.self, ReplayCommand.self,
            MinimizeCommand.self,
            CanariesCommand.self, ReportCommand.self, CompareCommand.self, BisectCommand.self,
            AbiCommand.self,
            ShellCommand.self,
            DebugCommand.self,
            BenchCommand.self,
            PmuCommand.self, BuildCommand.self, CacheCommand.self, DoctorCommand.self, ScenarioCommand.self,
            ClassifyCommand.self, GuardianCommand.self, SlurmTaskCommand.self,
        ])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            end(ExitStatus.passed.rawValue)
        } catch {
            end(status(reporting: error))
        }
    }

    private static func end(_ status: Int32) -> Never {
        guard Terminal.outputIsLost, status == ExitStatus.passed.rawValue else { Foundation.exit(status) }
        Terminal.printError("pacctlab: standard output cannot be written (is the disk full?)\n")
        Foundation.exit(ExitStatus.inconclusive.rawValue)
    }

    /// Prints what has to be said about an error, and finds the exit status for it.
    private static func status(reporting error: any Error) -> Int32 {
        if let code = error as? ExitCode { return code.rawValue }
        let parserStatus = exitCode(for: error)
        if parserStatus == .success {
            Terminal.print([fullMessage(for: error)])
            return ExitStatus.passed.rawValue
        }
        if parserStatus == .validationFailure {
            Terminal.printError(fullMessage(for: error) + "\n")
            return ExitStatus.wrongUsage.rawValue
        }
        Terminal.printError("pacctlab: \(error)\n")
        return ExitStatus(error).rawValue
    }
}
