// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import LabEngine
import Reports

/// Reports for machines and pages: the options that every command with runs shares.
struct ReportOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Write a JUnit XML report, too.", valueName: "file")) var junit: String?
    @Option(
        help: ArgumentHelp("Write a KTAP report, as kunit.py parse and prove read it.", valueName: "file"))
    var ktap: String?
    @Option(
        help: ArgumentHelp(
            "Write a Markdown summary (default: $GITHUB_STEP_SUMMARY, where it is set).", valueName: "file"))
    var markdown: String?
    @Option(help: ArgumentHelp("Write GitLab's code quality report.", valueName: "file")) var codeQuality:
        String?
    @Flag(
        inversion: .prefixedNo,
        help: "Print GitHub's annotations on standard error (default: where GITHUB_ACTIONS is true).")
    var annotations: Bool?

    /// Writes every report that is wanted. One that was promised and cannot be written is no pass.
    ///
    /// - Returns: What could not be written, a sentence each. It is said on standard error, too.
    func write(_ report: RunsReport) -> [String] {
        var problems: [String] = []
        func put(_ what: String, _ file: String?, appending: Bool = false, _ content: () throws -> Data) {
            guard let file, !file.isEmpty else { return }
            do {
                let data = try content()
                if appending, let handle = FileHandle(forWritingAtPath: file) {
                    try handle.seekToEnd()
                    try handle.write(contentsOf: data)
                    try handle.close()
                } else {
                    try data.write(to: URL(fileURLWithPath: file))
                }
            } catch {
                problems.append("The \(what) \(file) cannot be written: \(error.localizedDescription)")
            }
        }
        let environment = ProcessInfo.processInfo.environment
        let places = RepositoryPlaces(roots: RunPages.roots, environment: environment)
        put("JUnit report", junit) { JUnitReport(report).xml() }
        put("KTAP report", ktap) { Data(KtapReport(report).text.utf8) }
        put("code quality report", codeQuality) {
            Data(try CodeQualityReport(report, places: places).contractJSON().utf8)
        }
        // A job has one page for all its steps.
        put("summary", markdown ?? environment["GITHUB_STEP_SUMMARY"], appending: markdown == nil) {
            Data(MarkdownReport(report).text.utf8)
        }
        if annotations ?? (environment["GITHUB_ACTIONS"] == "true") {
            let lines = GitHubAnnotations(report, places: places).lines.map { $0 + "\n" }.joined()
            do { try Terminal.writeError(lines) } catch {
                problems.append(
                    "The annotations cannot be written to standard error: \(error.localizedDescription)")
            }
        }
        for problem in problems {
            Terminal.printError(
                "pacctlab: \(problem) Name a file in a folder that is there, and that you may write to.\n")
        }
        return problems
    }
}
