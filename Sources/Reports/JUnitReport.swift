// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine

/// Runs as JUnit XML: a suite a run, a case a step, and one more case for the verdict itself.
///
/// The form is the one Jenkins, GitLab and GitHub's viewers read: `testsuites/testsuite/testcase` with
/// `failure` (findings), `error` (inconclusive) and `skipped`, valid by the schema junit-10.xsd of Jenkins's xUnit plugin.
/// A set of runs that is no pass as a whole has one more suite that says so.
public struct JUnitReport {
    private static let evidenceLines = 1000
    private static let titlesShown = 20

    private let report: RunsReport

    /// A report over these runs.
    public init(_ report: RunsReport) { self.report = report }

    /// The document, in UTF-8.
    public func xml() -> Data {
        var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>"]
        let suites = report.runs.map { cases(of: $0) }
        let total = Totals(suites.flatMap(\.self) + problems)
        lines.append("<testsuites name=\"pacctlab\" \(total.wholeAttributes)>")
        for (run, cases) in zip(report.runs, suites) {
            let name = attribute(
                "\(run.scenario) (\(run.variant), \(run.cpus) CPUs, \(run.accel.rawValue), seed \(run.seed))")
            let totals = Totals(cases)
            lines.append(
                "  <testsuite name=\"\(name)\" \(totals.attributes) time=\"\(seconds(run.durationS))\">")
            for testCase in cases {
                lines += element(testCase, class: "pacctlab.\(run.scenario).\(run.variant)")
            }
            lines.append("  </testsuite>")
        }
        if !problems.isEmpty {
            lines.append("  <testsuite name=\"the whole\" \(Totals(problems).attributes) time=\"0.000\">")
            for problem in problems { lines += element(problem, class: "pacctlab") }
            lines.append("  </testsuite>")
        }
        lines.append("</testsuites>")
        return Data((lines.joined(separator: "\n") + "\n").utf8)
    }

    // MARK: - cases

    /// Why the runs are no pass as a whole, whatever each of them is.
    private var problems: [TestCase] {
        let texts = report.problems ?? (report.runs.isEmpty ? ["nothing was run"] : [])
        return texts.map { TestCase(name: "complete", time: 0, outcome: .error($0)) }
    }

    private enum Outcome { case passed, failure(String, String), error(String), skipped(String) }

    private struct TestCase {
        let name: String
        let time: Double
        let outcome: Outcome
    }

    private struct Totals {
        var tests = 0
        var failures = 0
        var errors = 0
        var skipped = 0

        init(_ cases: [TestCase]) {
            for testCase in cases {
                tests += 1
                switch testCase.outcome {
                case .passed: break
                case .failure: failures += 1
                case .error: errors += 1
                case .skipped: skipped += 1
                }
            }
        }

        /// Of all suites together, which skip nothing.
        var wholeAttributes: String {
            "tests=\"\(tests)\" failures=\"\(failures)\" errors=\"\(errors)\""
        }

        var attributes: String { wholeAttributes + " skipped=\"\(skipped)\"" }
    }

    private func cases(of run: RunReport) -> [TestCase] {
        var cases = run.steps.map { step in
            let message = TerminalText.cut(step.message ?? step.status.rawValue)
            let outcome: Outcome =
                switch step.status {
                case .passed: .passed
                case .failed: .failure(message, message)
                case .skipped, .notReached: .skipped(message)
                }
            return TestCase(name: step.name, time: step.durationS ?? 0, outcome: outcome)
        }
        cases.append(TestCase(name: "verdict", time: run.durationS, outcome: verdictOutcome(run)))
        return cases
    }

    private func verdictOutcome(_ run: RunReport) -> Outcome {
        switch run.verdict {
        case .passed: return .passed
        case .inconclusive: return .error(TerminalText.cut(run.reason ?? "inconclusive"))
        case .failed:
            var titles = run.findings.prefix(Self.titlesShown).map { finding in
                TerminalText.cut(
                    [finding.location, finding.title].compactMap(\.self).joined(separator: ": "))
            }
            let rest = run.findings.count - titles.count
            if rest > 0 { titles.append("\(rest) more findings") }
            let all = run.findings.flatMap { [$0.title] + $0.evidence + [""] }
            var lines = all.prefix(Self.evidenceLines).map { TerminalText.cut($0) }
            if all.count > lines.count {
                lines.append("... more lines are in run.json")
            }
            let text = lines.joined(separator: "\n")
            return .failure(titles.joined(separator: "; "), text)
        }
    }

    // MARK: - XML

    private func element(_ testCase: TestCase, class name: String) -> [String] {
        let head =
            "    <testcase classname=\"\(attribute(name))\" name=\"\(attribute(testCase.name))\" time=\"\(seconds(testCase.time))\""
        switch testCase.outcome {
        case .passed: return [head + "/>"]
        case .failure(let message, let text):
            return [
                head + ">", "      <failure message=\"\(attribute(message))\">\(escape(text))</failure>",
                "    </testcase>",
            ]
        case .error(let message):
            return [head + ">", "      <error message=\"\(attribute(message))\"/>", "    </testcase>"]
        case .skipped(let message):
            return [head + ">", "      <skipped message=\"\(attribute(message))\"/>", "    </testcase>"]
        }
    }

    private func seconds(_ value: Double) -> String { String(format: "%.3f", value) }

    private func attribute(_ text: String) -> String {
        escape(text).replacing("\"", with: "&quot;").replacing("\n", with: "&#10;")
    }

    /// Escapes markup and leaves out what XML 1.0 cannot hold (most control characters).
    private func escape(_ text: String) -> String {
        // Whole strings are appended: those of scalars would copy what is there already, each time.
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\t", "\n", "\r", "\u{20}"..."\u{D7FF}", "\u{E000}"..."\u{FFFD}",
                "\u{10000}"..."\u{10FFFF}":
                escaped.unicodeScalars.append(scalar)
            default: escaped += "\u{FFFD}"
            }
        }
        return escaped
    }
}
