// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import Foundation
import LabEngine
import Reports
import SystemPackage

/// `pacctlab run`: scenarios to verdicts.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run scenarios in a guest and say what went wrong.",
        discussion: """
            A scenario is a shipped one by its name (pacctlab scenario list), or a YAML file of yours. Everything that \
            is needed is built first, once. Each run leaves a folder below --results with all its evidence.

              pacctlab run                                  the scenario smoke
              pacctlab run smoke --variant debug --cpus 4
              pacctlab run my.yaml --module ~/my_module --kernel-tree /data/linux
              pacctlab run --json > report.json             progress goes to standard error
            """)

    @Argument(help: "Scenarios: names or YAML files.") var scenarios = ["smoke"]
    @Option(help: "The kernel's variant: \(KernelOptions.variantHelp).") var variant = "release"
    @Option(help: "What runs the guest: auto takes KVM where it truly works.")
    var accel = RunRequest.AcceleratorChoice.auto
    @Option(help: "CPUs of the guest.") var cpus = 2
    @Option(
        help: ArgumentHelp("Memory of the guest in MiB (default: what the variant needs).", valueName: "mib"))
    var memory: Int?
    @Option(help: "Seed of the run: under TCG the same seed is the same run.") var seed: UInt64 = 1
    @Flag(help: "Boot the guest for each run, instead of restoring it from a snapshot.") var cold = false
    @Option(
        help: ArgumentHelp("Folder of the module under test (default: kmod/pacct_energy).", valueName: "dir"))
    var module: String?
    @OptionGroup var kernel: KernelOptions
    @Option(help: ArgumentHelp("Limit for each run, as in 90s or 10m.", valueName: "time")) var timeout:
        String?
    @Option(help: "Which runs keep the guest's memory: always, crash, never.") var dump = DumpPolicy.crash
    @Flag(help: "Print one JSON document on standard output, and nothing else.") var json = false
    @Option(help: ArgumentHelp("Where run folders go.", valueName: "dir")) var results = "results"
    @OptionGroup(title: "Reports") var reports: ReportOptions
    @Flag(help: "Go on with the next scenario after one that did not pass.") var keepGoing = false
    @Option(help: ArgumentHelp("libvirt connection (default: the driver inside pacctlab).", valueName: "uri"))
    var connect: String?
    @Flag(help: "Log what libvirt and QEMU are told.") var verbose = false

    func validate() throws {
        guard (1...16).contains(cpus) else { throw ValidationError("--cpus takes 1 to 16.") }
        if let memory, !(128...65536).contains(memory) {
            throw ValidationError("--memory takes 128 to 65536 MiB.")
        }
        if let timeout, Duration(text: timeout) == nil {
            throw ValidationError("--timeout takes a number with a unit, as in 90s or 10m.")
        }
    }

    func run() async throws {
        let view = ProgressView()
        defer { view.finish() }
        let home = try LabHome.find()
        // All files are read before anything is built: a mistake in the last one is known at once.
        let library = ScenarioLibrary(home: home)
        let chosen = try scenarios.map { try library.scenario($0) }
        let request = try request(home: home)
        let configuration = configuration(view)
        let emergency = Emergency()
        let style = TerminalStyle(colour: Terminal.colour)
        let report = try await Interruption.guarding(impatient: { emergency.killAll() }) {
            try await Lab.with(configuration) { lab in
                emergency.watch(lab)
                var runs: [RunReport] = []
                for scenario in chosen {
                    let completed = try await lab.run(scenario, request)
                    view.finish()
                    runs.append(completed.report)
                    if !json {
                        Terminal.print(
                            TerminalReport(style: style).lines(completed.report, records: completed.records))
                    }
                    if Task.isCancelled || (completed.report.verdict != .passed && !keepGoing) { break }
                }
                return RunsReport(runs: runs)
            }
        }
        try publish(report, left: chosen.count - report.runs.count)
    }

    private func publish(_ report: RunsReport, left: Int) throws {
        if left > 0 {
            Terminal.printError("\(left) more scenarios were not run (--keep-going runs them in any case)\n")
        }
        let report = report.with(problems: reports.write(report))
        if json { Terminal.print([try report.contractJSON()]) }
        if report.verdict != .passed { throw ExitCode(report.verdict.exitStatus) }
    }

    private func request(home: LabHome) throws -> RunRequest {
        var request = RunRequest(
            module: absolute(module) ?? home.root.appending("kmod/pacct_energy"),
            results: absolute(results) ?? "results")
        request.kernel = try kernel.spec(variant: variant)
        request.accelerator = accel
        request.cpus = cpus
        request.boot = cold ? .cold : .restored
        request.memoryMiB = memory
        request.seed = seed
        request.dump = dump
        request.timeout = timeout.flatMap { Duration(text: $0) }
        return request
    }

    private func configuration(_ view: ProgressView) -> Lab.Configuration {
        var configuration = Lab.Configuration()
        configuration.connection = connect
        configuration.onCompleted = RunPages.writer
        configuration.progress = view.progress
        configuration.logger.logLevel = verbose ? .debug : .warning
        return configuration
    }

    private func absolute(_ path: String?) -> FilePath? {
        path.map { FilePath(FileManager.default.currentDirectoryPath).pushing(FilePath($0)) }
    }
}

extension RunRequest.AcceleratorChoice: ExpressibleByArgument {}
extension DumpPolicy: ExpressibleByArgument {}
