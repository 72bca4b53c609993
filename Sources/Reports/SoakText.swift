// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import RunStore

/// Campaigns and gates, as people like to read them.
public struct SoakText: Sendable {
    private static let signaturesShown = 20

    private let style: TerminalStyle

    /// Texts in that style.
    public init(style: TerminalStyle) { self.style = style }

    /// One line about a run, for a log.
    public func ran(_ cell: String, _ run: RunReport, done: Int) -> String {
        let mark =
            switch run.verdict {
            case .passed: style.green("✓")
            case .failed: style.red("✗")
            case .inconclusive: style.yellow("?")
            }
        return "[\(done)] \(mark) \(cell)/s\(run.seed)  \(TerminalReport.time(run.durationS))"
    }

    /// One line about a bug that the campaign had not seen.
    public func found(_ signature: String, _ run: RunReport) -> String {
        let finding = run.findings.first { $0.signature == signature }
        let place = finding?.location.map { "\($0): " } ?? ""
        return style.red("new") + "  " + TerminalText.printable(place + (finding?.title ?? signature))
    }

    /// How a campaign stands.
    public func lines(_ standing: SoakStanding) -> [String] {
        var lines = [style.bold(standing.campaign) + "  \(state(standing))  module \(standing.module)"]
        var table = TextTable(
            header: ["cell", "passed", "failed", "no answer", "failure rate (95 %)", "clean runs to go"],
            rightAligned: [1, 2, 3, 5])
        for cell in standing.cells {
            let rate =
                cell.rate.tries == 0
                ? "-" : "\(ExploreText.percent(cell.rate.low)) to \(ExploreText.percent(cell.rate.high))"
            table.add([
                cell.name, "\(cell.passed)", "\(cell.failed)", "\(cell.inconclusive)", rate,
                cell.cleanRunsNeeded == 0 ? "shown" : "\(cell.cleanRunsNeeded)",
            ])
        }
        lines += table.lines(indent: "  ")
        lines.append(
            style.dim(
                "  to be shown: a failure rate below \(ExploreText.percent(standing.target)) with 95 % confidence"
            ))
        for bug in standing.signatures.prefix(Self.signaturesShown) {
            let place = bug.location.map { "\($0): " } ?? ""
            lines += [
                "", style.bold(TerminalText.printable(place + bug.title)),
                "  \(bug.runs) runs, first \(Self.time(bug.first)), last \(Self.time(bug.last))",
                "  evidence  \(bug.evidence)",
            ]
        }
        return lines + ["", verdict(standing)]
    }

    /// Campaigns, a line each.
    public func list(_ campaigns: [StoredCampaign]) -> [String] {
        var table = TextTable(header: ["campaign", "plan", "state", "begun", ""], rightAligned: [])
        for campaign in campaigns {
            table.add([
                campaign.id, campaign.name, campaign.state.rawValue, Self.time(campaign.created),
                campaign.reason ?? "",
            ])
        }
        return campaigns.isEmpty ? ["no campaign yet: pacctlab soak start"] : table.lines(indent: "")
    }

    /// The gate's answer, with the evidence for it.
    public func lines(_ gate: Gate) -> [String] {
        var table = TextTable(header: ["", "demand", "evidence"], rightAligned: [])
        for demand in gate.demands {
            let mark =
                switch demand.verdict {
                case .passed: style.green("✓")
                case .failed: style.red("✗")
                case .inconclusive: style.yellow("?")
                }
            table.add([mark, demand.text, TerminalText.printable(demand.evidence)])
        }
        let answer =
            switch gate.verdict {
            case .passed: style.green("GO")
            case .failed: style.red("NO-GO")
            case .inconclusive: style.yellow("NOT YET") + "  there is not enough evidence"
            }
        return Array(table.lines(indent: "  ").dropFirst())
            + [
                "",
                "\(answer)  module \(gate.module), version \(gate.version.prefix(12)), campaign \(gate.campaign)",
            ]
    }

    private func state(_ standing: SoakStanding) -> String {
        switch standing.state {
        case .ended: "ended: \(standing.reason ?? "")"
        case .paused: "paused"
        case .stopping: "stopping"
        case .running where standing.isAlive: "running"
        case .running: style.yellow("its process is gone; pacctlab soak resume \(standing.campaign) goes on")
        }
    }

    private func verdict(_ standing: SoakStanding) -> String {
        let runs = "\(standing.runs) runs"
        return switch standing.verdict {
        case .passed: style.green("PASSED") + "  \(runs), every cell has shown its rate"
        case .failed: style.red("FAILED") + "  \(runs), \(standing.signatures.count) bugs"
        case .inconclusive: style.yellow("INCONCLUSIVE") + "  \(runs), and not enough of them yet"
        }
    }

    private static func time(_ seconds: Double) -> String {
        Date(timeIntervalSince1970: seconds).formatted(
            .iso8601.dateTimeSeparator(.space).timeSeparator(.colon))
    }
}
