// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import Foundation
import LabEngine
import Reports

/// `pacctlab pmu`: which events of the module's table count in a guest.
struct PmuCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pmu",
        abstract: "Say what each event of the module's table does in a guest, and where counts come from.",
        discussion: """
            Boots a guest, loads the module, keeps every CPU busy for a while, and asks /proc/pacct_energy/model. One \
            row for each event:

              counts       it has a counter all the time
              zero         it has a counter, and the counter stayed at zero
              refused      the PMU does not have it; with the error number
              multiplexed  there are fewer counters than events: it had one for that share of the time
              no PMU       there is nobody to ask

            Counts come from the host's PMU (passthrough), from the module sim_pmu (simulated) or from nowhere (none). \
            Where guests cannot have the host's PMU the reason is given: a hybrid CPU, enable_pmu=0, no KVM.

              pacctlab pmu
              pacctlab pmu --accel kvm --counters auto          the host's PMU, as a guest sees it
              pacctlab pmu --sim-parameters nr_counters=4       eight events on four counters
              pacctlab pmu --sim-parameters "refuse_errno=2 refuse=0x1d3"
              pacctlab pmu --sim-parameters ecores=1            a hybrid machine
              pacctlab pmu --parameters scope=task --json

            Exit status 0 when the module said what it counts, whatever that is; 1 when something was found wrong; \
            3 when there is no answer.
            """)

    @OptionGroup var options: MeasuringOptions
    @Option(help: "What runs the guest: auto takes KVM where it truly works.")
    var accel = RunRequest.AcceleratorChoice.auto
    @Option(help: "CPUs of the guest.") var cpus = 2
    @Option(
        help: "Where counters come from: auto (the host's PMU where a guest can have it), simulated, none.")
    var counters = Scenario.CounterSource.auto
    @Option(
        help: ArgumentHelp(
            "What to load the simulated PMU with, see kmod/simhw/sim_pmu; implies --counters simulated.",
            valueName: "text"))
    var simParameters = ""
    @Option(help: ArgumentHelp("What to load the module with.", valueName: "text")) var parameters = ""

    func validate() throws {
        guard (1...16).contains(cpus) else { throw ValidationError("--cpus takes 1 to 16.") }
        if !simParameters.isEmpty && counters == .none {
            throw ValidationError("--sim-parameters and --counters none exclude each other.")
        }
    }

    func run() async throws {
        let view = ProgressView()
        defer { view.finish() }
        var run = try options.request(home: try LabHome.find())
        run.accelerator = accel
        run.cpus = cpus
        let request = PmuProbe.Request(
            run: run, counters: counters, simulation: simParameters, parameters: parameters)
        let configuration = options.configuration(view)
        let emergency = Emergency()
        let report = try await Interruption.guarding(impatient: { emergency.killAll() }) {
            try await Lab.with(configuration) { lab in
                emergency.watch(lab)
                return try await PmuProbe(lab: lab).run(request)
            }
        }
        view.finish()
        let style = TerminalStyle(colour: Terminal.colour)
        if options.json {
            Terminal.print([try report.contractJSON()])
        } else {
            if !report.run.findings.isEmpty {
                Terminal.print(TerminalReport(style: style).lines(report.run, records: []) + [""])
            }
            Terminal.print(PmuTable(style: style).lines(report))
        }
        if report.verdict != .passed { throw ExitCode(report.verdict.exitStatus) }
    }
}

extension Scenario.CounterSource: ExpressibleByArgument {}
