// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import Foundation
import LabEngine
import Reports
import SystemPackage

/// `pacctlab replay`: the same run once more.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Do a run again, and say whether it was identical.",
        discussion: """
            A run's folder is enough: it has the job, byte for byte, and says which kernel, image and machine it was. \
            These come from the cache, as they were then, whatever the sources say by now. Console, kernel log, \
            ledger and energy records are compared byte by byte; where they differ, the first line that does is shown.

              pacctlab replay latest
              pacctlab replay results/20261125-...-smoke-release-s7

            Exit status 0 when it was identical, 1 when it was not, 2 when there is no such run, 3 when it could not be \
            done again. Runs under KVM cannot be replayed.
            """)

    @Argument(help: "The run: its folder, its id, or \"latest\".") var run: String
    @Flag(help: "Print one JSON document on standard output, and nothing else.") var json = false
    @Option(help: ArgumentHelp("Where run folders are, and where the new one goes.", valueName: "dir"))
    var results = "results"

    func run() async throws {
        let view = ProgressView()
        defer { view.finish() }
        let working = FilePath(FileManager.default.currentDirectoryPath)
        let results = working.pushing(FilePath(results))
        let past = try PastRun(folder: RunFolders.find(run, results: results, working: working))
        var configuration = Lab.Configuration()
        configuration.progress = view.progress
        configuration.logger.logLevel = .warning
        let emergency = Emergency()
        let report = try await Interruption.guarding(impatient: { emergency.killAll() }) { [configuration] in
            try await Lab.with(configuration) { lab in
                emergency.watch(lab)
                return try await lab.replay(past, results: results)
            }
        }
        view.finish()
        let text = ReplayText(style: TerminalStyle(colour: Terminal.colour))
        Terminal.print(json ? [try report.contractJSON()] : text.lines(report))
        if report.verdict != .passed { throw ExitCode(report.verdict.exitStatus) }
    }
}
