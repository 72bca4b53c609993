// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import LabEngine
import Reports
import SystemPackage

/// `pacctlab compare`: how do two runs differ?
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Say how two runs differ: what went in, what was found, and the figures.",
        discussion: """
            Findings are told apart by their signatures. Energy is compared only where counts have the same source.

              pacctlab compare results/20261124-...-smoke-release-s1 latest

            Exit status 0 when the second run shows nothing that the first did not, 1 when it does, 3 when either had no \
            answer.
            """)

    @Argument(help: "The first run: its folder, its id, or \"latest\".") var first: String
    @Argument(help: "The second run.") var second: String
    @Option(help: ArgumentHelp("Where the run folders are.", valueName: "dir")) var results = "results"
    @Flag(help: "Print one JSON document on standard output, and nothing else.") var json = false

    func run() throws {
        let working = FilePath(FileManager.default.currentDirectoryPath)
        let runs = try [first, second].map { name in
            try StoredRun(
                folder: RunFolders.find(name, results: working.pushing(FilePath(results)), working: working),
                roots: [])
        }
        let comparison = RunComparison(runs[0], runs[1])
        let text = CompareText(style: TerminalStyle(colour: Terminal.colour))
        Terminal.print(json ? [try comparison.contractJSON()] : text.lines(comparison))
        if comparison.verdict != .passed { throw ExitCode(comparison.verdict.exitStatus) }
    }
}
