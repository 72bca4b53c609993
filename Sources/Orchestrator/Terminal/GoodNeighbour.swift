// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation

/// Keeps what a campaign takes of the host within bounds: by systemd where it runs, which has control groups, and by
/// priorities everywhere.
enum GoodNeighbour {
    /// As nice as can be while still getting somewhere: QEMU and compilers inherit it.
    static let niceness: Int32 = 15
    /// What systemd is told of a campaign's service or scope, see systemd.resource-control(5): a fifth of the usual share
    /// of processors and disks where others want them, and memory that is reclaimed before others suffer.
    static let limits = ["CPUWeight=20", "IOWeight=20", "MemoryHigh=75%"]

    private static let marker = "PACCTLAB_SCOPE"
    private static let patience = Duration.seconds(10)

    /// Moves this process into a scope of its own with ``limits``, where a user's systemd runs, by beginning anew in it;
    /// gives it a low priority in any case.
    ///
    /// - Parameter again: Arguments that go on where this process is.
    /// - Returns: What could not be had, for people.
    static func begin(again: [String]) async -> [String] {
        // On Linux a priority is a thread's, and whoever a thread starts has it (setpriority(2), "C library/kernel
        // differences"): libvirt and the runtime have threads of their own, each of which may start a QEMU.
        // Twice: one may have been started by another that had not had its turn.
        var threads: [id_t] = []
        for _ in 0..<2 {
            threads = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? [])
                .compactMap { id_t($0) }
            for thread in threads {
                _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), thread, niceness)
            }
        }
        var problems: [String] = []
        do {
            try await HostTool(
                action: "let others use the disk first", program: "ionice",
                arguments: ["--class", "idle", "--ignore", "--pid"] + threads.map { "\($0)" }, limit: patience
            ).run()
        } catch { problems.append("the disk is used as by anybody else: \(error)") }
        let environment = ProcessInfo.processInfo.environment
        // A service's limits are in its unit.
        guard environment[marker] == nil, environment["INVOCATION_ID"] == nil, await hasSystemd() else {
            return problems
        }
        setenv(marker, "1", 1)
        let command = ["systemd-run"] + scope(of: again)
        var arguments = command.map { strdup($0) } + [nil]
        execvp("systemd-run", &arguments)
        problems.append("it has no control group of its own: \(String(cString: strerror(errno)))")
        return problems
    }

    /// Arguments of systemd-run that run us with these arguments in a scope: in this terminal, with this environment.
    static func scope(of arguments: [String]) -> [String] {
        let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        return ["--user", "--scope", "--quiet", "--collect"] + limits.map { "--property=\($0)" }
            + ["--", executable ?? "pacctlab"] + arguments
    }

    /// Whether this user has a service manager that takes orders.
    static func hasSystemd() async -> Bool {
        guard HostProgram.find("systemd-run") != nil,
            FileManager.default.fileExists(atPath: "/run/systemd/system")
        else { return false }
        let ask = HostTool(
            action: "ask for the user's service manager", program: "systemctl",
            arguments: ["--user", "show", "--property=Version"], limit: patience)
        return (try? await ask.run()) != nil
    }
}
