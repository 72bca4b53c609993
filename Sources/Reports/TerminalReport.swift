// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine

/// A run as people like to read it: where it ran, the verdict, the findings with their evidence, the
/// energy table, the folder.
public struct TerminalReport {
    private static let evidenceLines = 24
    private static let tableRows = 20

    private let style: TerminalStyle

    /// A report in that style.
    public init(style: TerminalStyle) { self.style = style }

    /// The lines of one run.
    public func lines(_ run: RunReport, records: [EnergyRecord]) -> [String] {
        var lines = [machine(run)]
        lines += steps(run)
        lines += ["", verdict(run)]
        for finding in run.findings { lines += [""] + self.finding(finding) }
        for finding in run.expected ?? [] { lines += ["", style.green("expected") + " " + place(finding)] }
        if !run.notes.isEmpty { lines += [""] + run.notes.map { style.dim("note: \(firstLine($0))") } }
        if !records.isEmpty { lines += [""] + energy(run, records) }
        lines += [""] + judged(run) + ["evidence  \(run.directory)"]
        return lines
    }

    // MARK: - parts

    private func machine(_ run: RunReport) -> String {
        var parts = [
            "\(run.scenario) on \(run.variant)", run.kernel ?? "kernel unknown",
            "\(run.accel.rawValue.uppercased())", "\(run.cpus) CPUs", "\(run.memoryMib) MiB",
            "counters \(run.pmu.rawValue)", "seed \(run.seed)",
        ]
        if let reason = run.accelReason { parts[2] += " (\(Self.shortened(reason)))" }
        return style.dim(parts.joined(separator: " · "))
    }

    /// The first line has room for the gist; `run.json` and `pacctlab doctor` have all of it.
    private static func shortened(_ reason: String) -> String {
        let clause = reason.split(separator: ";", maxSplits: 1).first.map(String.init) ?? reason
        return clause.count > 90 ? "\(clause.prefix(87))..." : clause
    }

    private func steps(_ run: RunReport) -> [String] {
        var table = TextTable(header: ["", "step", "guest time"], rightAligned: [2])
        for step in run.steps {
            let mark =
                switch step.status {
                case .passed: style.green("✓")
                case .failed: style.red("✗")
                case .skipped: style.dim("-")
                case .notReached: style.yellow("?")
                }
            let name =
                step.message.map { "\(firstLine(step.name)): \(firstLine($0))" } ?? firstLine(step.name)
            table.add([
                mark, String(repeating: "  ", count: step.depth) + name,
                step.durationS.map(Self.time) ?? step.status.rawValue,
            ])
        }
        return Array(table.lines(indent: "  ").dropFirst())
    }

    private func verdict(_ run: RunReport) -> String {
        let time = Self.time(run.durationS)
        switch run.verdict {
        case .passed: return style.green("PASSED") + "  in \(time)"
        case .failed:
            let count = run.findings.count == 1 ? "1 finding" : "\(run.findings.count) findings"
            return style.red("FAILED") + "  \(count) in \(time)"
        case .inconclusive: return style.yellow("INCONCLUSIVE") + "  \(run.reason ?? "") (\(time))"
        }
    }

    private func place(_ finding: Finding) -> String {
        Self.printable((finding.location.map { "\($0): " } ?? "") + finding.title)
    }

    private func finding(_ finding: Finding) -> [String] {
        var lines = [style.bold(place(finding))]
        if let rule = finding.rule { lines.append("  rule: \(rule)") }
        if finding.count > 1 { lines.append("  seen \(finding.count) times") }
        lines += finding.evidence.prefix(Self.evidenceLines).map { style.dim("  | ") + Self.printable($0) }
        let rest = finding.evidence.count - Self.evidenceLines
        if rest > 0 { lines.append(style.dim("  | ... \(rest) more lines in kernel.log")) }
        return lines
    }

    private func energy(_ run: RunReport, _ records: [EnergyRecord]) -> [String] {
        let events = records.map(\.counts.count).max() ?? 0
        let header = ["process", "pid", "run time"] + (0..<events).map { "[\($0)]" } + ["energy µJ"]
        var table = TextTable(header: header, rightAligned: Set(1..<header.count))
        let shown = records.sorted { ($0.energyUj, $0.pid) > ($1.energyUj, $1.pid) }.prefix(Self.tableRows)
        for record in shown {
            let counts = (0..<events).map { $0 < record.counts.count ? String(record.counts[$0]) : "" }
            let time = record.runtimeNs.map { Self.time(Double($0) / 1e9) } ?? "-"
            table.add(
                [Self.printable(record.comm), String(record.pid), time] + counts + [String(record.energyUj)])
        }
        var lines = table.lines(indent: "  ")
        lines[0] = style.bold(lines[0])
        let rest = records.count - shown.count
        if rest > 0 { lines.append(style.dim("  ... \(rest) more in energy.jsonl")) }
        var summary =
            "  \(run.energy.records) records, \(run.energy.totalUj) µJ in all, counts \(run.pmu.rawValue)"
        if run.energy.lost > 0 { summary += ", \(run.energy.lost) lost" }
        if let error = run.energy.maxErrorUj { summary += ", at most \(error) µJ off the closed form" }
        return lines + [summary]
    }

    /// What the judges of records, counts and residue have compared, a line each.
    func judged(_ run: RunReport) -> [String] {
        (ledger(run) + counted(run) + residue(run) + growth(run)).map(Self.printable)
    }

    private func counted(_ run: RunReport) -> [String] {
        guard let counted = run.conservation else { return [] }
        guard counted.compared else { return ["counted   not compared with the CPUs"] }
        let busy = counted.cpuS - counted.idleS
        return [
            "counted   \(Self.time(busy)) of \(Self.time(counted.cpuS)) that CPUs were there, of that"
                + " \(Self.time(counted.untracedS)) for nobody, \(Self.time(counted.uncountedS)) of tasks not counted;"
                + String(format: " compared to %.2g %%", counted.blur * 100)
        ]
    }

    private func ledger(_ run: RunReport) -> [String] {
        guard let ledger = run.ledger else { return [] }
        var parts = ["\(ledger.tasks) tasks, \(ledger.exits) exits"]
        if ledger.judged {
            parts.append("\(ledger.exitsFound) records of \(ledger.exitsOwed) owed for exits")
            parts.append("\(ledger.aliveFound) of \(ledger.aliveOwed) for tasks alive at unload")
        } else {
            parts.append("records not held against it")
        }
        if ledger.wrongRecords > 0 { parts.append("\(ledger.wrongRecords) wrong records") }
        if ledger.overruns > 0 || ledger.missingEvents > 0 {
            parts.append("\(ledger.overruns) overruns, \(ledger.missingEvents) events missing")
        }
        return ["ledger    " + parts.joined(separator: "; ")]
    }

    private func residue(_ run: RunReport) -> [String] {
        guard let residue = run.residue else { return [] }
        let left = residue.items == 0 ? "nothing is left" : "\(residue.items) things are left"
        return ["residue   " + ([left] + residue.unseen).joined(separator: "; ")]
    }

    private func growth(_ run: RunReport) -> [String] {
        guard let trends = run.trends else { return [] }
        let lines = trends.map(\.text)
        return lines.isEmpty
            ? ["growth    too few samples to say"]
            : lines.enumerated().map { ($0 == 0 ? "growth    " : "          ") + $1 }
    }

    /// A number for people: three digits, or all before the point.
    static func number(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "?" }
        return abs(value) >= 100 || value == value.rounded()
            ? "\(Int(value.rounded()))" : String(format: "%.3g", value)
    }

    private static func printable(_ text: String) -> String { TerminalText.short(text) }

    private func firstLine(_ text: String) -> String {
        Self.printable(text.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? "")
    }

    /// Seconds for people: microseconds to minutes, three digits.
    public static func time(_ seconds: Double) -> String {
        switch seconds {
        case ..<0.001: String(format: "%.0f µs", seconds * 1e6)
        case ..<1: String(format: "%.0f ms", seconds * 1e3)
        case ..<100: String(format: "%.1f s", seconds)
        default: String(format: "%d:%02d min", Int(seconds) / 60, Int(seconds) % 60)
        }
    }
}
