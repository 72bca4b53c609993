// SPDX-License-Identifier: Apache-2.0

import LabEngine

/// What a bisection came to, as people like to read it.
public struct BisectText: Sendable {
    private let style: TerminalStyle

    /// Texts in that style.
    public init(style: TerminalStyle) { self.style = style }

    /// One line about a commit.
    public func step(_ step: BisectStep) -> String {
        let word =
            switch step.outcome {
            case .good: style.green("good")
            case .bad: style.red("bad ")
            case .skip: style.yellow("skip")
            }
        return "\(word)  \(step.commit.prefix(12))  \(TerminalText.printable(step.subject))  "
            + style.dim(TerminalText.printable(step.reason))
    }

    /// The commit with what it shows, or those that are left.
    public func lines(_ report: BisectReport) -> [String] {
        var lines: [String] = []
        let tested =
            "\(report.steps.count) commits in \(TerminalReport.time(report.durationS)), scenario \(report.scenario)"
        if let commit = report.firstBad {
            lines += [
                style.red("FIRST BAD") + "  " + name(commit), style.dim("  \(commit.author), \(commit.date)"),
            ]
        } else {
            lines.append(style.yellow("INCONCLUSIVE") + "  \(report.reason ?? "nothing was found")")
            lines += report.candidates.map { "  " + name($0) }
        }
        if let finding = report.finding {
            let place = finding.location.map { "\($0): " } ?? ""
            lines += ["", TerminalText.printable(place + finding.title)]
            if let rule = finding.rule { lines.append("  rule: \(TerminalText.printable(rule))") }
        }
        if let evidence = report.steps.last(where: { $0.outcome == .bad })?.evidence {
            lines.append("evidence  \(evidence)")
        }
        return lines + [style.dim(tested)]
    }

    private func name(_ commit: BisectReport.Commit) -> String {
        "\(commit.hash.prefix(12))  \(TerminalText.printable(commit.subject))"
    }
}
