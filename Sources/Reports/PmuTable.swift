// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine

/// What each event of the module's table does in a guest, as people like to read it.
public struct PmuTable {
    private static let reasonLength = 160

    private let style: TerminalStyle

    /// A table in that style.
    public init(style: TerminalStyle) { self.style = style }

    /// The lines of a report.
    public func lines(_ report: PmuReport) -> [String] {
        var lines = [style.dim(machine(report))] + host(report)
        for core in report.cores { lines += [""] + table(core, scope: report.scope) }
        return lines + ["", verdict(report), "", "evidence  \(report.run.directory)"]
    }

    // MARK: - parts

    private func machine(_ report: PmuReport) -> String {
        let run = report.run
        return [
            "pmu on \(run.variant)", run.kernel ?? "kernel unknown", run.accel.rawValue.uppercased(),
            "\(run.cpus) CPUs", "counters \(report.pmu.rawValue)", "seed \(run.seed)",
        ].joined(separator: " · ")
    }

    private func host(_ report: PmuReport) -> [String] {
        let reason = report.host.reason
        let gist =
            reason.count > Self.reasonLength
            ? "\(reason.prefix(Self.reasonLength))... (pacctlab doctor says all of it)" : reason
        var lines = [report.host.hasVirtualPmu ? "virtual PMU: \(gist)" : "no virtual PMU: \(gist)"]
        if let advice = report.host.advice { lines.append("  what to do: \(advice)") }
        if report.run.pmu != report.pmu {
            lines.append(
                style.yellow(
                    "the lab provided counters \"\(report.run.pmu.rawValue)\", the module found"
                        + " \"\(report.pmu.rawValue)\""))
        }
        return lines
    }

    private func table(_ core: PmuReport.Core, scope: String?) -> [String] {
        let cpus = core.cpus.isEmpty ? "" : ", CPUs \(core.cpus.map(String.init).joined(separator: " "))"
        let fitted = core.isFitted ? "" : ", never fitted: its energy is zero"
        let counters = scope.map { ", one set for each \($0)" } ?? ""
        var table = TextTable(
            header: ["", "event", "config", "coefficient", "", "counted"], rightAligned: [3, 5])
        for event in core.events {
            table.add([
                "[\(event.index)]", TerminalText.printable(event.name),
                "0x" + String(event.config, radix: 16), String(event.coefficient), Self.state(event),
                event.state == .absent || event.state == .refused
                    ? "-" : OverheadTable.grouped(Double(event.count)),
            ])
        }
        var lines = table.lines(indent: "  ")
        lines[0] = style.bold(lines[0])
        return [
            TerminalText.printable(
                "table \(core.table) on PMU \(core.pmu ?? "(none)")\(cpus)\(counters)\(fitted)")
        ] + lines
    }

    /// The state in a few words, with what it hangs on.
    private static func state(_ event: PmuReport.Event) -> String {
        switch event.state {
        case .counts: return event.error.map { "counts, on some CPUs refused (\($0))" } ?? "counts"
        case .zero: return "zero"
        case .refused: return "refused (\(event.error ?? "?"))"
        case .multiplexed:
            return "multiplexed (\(String(format: "%.0f", (event.share ?? 0) * 100)) % of the time)"
        case .absent: return "no PMU"
        }
    }

    private func verdict(_ report: PmuReport) -> String {
        switch report.verdict {
        case .passed: return style.green("PASSED")
        case .failed:
            return style.red("FAILED") + "  "
                + TerminalText.printable(report.run.findings.map(\.title).joined(separator: "; "))
        case .inconclusive: return style.yellow("INCONCLUSIVE") + "  \(report.reason ?? "")"
        }
    }
}
