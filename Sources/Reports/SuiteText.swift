// SPDX-License-Identifier: Apache-2.0

import Evidence
import LabEngine

/// What a suite came to, as people like to read it.
public struct SuiteText: Sendable {
    private static let excludedShown = 12

    private let style: TerminalStyle

    /// Texts in that style.
    public init(style: TerminalStyle) { self.style = style }

    /// One line about a run that came to its verdict, and one for each finding.
    public func finished(_ cell: String, _ run: RunReport) -> [String] {
        let time = style.dim(TerminalReport.time(run.durationS))
        switch run.verdict {
        case .passed: return ["\(style.green("✓")) \(cell)  \(time)"]
        case .inconclusive:
            return ["\(style.yellow("?")) \(cell)  \(time)  no answer: \(firstLine(run.reason ?? "unknown"))"]
        case .failed:
            return ["\(style.red("✗")) \(cell)  \(time)"]
                + run.findings.prefix(3).map { "    " + headline($0) }
        }
    }

    /// One line about a run that is done again.
    public func retrying(_ cell: String, _ run: RunReport) -> String {
        "\(style.yellow("?")) \(cell)  no answer, once more: \(firstLine(run.reason ?? "unknown"))"
    }

    /// One line about a failure that was done again.
    public func reran(_ cell: String, isFlaky: Bool) -> String {
        isFlaky
            ? "\(style.red("✗")) \(cell)  passed with the same seed when done once more: flaky, and a failure"
            : "  \(cell)  done once more: it fails again"
    }

    /// Every cell of the plan, for a look before anything is built.
    public func list(_ plan: SuitePlan) -> [String] {
        var table = TextTable(
            header: ["scenario", "variant", "kernel", "CPUs", "seed"], rightAligned: [3, 4])
        for cell in plan.cells {
            table.add([cell.scenario, cell.variant, cell.kernel, "\(cell.cpus)", "\(cell.seed)"])
        }
        var lines = plan.cells.isEmpty ? [] : table.lines(indent: "")
        lines.append("\(plan.cells.count) runs")
        return lines + excluded(plan.excluded.map { ($0.cell.name, $0.reason) })
    }

    /// The matrix, what failed, what was not run, and the verdict.
    public func lines(_ report: SuiteReport) -> [String] {
        var lines = matrix(report)
        for (signature, entries) in failures(report) { lines += [""] + failure(signature, entries) }
        if !report.flaky.isEmpty {
            lines += ["", style.red("flaky: the same seed failed once and passed once")]
            lines += report.flaky.map { "  \($0.cell)  \($0.signatures.joined(separator: "; "))" }
        }
        let silent = zip(report.cells, report.runs).filter { $0.1.verdict == .inconclusive }
        if !silent.isEmpty {
            lines += ["", style.yellow("without an answer, twice:")]
            lines += silent.map { "  \($0)  \(firstLine($1.reason ?? "unknown"))" }
        }
        lines += excluded(report.excluded.map { ($0.cell, $0.reason) })
        lines += ["", verdict(report)]
        lines += report.problems.map { style.yellow("  \($0)") }
        if report.retried > 0 {
            lines.append(style.dim("  \(report.retried) runs were done twice for want of an answer"))
        }
        return lines + ["evidence  \(report.directory)"]
    }

    // MARK: - parts

    /// Scenarios below each other, variants and CPUs beside each other.
    private func matrix(_ report: SuiteReport) -> [String] {
        var columns: [String] = []
        var rows: [String] = []
        var fields: [String: [String: [RunReport]]] = [:]
        for (cell, run) in zip(report.cells, report.runs) {
            let parts = cell.split(separator: "/")
            // Scenario (perhaps a path), then variant, perhaps kernel, CPUs, seed: the name's end is fixed.
            let column = Self.column(of: run, parts.dropLast().last.map(String.init) ?? "")
            if !columns.contains(column) { columns.append(column) }
            if !rows.contains(run.scenario) { rows.append(run.scenario) }
            fields[run.scenario, default: [:]][column, default: []].append(run)
        }
        guard !rows.isEmpty else { return [] }
        var table = TextTable(header: [""] + columns, rightAligned: [])
        for row in rows { table.add([row] + columns.map { field(fields[row]?[$0] ?? []) }) }
        return table.lines(indent: "  ")
    }

    private static func column(of run: RunReport, _ cpus: String) -> String {
        "\(run.variant) \(run.kernel.map { $0.split(separator: "-")[0] } ?? "") \(cpus)"
    }

    private func field(_ runs: [RunReport]) -> String {
        guard let worst = runs.map(\.verdict).max() else { return "" }
        let time = TerminalReport.time(runs.map(\.durationS).reduce(0, +) / Double(runs.count))
        let count = runs.count > 1 ? " \(runs.count { $0.verdict == .passed })/\(runs.count)" : ""
        let mark =
            switch worst {
            case .passed: "✓"
            case .failed: "✗"
            case .inconclusive: "?"
            }
        return "\(mark)\(count) \(time)"
    }

    private func failures(_ report: SuiteReport) -> [(
        String, [(cell: String, run: RunReport, finding: Finding)]
    )] {
        var order: [String] = []
        var groups: [String: [(cell: String, run: RunReport, finding: Finding)]] = [:]
        for (cell, run) in zip(report.cells, report.runs) {
            for finding in run.findings {
                if groups[finding.signature] == nil { order.append(finding.signature) }
                groups[finding.signature, default: []].append((cell, run, finding))
            }
        }
        return order.map { ($0, groups[$0] ?? []) }
    }

    private func failure(
        _ signature: String, _ entries: [(cell: String, run: RunReport, finding: Finding)]
    ) -> [String] {
        guard let first = entries.first else { return [] }
        let shown = entries.prefix(4).map(\.cell).joined(separator: ", ")
        let more = entries.count > 4 ? " and \(entries.count - 4) more" : ""
        var lines = [style.bold(headline(first.finding)), "  in        \(shown)\(more)"]
        if let rule = first.finding.rule { lines.append("  rule      \(TerminalText.printable(rule))") }
        return lines + ["  evidence  \(first.run.directory)"]
    }

    private func excluded(_ entries: [(cell: String, reason: String)]) -> [String] {
        guard !entries.isEmpty else { return [] }
        var lines = ["", style.dim("not for this matrix:")]
        lines += entries.prefix(Self.excludedShown).map { style.dim("  \($0.cell): \($0.reason)") }
        if entries.count > Self.excludedShown {
            lines.append(style.dim("  ... \(entries.count - Self.excludedShown) more"))
        }
        return lines
    }

    private func verdict(_ report: SuiteReport) -> String {
        let runs = report.runs
        let counts =
            "\(runs.count { $0.verdict == .passed }) of \(runs.count + report.left.count) runs of \(report.suite) passed, "
            + "in \(TerminalReport.time(report.durationS)), \(report.jobs) guests at once"
        return switch report.verdict {
        case .passed: style.green("PASSED") + "  \(counts)"
        case .failed:
            style.red("FAILED") + "  \(runs.count { $0.verdict == .failed }) with findings; \(counts)"
        case .inconclusive: style.yellow("INCONCLUSIVE") + "  \(counts)"
        }
    }

    private func headline(_ finding: Finding) -> String {
        let title = firstLine(finding.title)
        return finding.location.map { "\(TerminalText.printable($0)): \(title)" } ?? title
    }

    private func firstLine(_ text: String) -> String {
        TerminalText.printable(text.split(whereSeparator: \.isNewline).first.map(String.init) ?? text)
    }
}
