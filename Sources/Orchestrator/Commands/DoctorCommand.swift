// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import LabEngine
import Reports

/// `pacctlab doctor`: what this host can do.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say what this host can do, and how to get what it lacks.",
        discussion: """
            Whether KVM works is found out by running a few instructions in a throw-away guest; the answer is kept until \
            the host boots again (--fresh asks anew). Exit status 0 when guests can run here, 3 otherwise.
            """)
    @Flag(help: "Print JSON.") var json = false
    @Flag(help: "Probe KVM again, whatever an earlier probe has found.") var fresh = false

    func run() async throws {
        let fresh = fresh
        let report = try await Interruption.guarding {
            try await Lab.with(Lab.Configuration()) { lab in await lab.examine(fresh: fresh) }
        }
        if json {
            Terminal.print([try report.contractJSON()])
        } else {
            Terminal.print(DoctorText(style: TerminalStyle(colour: Terminal.colour)).lines(report))
        }
        if !report.isUsable { throw ExitStatus.inconclusive.code }
    }
}
