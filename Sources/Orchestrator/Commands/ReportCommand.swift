// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import Foundation
import LabEngine
import Reports
import SystemPackage

/// `pacctlab report`: a run as a page.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write the page of a run: report.html in its folder.",
        discussion: """
            One file that needs nothing else: verdict, findings with stacks and the source around them, a timeline, energy \
            per process, and the kernel log with a search. Runs write it themselves; this writes it again, from what is in \
            the folder.

              pacctlab report latest --open
              pacctlab report results/20261125-...-smoke-release-s1 --output /tmp/for-a-colleague.html
            """)

    @Argument(help: "The run: its folder, its id, or \"latest\".") var run = "latest"
    @Option(help: ArgumentHelp("Where the run folders are.", valueName: "dir")) var results = "results"
    @Option(
        help: ArgumentHelp("Write the page to this file (default: in the run's folder).", valueName: "file"))
    var output: String?
    @Flag(help: "Show it in the browser.") var open = false

    /// For a browser to be started.
    private static let limit = Duration.seconds(20)

    func run() async throws {
        let home = try LabHome.find()
        let working = FilePath(FileManager.default.currentDirectoryPath)
        let folder = try RunFolders.find(run, results: working.pushing(FilePath(results)), working: working)
        let place = output.map { working.pushing(FilePath($0)) } ?? folder.appending(HTMLReport.name)
        try HTMLReport().write(folder, roots: [working, home.root], to: place)
        Terminal.print([place.string])
        guard open else { return }
        do {
            try await HostTool(
                action: "show the page", program: "xdg-open", arguments: [place.string], limit: Self.limit
            ).run()
        } catch {
            throw LabError(
                .trouble, "The page is written, and no browser could be started: \(error)",
                remedy: "Open \(place) yourself.")
        }
    }
}
