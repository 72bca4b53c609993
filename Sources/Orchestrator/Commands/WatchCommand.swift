// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import Foundation
import LabEngine
import Reports
import SystemPackage

/// `pacctlab watch`: a verdict for each save.
struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Build, run and judge anew whenever a file is saved.",
        discussion: """
            Watches the module's folder and the scenarios' files. A save compiles what it changed, runs the module in a \
            guest that is restored already, and shows the verdict; a save during a run cancels that run. What is wrong \
            comes as `file:line: error: message`, which editors jump to. Ctrl-C ends it.

              pacctlab watch                                smoke on the kernel variant debug
              pacctlab watch fork-storm my.yaml --module ~/my_module
              pacctlab watch --once --plain                 one round, for :make and M-x compile
              pacctlab watch --problem-matcher > .vscode/tasks.json

            vim:    :set makeprg=pacctlab\\ watch\\ --once\\ --plain
                    :set errorformat=%f:%l:%c:\\ %t%*[a-z]:\\ %m,%f:%l:\\ %t%*[a-z]:\\ %m,%-G%.%#
            emacs:  M-x compile RET pacctlab watch --once --plain
            """)

    @Argument(help: "Scenarios: names or YAML files.") var scenarios = ["smoke"]
    @Option(help: "The kernel's variant: \(KernelOptions.variantHelp).") var variant = "debug"
    @Option(help: "CPUs of the guest.") var cpus = 2
    @Option(
        help: ArgumentHelp("Memory of the guest in MiB (default: what the variant needs).", valueName: "mib"))
    var memory: Int?
    @Option(help: "Seed of the runs.") var seed: UInt64 = 1
    @Option(
        help: ArgumentHelp("Folder of the module under test (default: kmod/pacct_energy).", valueName: "dir"))
    var module: String?
    @OptionGroup var kernel: KernelOptions
    @Option(help: ArgumentHelp("Where run folders go; the last ten are kept.", valueName: "dir"))
    var results = "results"
    @Flag(help: "Run once, and exit with the verdict's status.") var once = false
    @Flag(help: "Lines and nothing else, as when the output is no terminal.") var plain = false
    @Flag(help: "Print a tasks.json for Visual Studio Code that runs this command, and do nothing.")
    var problemMatcher = false

    func validate() throws {
        guard (1...16).contains(cpus) else { throw ValidationError("--cpus takes 1 to 16.") }
        if let memory, !(128...65536).contains(memory) {
            throw ValidationError("--memory takes 128 to 65536 MiB.")
        }
    }

    func run() async throws {
        if problemMatcher {
            Terminal.print([ProblemLines.visualStudioCodeTasks(arguments: forwarded)])
            return
        }
        let home = try LabHome.find()
        // A mistake in what was asked for is no matter of a run.
        let library = ScenarioLibrary(home: home)
        for scenario in scenarios { _ = try library.scenario(scenario) }
        let request = try request(home: home)
        let screen = WatchScreen(scenarios: scenarios, variant: variant, plain: plain)
        var configuration = Lab.Configuration()
        configuration.onCompleted = RunPages.writerOfFailures
        configuration.progress = screen.progress
        configuration.logger.logLevel = .warning
        let emergency = Emergency()
        let (scenarios, once) = (scenarios, once)
        try await Interruption.guarding(impatient: { emergency.killAll() }) { [configuration] in
            try await Lab.with(configuration) { lab in
                emergency.watch(lab)
                let session = WatchSession(lab: lab, scenarios: scenarios, request: request)
                if once {
                    await session.runOnce { screen.show($0) }
                } else {
                    try await session.run { screen.show($0) }
                }
            }
        }
        guard once else { return }
        let verdict = screen.verdict ?? .inconclusive
        if verdict != .passed { throw ExitCode(verdict.exitStatus) }
    }

    /// The options that were given, for a task that does the same.
    private var forwarded: [String] {
        var result = scenarios == ["smoke"] ? [] : scenarios
        if variant != "debug" { result += ["--variant", variant] }
        if cpus != 2 { result += ["--cpus", "\(cpus)"] }
        if let module { result += ["--module", module] }
        return result
    }

    private func request(home: LabHome) throws -> RunRequest {
        var request = RunRequest(
            module: absolute(module) ?? home.root.appending("kmod/pacct_energy"),
            results: absolute(results) ?? "results")
        request.kernel = try kernel.spec(variant: variant)
        request.cpus = cpus
        request.memoryMiB = memory
        request.seed = seed
        return request
    }

    private func absolute(_ path: String?) -> FilePath? {
        path.map { FilePath(FileManager.default.currentDirectoryPath).pushing(FilePath($0)) }
    }
}
