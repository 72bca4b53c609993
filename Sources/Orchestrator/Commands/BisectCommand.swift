// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import Foundation
import LabEngine
import Reports
import SystemPackage

/// `pacctlab bisect`: which commit broke it?
struct BisectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bisect",
        abstract: "Find the commit that broke a module, or a kernel.",
        discussion: """
            Runs the scenario on commits that git bisect chooses, until one is left. It works in a work tree of its own: \
            your checkout, index and branches are not touched. A commit is bad when a seed shows the finding, good when every \
            seed passed; one that does not build, or of which nobody can say, is skipped. Both ends are tried first.

              pacctlab bisect --good v1.2 --bad HEAD smoke
              pacctlab bisect --good HEAD~30 --seeds 1..5 fork-storm --module ~/my_module
              pacctlab bisect --good v6.18.5 --bad v6.18.15 --kernel --repo /data/linux smoke

            Exit status 0 when the commit was found, 2 when the ends are not what they are said to be, 3 when commits are \
            left that could not be told apart.
            """)

    @Argument(help: "The scenario: a name or a YAML file.") var scenario: String
    @Option(help: ArgumentHelp("A commit that is good.", valueName: "commit")) var good: String
    @Option(help: ArgumentHelp("A commit that is bad.", valueName: "commit")) var bad = "HEAD"
    @Option(
        help: ArgumentHelp("Folder of the module under test (default: kmod/pacct_energy).", valueName: "dir"))
    var module: String?
    @Option(help: ArgumentHelp("The repository (default: the one that the module is in).", valueName: "dir"))
    var repo: String?
    @Flag(help: "The commits are the kernel's: --repo is its tree, which is built for each step.")
    var kernel = false
    @Option(help: ArgumentHelp("Seeds of each step, as in 1..5.", valueName: "seeds")) var seeds = "1"
    @Option(
        help: ArgumentHelp("Look for the finding with this signature (default: those of the bad commit)."))
    var signature: String?
    @Option(help: "The kernel's variant: \(KernelOptions.variantHelp).") var variant = "release"
    @Option(help: "CPUs of the guest.") var cpus = 2
    @Option(help: "What runs the guests: auto takes KVM where it truly works.")
    var accel = RunRequest.AcceleratorChoice.auto
    @Option(help: ArgumentHelp("Where run folders go.", valueName: "dir")) var results = "results"
    @Flag(help: "Print one JSON document on standard output, and nothing else.") var json = false

    func validate() throws {
        if SeedSet(text: seeds) == nil { throw ValidationError("--seeds takes seeds such as 1..5 or 1,7.") }
        guard (1...16).contains(cpus) else { throw ValidationError("--cpus takes 1 to 16.") }
        if kernel, repo == nil { throw ValidationError("--kernel needs --repo: the kernel's tree.") }
    }

    func run() async throws {
        let home = try LabHome.find()
        let scenario = try ScenarioLibrary(home: home).scenario(scenario)
        let module = module.map(Self.absolute) ?? home.root.appending("kmod/pacct_energy")
        let options = try await options(module)
        let folder = try NewFolder.make(
            in: Self.absolute(results), "bisect-\(NewFolder.plain(scenario.name))-\(variant)")
        var request = RunRequest(module: module, results: folder)
        request.kernel = KernelSpec(variant: variant)
        request.accelerator = accel
        request.cpus = cpus
        request.dump = .never
        let view = ProgressView()
        defer { view.finish() }
        var configuration = Lab.Configuration()
        configuration.progress = view.progress
        configuration.onCompleted = RunPages.writer
        configuration.logger.logLevel = .warning
        let emergency = Emergency()
        let text = BisectText(style: TerminalStyle(colour: Terminal.errorColour))
        let tree = folder.appending("tree")
        let report = try await Interruption.guarding(impatient: { emergency.killAll() }) {
            [configuration, request] in
            try await Lab.with(configuration) { lab in
                emergency.watch(lab)
                return try await Bisector(lab: lab, scenario: scenario, request: request, options: options) {
                    step in
                    view.finish()
                    Terminal.printError(text.step(step) + "\n")
                }.run(in: tree)
            }
        }
        view.finish()
        let shown = BisectText(style: TerminalStyle(colour: Terminal.colour))
        Terminal.print(json ? [try report.contractJSON()] : shown.lines(report))
        if report.verdict != .passed { throw ExitCode(report.verdict.exitStatus) }
    }

    private func options(_ module: FilePath) async throws -> Bisector.Options {
        var options: Bisector.Options
        if kernel {
            let tree = Self.absolute(repo ?? ".")
            options = .init(repository: tree, subject: .kernel(variant: variant), good: good, bad: bad)
        } else {
            let (root, below) = try await Bisector.repository(around: module)
            if let repo, Self.absolute(repo) != root {
                throw LabError(
                    .badInput, "The module \(module) is in the repository \(root), not in \(repo).",
                    remedy: "Leave --repo out, or name the module's folder in that repository by --module.")
            }
            options = .init(repository: root, subject: .module(below: below), good: good, bad: bad)
        }
        options.seeds = SeedSet(text: seeds) ?? SeedSet(1)
        options.signature = signature
        return options
    }

    private static func absolute(_ path: String) -> FilePath {
        FilePath(FileManager.default.currentDirectoryPath).pushing(FilePath(path)).lexicallyNormalized()
    }
}
