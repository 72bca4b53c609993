// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine

/// How two runs differ, as people like to read it.
public struct CompareText: Sendable {
    private let style: TerminalStyle

    /// Texts in that style.
    public init(style: TerminalStyle) { self.style = style }

    /// What is not the same, most telling first.
    public func lines(_ comparison: RunComparison) -> [String] {
        var lines = zip(comparison.runs, comparison.verdicts).map { "\($0)  \(word($1))" }
        lines += section("what went in", comparison.inputs.map(change))
        lines += section(style.red("new findings"), comparison.new.map(item))
        lines += section(style.green("gone"), comparison.gone.map(item))
        lines += section("found in both", comparison.same.map(item))
        lines += section("steps", comparison.steps.map(change))
        lines += section("figures", table(comparison.figures))
        lines += section(style.dim("times of the host"), table(comparison.hostTimes))
        lines += comparison.notes.map { "note: \($0)" }
        return lines + ["", verdict(comparison)]
    }

    private func section(_ title: String, _ lines: [String]) -> [String] {
        lines.isEmpty ? [] : ["", style.bold(title)] + lines.map { "  " + $0 }
    }

    private func change(_ change: RunComparison.Change) -> String {
        TerminalText.printable(
            change.first.isEmpty && change.second.isEmpty
                ? "\(change.what) differs" : "\(change.what): \(change.first) -> \(change.second)")
    }

    private func item(_ item: RunComparison.Item) -> String {
        TerminalText.printable((item.location.map { "\($0): " } ?? "") + item.title)
    }

    private func table(_ figures: [RunComparison.Figure]) -> [String] {
        guard !figures.isEmpty else { return [] }
        var table = TextTable(header: ["", "first", "second", "", ""], rightAligned: [1, 2, 4])
        for figure in figures {
            table.add([
                TerminalText.printable(figure.what), number(figure.first), number(figure.second), figure.unit,
                figure.ratio.map { String(format: "x %.2f", $0) } ?? "",
            ])
        }
        return table.lines(indent: "")
    }

    private func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15
            ? String(format: "%.0f", value) : String(format: "%.3f", value)
    }

    private func word(_ verdict: Verdict) -> String {
        switch verdict {
        case .passed: style.green("passed")
        case .failed: style.red("failed")
        case .inconclusive: style.yellow("inconclusive")
        }
    }

    private func verdict(_ comparison: RunComparison) -> String {
        switch comparison.verdict {
        case .passed: style.green("PASSED") + "  the second run shows nothing that the first did not"
        case .failed:
            style.red("FAILED") + "  the second run shows \(comparison.new.count) that the first did not"
        case .inconclusive: style.yellow("INCONCLUSIVE") + "  a run had no answer, and proves nothing"
        }
    }
}
