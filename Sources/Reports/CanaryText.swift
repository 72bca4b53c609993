// SPDX-License-Identifier: Apache-2.0

import LabEngine

/// Canaries as people like to read them.
public struct CanaryText: Sendable {
    private let style: TerminalStyle

    /// Texts in that style.
    public init(style: TerminalStyle) { self.style = style }

    /// The list of what there is.
    public func list(_ canaries: [Canary]) -> [String] {
        var table = TextTable(
            header: ["canary", "variant", "expected class", "a line to blame"], rightAligned: [])
        for canary in canaries {
            table.add([
                canary.name, canary.variant, canary.classes.map(\.rawValue).joined(separator: " or "),
                canary.hasLine ? "yes" : "no",
            ])
        }
        return table.lines(indent: "")
    }

    /// One line about one that has just come to its end.
    public func progress(_ result: CanaryResult, done: Int, of all: Int) -> String {
        let time = TerminalReport.time(result.durationS)
        return "[\(done)/\(all)] \(result.name) on \(result.variant): \(outcome(result)) in \(time)"
    }

    /// The table, what got through, and the verdict.
    public func lines(_ report: CanariesReport) -> [String] {
        var table = TextTable(
            header: [
                "", "canary", "variant", "expected class", "class found", "location", "right?", "detected in",
            ],
            rightAligned: [7])
        for result in report.canaries { table.add(row(result)) }
        var lines = table.lines(indent: "")
        lines[0] = style.bold(lines[0])
        for result in report.canaries {
            guard let reason = result.reason else { continue }
            lines += ["", style.bold("\(result.name) on \(result.variant): \(reason)")]
            if let title = result.title { lines.append("  found: \(title)") }
            lines.append("  evidence  \(result.directory)")
        }
        return lines + ["", verdict(report)]
    }

    // MARK: - parts

    private func row(_ result: CanaryResult) -> [String] {
        let mark =
            switch result.verdict {
            case .passed: style.green("✓")
            case .failed: style.red("✗")
            case .inconclusive: style.yellow("?")
            }
        return [
            mark, result.name, result.variant, result.expected.map(\.rawValue).joined(separator: " or "),
            result.found?.rawValue ?? "-", result.location ?? "-",
            result.locationRight.map { $0 ? "yes" : "no" } ?? "none to blame",
            result.detectS.map(TerminalReport.time) ?? "-",
        ]
    }

    private func outcome(_ result: CanaryResult) -> String {
        switch result.verdict {
        case .passed: style.green("caught")
        case .failed: style.red(result.found == nil ? "got through" : "not caught rightly")
        case .inconclusive: style.yellow("inconclusive")
        }
    }

    private func verdict(_ report: CanariesReport) -> String {
        let all = report.canaries.count
        let caught = report.canaries.count { $0.verdict == .passed }
        let times =
            "in \(TerminalReport.time(report.durationS)), CPU time \(TerminalReport.time(report.cpuS))"
        switch report.verdict {
        case .passed: return style.green("PASSED") + "  all \(all) canaries were caught \(times)"
        case .failed: return style.red("FAILED") + "  \(caught) of \(all) canaries were caught \(times)"
        case .inconclusive:
            return style.yellow("INCONCLUSIVE") + "  \(caught) of \(all) canaries were caught \(times)"
        }
    }
}
