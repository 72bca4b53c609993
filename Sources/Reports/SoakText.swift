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

    /// Why it begins no runs for a while.
    public func resting(_ rest: SoakRest) -> String {
        switch rest {
        case .paused: "paused; pacctlab soak resume goes on"
        case .diskFull: "the disk is all but full: it goes on when there is room for a run's evidence"
        case .quiet(let end): "quiet hours, until \(Self.time(end.timeIntervalSince1970))"
        }
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
        lines += trends(standing.trends) + standing.changes.flatMap(change)
        for bug in standing.signatures.prefix(Self.signaturesShown) {
            let place = bug.location.map { "\($0): " } ?? ""
            lines += [
                "", style.bold(TerminalText.printable(place + bug.title)),
                "  \(bug.runs) runs, first \(Self.time(bug.first)), last \(Self.time(bug.last)); \(frequency(bug))",
                "  again     "
                    + zip(bug.cells, bug.seeds).prefix(3).map { "\($0) with seed \($1)" }.joined(
                        separator: ", "),
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

    private func frequency(_ bug: SoakStanding.Signature) -> String {
        let share = "\(ExploreText.percent(bug.rate.low)) to \(ExploreText.percent(bug.rate.high)) of runs"
        return switch bug.kind {
        case .deterministic: "every run since"
        case .flaky: "flaky, \(share), \(bug.trend.rawValue)"
        case .open: "too few runs to say how often"
        }
    }

    private func trends(_ trends: [SoakTrend]) -> [String] {
        guard !trends.isEmpty else { return [] }
        var table = TextTable(
            header: ["", "cell", "series", "runs", "growth for 10,000 tasks (99 %)", "mean"],
            rightAligned: [3, 5])
        for trend in trends {
            table.add([
                trend.verdict == .failed ? style.red("✗") : style.green("✓"), trend.cell,
                trend.series.rawValue, "\(trend.runs)", trend.text,
                "\(TerminalReport.number(trend.mean)) \(trend.unit)",
            ])
        }
        return [""] + table.lines(indent: "  ")
    }

    private func change(_ change: SoakChange) -> [String] {
        let answer =
            switch change.answer {
            case .better: style.green("better")
            case .worse: style.red("worse")
            case .same: "not told apart"
            }
        let title =
            "version \(change.version.prefix(12)) after \(change.before.prefix(12)), since "
            + "\(Self.time(change.first)): \(answer) (\(change.runsBefore) runs before, \(change.runsAfter) since)"
        return ["", title]
            + change.items.filter { $0.answer != .same || $0.unit.isEmpty }.map { item in
                let (before, after) =
                    item.unit.isEmpty
                    ? (ExploreText.percent(item.before), ExploreText.percent(item.after))
                    : (
                        TerminalReport.number(item.before),
                        TerminalReport.number(item.after) + " " + item.unit
                    )
                return "  \(item.what): \(before) → \(after), \(item.answer.rawValue)"
            }
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
