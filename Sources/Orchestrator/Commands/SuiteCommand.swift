// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import Foundation
import LabEngine
import Reports
import SystemPackage

/// `pacctlab suite`: many scenarios on many kernels.
struct SuiteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suite",
        abstract: "Run a matrix of scenarios, variants, CPUs, kernels and seeds.",
        discussion: """
            A suite is a shipped one by its name (quick, module: what a change to the module is checked with, nightly), \
            or a YAML file of yours:

              name: mine
              description: What I check before I push.
              matrix:
                - tags: [quick]                # shipped scenarios with the tag
                  variants: [release, debug]
                - scenarios: [fork-storm, ./my-scenario.yaml]
                  variants: [debug]
                  cpus: [1, 4]
                  kernels: [default, 6.18.15, /data/linux]
                  seeds: 1..3

              pacctlab suite                              the suite quick
              pacctlab suite nightly --shard 2/5          the second of five machines
              pacctlab suite module --since origin/main   only what a change can affect
              pacctlab suite nightly --tag faults --variant debug --list

            As many guests run at once as cores and memory carry. A run without an answer is done once more. A failure is \
            done once more, too, with the same seed: when it passes then, it is reported as flaky, and stays a failure.

            Exit status 0 when every run passed and there was at least one, 1 when there are findings, 3 when runs had no \
            answer, were left out, or when there was nothing to run.
            """)

    @Argument(help: "The suite: a name (see --help) or a YAML file.") var suite = SuiteLibrary.standard
    @Option(help: "Only scenarios with this tag. May be given several times.") var tag: [String] = []
    @Option(help: "No scenarios with this tag. May be given several times.") var without: [String] = []
    @Option(help: "Only this scenario. May be given several times.") var scenario: [String] = []
    @Option(help: "Only this variant. May be given several times.") var variant: [String] = []
    @Option(help: "Only guests with so many CPUs. May be given several times.") var cpus: [Int] = []
    @Option(help: ArgumentHelp("One of several equal parts, as in 2/5.", valueName: "part")) var shard:
        String?
    @Option(
        help: ArgumentHelp(
            "Only what a change since that revision of this checkout can affect, committed or not.",
            valueName: "revision"))
    var since: String?
    @Option(help: "What runs the guests: auto takes KVM where it truly works.")
    var accel = RunRequest.AcceleratorChoice.auto
    @Option(help: ArgumentHelp("Guests at once: a number, or auto.", valueName: "count")) var jobs = "auto"
    @Flag(help: "End with the first failure (default: go on).") var failFast = false
    @Flag(help: "Boot the guest for each run, instead of restoring it from a snapshot.") var cold = false
    @Option(
        help: ArgumentHelp("Folder of the module under test (default: kmod/pacct_energy).", valueName: "dir"))
    var module: String?
    @Option(help: ArgumentHelp("Limit for each run, as in 90s or 10m.", valueName: "time")) var timeout:
        String?
    @Option(help: ArgumentHelp("Where the suite's folder goes.", valueName: "dir")) var results = "results"
    @OptionGroup(title: "Reports") var reports: ReportOptions
    @Flag(help: "Print one JSON document on standard output, and nothing else.") var json = false
    @Flag(help: "List the runs, and do none.") var list = false

    func validate() throws {
        if let shard, Shard(text: shard) == nil {
            throw ValidationError("--shard takes a part and how many there are, as in 2/5.")
        }
        guard jobs == "auto" || Int(jobs).map({ (1...256).contains($0) }) == true else {
            throw ValidationError("--jobs takes 1 to 256, or auto.")
        }
        if let timeout, Duration(text: timeout) == nil {
            throw ValidationError("--timeout takes a number with a unit, as in 90s or 10m.")
        }
    }

    func run() async throws {
        let home = try LabHome.find()
        let (name, plan) = try await plan(home)
        let text = SuiteText(style: TerminalStyle(colour: Terminal.colour))
        if list { return Terminal.print(text.list(plan)) }
        var report = try await report(name, plan, home)
        report.add(problems: reports.write(report.asRuns))
        Terminal.print(json ? [try report.contractJSON()] : text.lines(report))
        if report.verdict != .passed { throw ExitCode(report.verdict.exitStatus) }
    }

    private func plan(_ home: LabHome) async throws -> (name: String, SuitePlan) {
        let library = SuiteLibrary(home: home)
        let suite = try library.suite(suite)
        var plan = try library.plan(suite)
        let scenarios = plan.scenarios
        plan.keep { cell in
            let tags = Set(scenarios[cell.scenario]?.tags ?? [])
            return (tag.isEmpty || !tags.isDisjoint(with: tag)) && tags.isDisjoint(with: without)
                && (scenario.isEmpty || scenario.contains(cell.scenario))
                && (variant.isEmpty || variant.contains(cell.variant))
                && (cpus.isEmpty || cpus.contains(cell.cpus))
        }
        let folder = moduleFolder(home)
        if !ModuleFit.mayKeepRecords(sources: folder) {
            plan.exclude { cell in
                let needs = scenarios[cell.scenario]?.allNeeds ?? []
                return needs.contains(.records)
                    ? "it needs energy records, which \(folder.lastComponent?.string ?? "the module") does not keep"
                    : nil
            }
        }
        if let since {
            let scope = try await ChangeScope.since(since, in: home, module: folder)
            plan.exclude { scope.affects($0) ? nil : "nothing that changed since \(since) can affect it" }
        }
        if let shard = shard.flatMap(Shard.init(text:)) { plan.take(shard) }
        return (suite.name, plan)
    }

    private func report(_ name: String, _ plan: SuitePlan, _ home: LabHome) async throws -> SuiteReport {
        var configuration = Lab.Configuration()
        configuration.onCompleted = RunPages.writer
        configuration.logger.logLevel = .warning
        let builds = ProgressView()
        configuration.progress = Terminal.progressIsVisible ? .silent : builds.progress
        var request = RunRequest(
            module: moduleFolder(home),
            results: try NewFolder.make(in: absolute(results), "suite-\(NewFolder.plain(name))"))
        request.accelerator = accel
        request.boot = cold ? .cold : .restored
        request.timeout = timeout.flatMap { Duration(text: $0) }
        var options = SuiteRunner.Options()
        options.jobs = Int(jobs)
        options.failsFast = failFast
        let emergency = Emergency()
        let screen = SuiteScreen(name: name, cells: plan.cells.count)
        var report = try await Interruption.guarding(impatient: { emergency.killAll() }) {
            [configuration, request, options] in
            try await Lab.with(configuration) { lab in
                emergency.watch(lab)
                async let _: Void = screen.tick()
                defer { screen.finish() }
                return try await SuiteRunner(lab: lab, plan: plan, request: request, options: options)
                    .run(name: name) { screen.show($0) }
            }
        }
        report.shard = shard
        report.since = since
        return report
    }

    private func moduleFolder(_ home: LabHome) -> FilePath {
        module.map(absolute) ?? home.root.appending("kmod/pacct_energy")
    }

    private func absolute(_ path: String) -> FilePath {
        FilePath(FileManager.default.currentDirectoryPath).pushing(FilePath(path)).lexicallyNormalized()
    }
}
