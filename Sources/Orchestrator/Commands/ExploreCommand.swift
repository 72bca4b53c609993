// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import Foundation
import LabEngine
import Reports
import SystemPackage

/// `pacctlab explore`: one scenario, many seeds.
struct ExploreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explore",
        abstract: "Run a scenario with many seeds, and say which bugs show how often.",
        discussion: """
            Under TCG a run is a function of its seed, and another seed is another order of events. Guests are restored \
            from one snapshot, several at once. Findings are grouped by their signature; each group has the seeds that \
            show it, and the rate with its 95 % confidence interval (Wilson's).

              pacctlab explore fork-storm --seeds 1..500
              pacctlab explore my.yaml --seeds 1..50,1000 --variant debug --jobs 2
              pacctlab explore my.yaml --stop-at-first        until something is found
              pacctlab explore --resume results/...-explore-my-release          go on after Ctrl-C
              pacctlab explore --resume results/...-explore-my-release --seeds 1..2000   go further

            The campaign's folder has campaign.jsonl, one line for each seed, and below runs/ the folder of the first run \
            that showed each bug: pacctlab replay takes it. --resume runs what has no answer yet, and refuses when the \
            scenario, the module, the kernel or the machine is not what it was.

            Exit status 0 when every seed passed, 1 when there are findings, 2 for wrong usage, 3 when nothing was found \
            and not every seed has an answer.
            """)

    /// In a new campaign each has a default; one that goes on has its own, and takes none of these.
    struct Settings: ParsableArguments {
        @Option(help: "The kernel's variant: \(KernelOptions.variantHelp) (default: release).")
        var variant: String?
        @Option(help: "What runs the guests: auto, kvm, tcg (default: auto).")
        var accel: RunRequest.AcceleratorChoice?
        @Option(help: "CPUs of each guest (default: 2).") var cpus: Int?
        @Option(
            help: ArgumentHelp(
                "Memory of each guest in MiB (default: what the variant needs).", valueName: "mib"))
        var memory: Int?
        @Flag(help: "Boot each guest, instead of restoring it from a snapshot.") var cold = false
        @Option(
            help: ArgumentHelp(
                "Folder of the module under test (default: kmod/pacct_energy).", valueName: "dir"))
        var module: String?
        @OptionGroup var kernel: KernelOptions
        @Option(help: ArgumentHelp("Limit for each run, as in 90s or 10m.", valueName: "time"))
        var timeout: String?
        @Option(help: "Which runs keep the guest's memory: always, crash, never (default: never).")
        var dump: DumpPolicy?
        @Option(help: ArgumentHelp("Where the campaign's folder goes (default: results).", valueName: "dir"))
        var results: String?

        var areGiven: Bool {
            cold || accel != nil || cpus != nil || memory != nil || dump != nil
                || [
                    variant, module, timeout, results, kernel.kernelTree, kernel.kernelTarball,
                    kernel.kernelVersion,
                ].contains { $0 != nil }
        }
    }

    @Argument(help: "The scenario: a name or a YAML file.") var scenario: String?
    @Option(help: ArgumentHelp("Seeds, as in 1..500 or 1..10,77 (default: 1..100).", valueName: "seeds"))
    var seeds: String?
    @Option(help: ArgumentHelp("Guests at once: a number, or auto.", valueName: "count")) var jobs = "auto"
    @OptionGroup var settings: Settings
    @Option(help: ArgumentHelp("Go on with the campaign of this folder.", valueName: "folder"))
    var resume: String?
    @Flag(help: "Stop at the first seed that has a finding.") var stopAtFirst = false
    @Flag(help: "Keep the folder of every run.") var keepAll = false
    @Flag(help: "Print one JSON document on standard output, and nothing else.") var json = false

    func validate() throws {
        guard (scenario == nil) != (resume == nil) else {
            throw ValidationError("Name a scenario, or a campaign to go on with by --resume.")
        }
        if resume != nil, settings.areGiven {
            throw ValidationError(
                "--resume goes on as the campaign began: of the options only --seeds, --jobs, --stop-at-first, "
                    + "--keep-all and --json go with it.")
        }
        if let seeds, SeedSet(text: seeds) == nil {
            throw ValidationError(
                "--seeds takes seeds and ranges with commas between them, as in 1..500 or 1..10,77; at most "
                    + "\(SeedSet.limit) in all.")
        }
        guard jobs == "auto" || Int(jobs).map({ (1...256).contains($0) }) == true else {
            throw ValidationError("--jobs takes 1 to 256, or auto.")
        }
        if let cpus = settings.cpus, !(1...16).contains(cpus) {
            throw ValidationError("--cpus takes 1 to 16.")
        }
        if let memory = settings.memory, !(128...65536).contains(memory) {
            throw ValidationError("--memory takes 128 to 65536 MiB.")
        }
        if let timeout = settings.timeout, Duration(text: timeout) == nil {
            throw ValidationError("--timeout takes a number with a unit, as in 90s or 10m.")
        }
    }

    func run() async throws {
        let view = ProgressView()
        defer { view.finish() }
        let home = try LabHome.find()
        let plan = try plan(home)
        var configuration = Lab.Configuration()
        configuration.onCompleted = RunPages.writerOfFailures
        configuration.progress = view.progress
        configuration.logger.logLevel = .warning
        let emergency = Emergency()
        let report = try await Interruption.guarding(impatient: { emergency.killAll() }) { [configuration] in
            try await Lab.with(configuration) { lab in
                emergency.watch(lab)
                return try await explore(plan, lab, view)
            }
        }
        view.finish()
        let text = ExploreText(style: TerminalStyle(colour: Terminal.colour))
        Terminal.print(json ? [try report.contractJSON()] : text.lines(report))
        if report.verdict != .passed { throw ExitCode(report.verdict.exitStatus) }
    }

    // MARK: - the campaign

    /// What is to be done: read before anything is built.
    private struct Plan: Sendable {
        let campaign: Campaign
        let scenario: Scenario
        let seeds: SeedSet
        let folder: FilePath
        let isNew: Bool
    }

    private func plan(_ home: LabHome) throws -> Plan {
        let library = ScenarioLibrary(home: home)
        if let resume {
            let folder = Self.absolute(resume)
            let campaign = try CampaignFile.resume(in: folder).campaign
            guard try library.text(of: campaign.scenario) == campaign.scenarioText else {
                throw LabError(
                    .badInput,
                    "The scenario \(campaign.scenario) is not what it was when the campaign \(folder) began.",
                    remedy: "Begin a new campaign, or change it back.")
            }
            guard let seeds = SeedSet(text: seeds ?? campaign.seeds) else {
                throw LabError(.badInput, "The campaign \(folder) has no seeds.")
            }
            return Plan(
                campaign: campaign, scenario: try library.scenario(campaign.scenario), seeds: seeds,
                folder: folder, isNew: false)
        }
        var name = scenario ?? ""
        if ScenarioLibrary.isPath(name) { name = Self.absolute(name).string }
        guard let seeds = SeedSet(text: seeds ?? "1..100") else { throw ValidationError("--seeds is wrong.") }
        let scenario = try library.scenario(name)
        let campaign = Campaign(
            scenario: name, text: try library.text(of: name), seeds: seeds, request: try request(home))
        let folder = try NewFolder.make(
            in: Self.absolute(settings.results ?? "results"),
            "explore-\(NewFolder.plain(scenario.name))-\(campaign.variant)")
        return Plan(campaign: campaign, scenario: scenario, seeds: seeds, folder: folder, isNew: true)
    }

    private func explore(_ plan: Plan, _ lab: Lab, _ view: ProgressView) async throws -> ExploreReport {
        var options = Explorer.Options()
        options.jobs = Int(jobs)
        options.stopsAtFirst = stopAtFirst
        options.keepsAll = keepAll
        let file: CampaignFile
        let prepared: PreparedRuns
        if plan.isNew {
            (file, prepared) = try await Explorer.begin(
                plan.campaign, scenario: plan.scenario, lab: lab, folder: plan.folder)
        } else {
            file = try CampaignFile.resume(in: plan.folder)
            prepared = try await Explorer.resume(file, scenario: plan.scenario, lab: lab, folder: plan.folder)
        }
        let text = ExploreText(style: TerminalStyle(colour: Terminal.errorColour))
        let progress = view.progress
        progress.report(.phase("explore \(plan.scenario.name)"))
        return try await Explorer(lab: lab, folder: plan.folder, options: options).run(
            plan.scenario, prepared, seeds: plan.seeds, file: file
        ) { event in
            switch event {
            case .progress(let done, let all): progress.report(.step(done: done, total: all))
            case .found(let finding, let seed):
                progress.report(.line(text.found(finding, seed: seed)))
            case .unanswered(let reason, let seed):
                progress.report(.line(text.unanswered(reason, seed: seed)))
            }
        }
    }

    private func request(_ home: LabHome) throws -> RunRequest {
        let working = FilePath(FileManager.default.currentDirectoryPath)
        var request = RunRequest(
            module: settings.module.map(Self.absolute) ?? home.root.appending("kmod/pacct_energy"),
            results: working)
        request.kernel = try settings.kernel.spec(variant: settings.variant ?? "release")
        request.accelerator = settings.accel ?? .auto
        request.cpus = settings.cpus ?? 2
        request.memoryMiB = settings.memory
        request.boot = settings.cold ? .cold : .restored
        request.timeout = settings.timeout.flatMap { Duration(text: $0) }
        // Many runs of one bug: what a dump has to say, a replay says as well.
        request.dump = settings.dump ?? .never
        return request
    }

    private static func absolute(_ path: String) -> FilePath {
        FilePath(FileManager.default.currentDirectoryPath).pushing(FilePath(path)).lexicallyNormalized()
    }
}
