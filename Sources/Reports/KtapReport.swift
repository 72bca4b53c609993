// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine

/// Runs in the kernel's dialect of the test anything protocol: a test a run, its steps and its verdict below it.
///
/// The format is Documentation/dev-tools/ktap.rst of the kernel, version 1: what `kunit.py parse` and prove(1) read.
public struct KtapReport {
    private static let indent = "    "
    private static let evidenceLines = 24

    private let report: RunsReport

    /// A report over these runs.
    public init(_ report: RunsReport) { self.report = report }

    /// The document. A set of runs that is no pass as a whole has one more test that says so.
    public var text: String {
        var tests = report.runs.map {
            (name: name(of: $0), lines: below($0), verdict: $0.verdict, why: $0.reason)
        }
        for problem in problems {
            tests.append((name: "the whole", lines: [], verdict: .inconclusive, why: problem))
        }
        var lines = ["KTAP version 1", "1..\(tests.count)"]
        for (place, test) in tests.enumerated() {
            lines += test.lines.map { Self.indent + $0 }
            lines.append(result(test.verdict == .passed, place + 1, test.name))
            if let why = test.why { lines.append("# inconclusive: \(plain(why))") }
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
            "KTAP version 1", "# Subtest: \(plain(name(of: run)))", "1..\(run.steps.count + 1)",
        ]
        for (place, step) in run.steps.enumerated() {
            switch step.status {
            case .passed: lines.append(result(true, place + 1, step.name))
            case .failed: lines.append(result(false, place + 1, step.name))
            case .skipped, .notReached:
                // Skipped tests count as no failure, which is right: the verdict below is one.
                lines.append(result(true, place + 1, step.name) + " # SKIP \(step.status.rawValue)")
            }
            if let message = step.message { lines.append("# \(plain(message))") }
        }
        for finding in run.findings {
            let place = finding.location.map { "\($0): " } ?? ""
            lines.append("# \(plain(place + finding.title))")
            if let rule = finding.rule { lines.append("# rule: \(plain(rule))") }
            lines += finding.evidence.prefix(Self.evidenceLines).map { "#   \(plain($0))" }
        }
        lines.append("# evidence: \(plain(run.directory))")
        return lines + [result(run.verdict == .passed, run.steps.count + 1, "verdict")]
    }

    private func result(_ passed: Bool, _ number: Int, _ name: String) -> String {
        // What follows a # is a directive.
        "\(passed ? "ok" : "not ok") \(number) \(plain(name).replacing("#", with: "_"))"
    }

    /// One line without what steers a terminal.
    private func plain(_ text: String) -> String {
        TerminalText.printable(text.split(whereSeparator: \.isNewline).joined(separator: " "))
    }
}
