// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine

/// Runs in the kernel's dialect of the test anything protocol: a test a run, its steps and its verdict below it.
///
/// The format is Documentation/dev-tools/ktap.rst of the kernel, version 1: what `kunit.py parse` and prove(1) read. What
/// is no pass and no failure either has the directive `ERROR` and the word `inconclusive` before its reason. Diagnostic
/// lines stand before the result that they are about, and each begins with a label: a guest wrote some of what follows, and
/// `# Subtest:`, a plan or a result must never be taken from it.
public struct KtapReport {
    /// What a diagnostic line is about.
    private enum Label: String {
        /// What a step said.
        case step
        /// Place and title of a finding.
        case finding
        /// The rule that a finding breaks.
        case rule
        /// A line of a finding's evidence.
        case log
        /// Where all evidence of a run is.
        case folder
    }

    private static let indent = "    "
    private static let evidenceLines = 24
    /// At these words kunit.py takes the log for ended, wherever they are in a line (KTAP_END in kunit_parser.py).
    private static let ends = [
        "List of all partitions:": "List of all partitions",
        "Kernel panic - not syncing: VFS:": "Kernel panic - not syncing, VFS:",
        "reboot: System halted": "reboot, System halted",
    ]

    private let report: RunsReport

    /// A report over these runs.
    public init(_ report: RunsReport) { self.report = report }

    /// The document. A set of runs that is no pass as a whole has one more test that says so.
    public var text: String {
        let count = report.runs.count + problems.count
        var lines = ["KTAP version 1", "1..\(count)"]
        for (place, run) in report.runs.enumerated() {
            lines += below(run).map { Self.indent + $0 }
            lines.append(result(run.verdict, place + 1, name(of: run), run.reason))
        }
        for (place, problem) in problems.enumerated() {
            lines.append(result(.inconclusive, report.runs.count + place + 1, "the whole", problem))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var problems: [String] {
        if let problems = report.problems, !problems.isEmpty { return problems }
        return report.runs.isEmpty ? ["nothing was run"] : []
    }

    private func name(of run: RunReport) -> String {
        "\(run.scenario) \(run.variant) \(run.cpus)cpu s\(run.seed)"
    }

    private func below(_ run: RunReport) -> [String] {
        var lines = [
            "KTAP version 1", "# Subtest: \(description(name(of: run)))", "1..\(run.steps.count + 1)",
        ]
        for (place, step) in run.steps.enumerated() {
            if let message = step.message { lines.append(diagnostic(.step, message)) }
            switch step.status {
            case .passed: lines.append(result(true, place + 1, step.name))
            case .failed: lines.append(result(false, place + 1, step.name))
            case .skipped, .notReached:
                // Skipped tests count as no failure, which is right: the verdict below is one.
                lines.append(result(true, place + 1, step.name) + " # SKIP \(step.status.rawValue)")
            }
        }
        for finding in run.findings {
            let place = finding.location.map { "\($0): " } ?? ""
            lines.append(diagnostic(.finding, place + finding.title))
            if let rule = finding.rule { lines.append(diagnostic(.rule, rule)) }
            lines += finding.evidence.prefix(Self.evidenceLines).map { diagnostic(.log, $0) }
            let rest = finding.evidence.count - Self.evidenceLines
            if rest > 0 { lines.append(diagnostic(.log, "... \(rest) more lines are in run.json")) }
        }
        lines.append(diagnostic(.folder, run.directory))
        return lines + [result(run.verdict, run.steps.count + 1, "verdict", run.reason)]
    }

    // MARK: - lines

    private func diagnostic(_ label: Label, _ text: String) -> String {
        "# \(label.rawValue): \(plain(text))"
    }

    private func result(_ verdict: Verdict, _ number: Int, _ name: String, _ reason: String?) -> String {
        let line = result(verdict == .passed, number, name)
        guard verdict == .inconclusive else { return line }
        return line + " # ERROR inconclusive: \(description(reason ?? "no reason is known"))"
    }

    private func result(_ passed: Bool, _ number: Int, _ name: String) -> String {
        "\(passed ? "ok" : "not ok") \(number) \(description(name))"
    }

    /// One line in which nothing is a directive: these follow a #.
    private func description(_ text: String) -> String { plain(text).replacing("#", with: "_") }

    /// One line without what steers a terminal, and without what ends kunit.py's reading.
    private func plain(_ text: String) -> String {
        let line = TerminalText.line(text)
        return Self.ends.reduce(line) { $0.replacing($1.key, with: $1.value) }
    }
}
