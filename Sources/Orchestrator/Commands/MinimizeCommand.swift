// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import Foundation
import LabEngine
import SystemPackage

/// `pacctlab minimize`: the smallest scenario that still shows a finding.
struct MinimizeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "minimize",
        abstract: "Shrink a run's scenario while its first finding remains.",
        discussion: """
            Leaves out steps (ddmin), then rounds, tasks and time, then CPUs, as long as a run of what is left shows a \
            finding with the same signature. Writes a scenario file with what remains. The module is built as it is now.

              pacctlab minimize latest
              pacctlab minimize results/20261125-...-fork-storm-debug-s23 --output small.yaml --runs 500

            Ctrl-C ends the search; what was found by then is written. Exit status 0 when nothing more can be left out, \
            3 when the search ended before that, or the finding did not show again.
            """)

    @Argument(help: "The run: its folder, its id, or \"latest\".") var run: String
    @Option(help: ArgumentHelp("The file to write (default: SCENARIO-small.yaml).", valueName: "file"))
    var output: String?
    @Option(help: "Runs that may be made.") var runs = 200
    @Option(help: "Seeds that each smaller scenario is tried with.") var seeds = 3
    @Option(help: ArgumentHelp("Where run folders are.", valueName: "dir")) var results = "results"

    func validate() throws {
        guard (1...100_000).contains(runs) else { throw ValidationError("--runs takes 1 to 100000.") }
        guard (1...1000).contains(seeds) else { throw ValidationError("--seeds takes 1 to 1000.") }
    }

    func run() async throws {
        let view = ProgressView()
        defer { view.finish() }
        let working = FilePath(FileManager.default.currentDirectoryPath)
        let results = working.pushing(FilePath(results))
        let past = try PastRun(folder: RunFolders.find(run, results: results, working: working))
        let file = output ?? "\(past.scenario.name)-small.yaml"
        let finding = past.report.findings.first?.title ?? ""
        var configuration = Lab.Configuration()
        configuration.progress = view.progress
        configuration.logger.logLevel = .warning
        let emergency = Emergency()
        let (runs, seeds) = (runs, seeds)
        let outcome = try await Interruption.guarding(impatient: { emergency.killAll() }) { [configuration] in
            try await Lab.with(configuration) { lab in
                emergency.watch(lab)
                let minimizer = try Minimizer(
                    lab: lab, run: past, results: results, limit: runs, seeds: seeds)
                view.progress.report(.phase("shrink \(past.scenario.name)"))
                return try await minimizer.run { made, _ in
                    view.progress.report(.step(done: made, total: runs))
                }
            }
        }
        view.finish()
        let text = try outcome.scenario.yaml(comment: [
            "Of \(past.report.id), while it shows: \(finding)",
            "pacctlab run \(file) --seed \(outcome.seed) --cpus \(outcome.cpus) --variant \(past.report.variant)",
        ])
        try Data(text.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
        let (before, after) = (past.scenario.allSteps.count, outcome.scenario.allSteps.count)
        Terminal.print([
            "\(file): \(after) of \(before) steps, \(outcome.cpus) of \(past.report.cpus) CPUs, seed \(outcome.seed), "
                + "after \(outcome.runs) runs" + (outcome.stopped.map { " (not finished: \($0))" } ?? "")
        ])
        if outcome.stopped != nil { throw ExitStatus.inconclusive.code }
    }
}
