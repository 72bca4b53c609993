// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine

/// Runs as Markdown, for the page of a pipeline's job or a comment in a merge request.
public struct MarkdownReport {
    /// GitHub refuses a summary of more than a mebibyte.
    private static let findingsShown = 20
    private static let runsShown = 200
    private static let evidenceLines = 40
    private static let lineBytes = 500

    private let report: RunsReport

    /// A report over these runs.
    public init(_ report: RunsReport) { self.report = report }

    /// The document.
    public var text: String {
        var lines = ["## pacctlab: \(word(report.verdict))", ""]
        lines += (report.problems ?? []).map { "- \(inline($0))" }
        if report.problems?.isEmpty == false { lines.append("") }
        lines += table()
        for (finding, runs) in findings().prefix(Self.findingsShown) {
            lines += [""] + section(finding, runs)
        }
        let rest = findings().count - Self.findingsShown
        if rest > 0 { lines += ["", "... and \(rest) more findings."] }
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: - parts

    private func table() -> [String] {
        guard !report.runs.isEmpty else { return ["Nothing was run."] }
        var lines = [
            "| | scenario | variant | kernel | CPUs | seed | counters | time | |",
            "|---|---|---|---|--:|--:|---|--:|---|",
        ]
        for run in report.runs.prefix(Self.runsShown) {
            let what =
                switch run.verdict {
                case .passed: "\(run.energy.records) records, \(run.energy.totalUj) µJ"
                case .failed: run.findings.first.map { inline($0.title) } ?? ""
                case .inconclusive: inline(run.reason ?? "")
                }
            lines.append(
                "| \(mark(run.verdict)) | \(inline(run.scenario)) | \(inline(run.variant)) | \(inline(run.kernel ?? "")) "
                    + "| \(run.cpus) | \(run.seed) | \(run.pmu.rawValue) | \(TerminalReport.time(run.durationS)) | \(what) |"
            )
        }
        let rest = report.runs.count - Self.runsShown
        if rest > 0 { lines.append("\n... and \(rest) more runs.") }
        return lines
    }

    private func findings() -> [(Finding, [RunReport])] {
        var order: [Finding] = []
        var runs: [String: [RunReport]] = [:]
        for run in report.runs {
            for finding in run.findings {
                if runs[finding.signature] == nil { order.append(finding) }
                runs[finding.signature, default: []].append(run)
            }
        }
        return order.map { ($0, runs[$0.signature] ?? []) }
    }

    private func section(_ finding: Finding, _ runs: [RunReport]) -> [String] {
        let place = finding.location.map { "`\(code($0))`: " } ?? ""
        var lines = ["### \(place)\(inline(finding.title))", ""]
        if let rule = finding.rule { lines += ["Rule: \(inline(rule))", ""] }
        lines += [
            "In "
                + runs.prefix(6).map { "\(inline($0.scenario)) on \(inline($0.variant)), seed \($0.seed)" }
                .joined(separator: "; ") + (runs.count > 6 ? " and \(runs.count - 6) more." : "."), "",
            "<details><summary>Evidence</summary>", "",
        ]
        let evidence = finding.evidence.prefix(Self.evidenceLines).map {
            TerminalText.short($0, bytes: Self.lineBytes)
        }
        let fence = fence(for: evidence)
        return lines + [fence + "text"] + evidence + [fence, "", "</details>"]
    }

    private func word(_ verdict: Verdict) -> String { "\(mark(verdict)) \(verdict.rawValue)" }

    private func mark(_ verdict: Verdict) -> String {
        switch verdict {
        case .passed: "✅"
        case .failed: "❌"
        case .inconclusive: "❔"
        }
    }

    /// Text in which nothing is markup. A guest wrote some of it.
    private func inline(_ text: String) -> String {
        let line = TerminalText.line(text, bytes: Self.lineBytes)
        let markup: Set<Character> = [
            "\\", "`", "*", "_", "{", "}", "[", "]", "<", ">", "#", "|", "~", "!", "@", "&",
        ]
        return line.map { markup.contains($0) ? "\\\($0)" : "\($0)" }.joined()
    }

    private func code(_ text: String) -> String {
        TerminalText.short(text, bytes: Self.lineBytes).replacing("`", with: "'")
    }

    /// A fence that no line of the text can close.
    private func fence(for lines: [String]) -> String {
        let longest =
            lines.map { $0.split(separator: "`", omittingEmptySubsequences: false).count }.max() ?? 0
        return String(repeating: "`", count: max(3, longest + 1))
    }
}
