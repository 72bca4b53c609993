// SPDX-License-Identifier: Apache-2.0

import LabEngine

/// What exploring came to, as people like to read it.
public struct ExploreText: Sendable {
    /// Seeds of a bug that are named.
    private static let seedsShown = 12
    private static let unansweredShown = 5

    private let style: TerminalStyle

    /// Texts in that style.
    public init(style: TerminalStyle) { self.style = style }

    /// One line about a bug that was seen for the first time.
    public func found(_ finding: SeedResult.Symptom, seed: UInt64) -> String {
        style.red("seed \(seed)") + "  " + headline(finding)
    }

    /// One line about a run that had no answer.
    public func unanswered(_ reason: String, seed: UInt64) -> String {
        style.yellow("seed \(seed)") + "  no answer: \(Self.firstLine(reason))"
    }

    /// The bugs with their rates, what had no answer, and the verdict.
    public func lines(_ report: ExploreReport) -> [String] {
        var lines: [String] = []
        for group in report.groups { lines += [""] + self.group(group) }
        if !report.inconclusive.isEmpty { lines += [""] + unanswered(report) }
        lines += ["", verdict(report)]
        if let pace = report.seedsPerMinute {
            lines.append(
                style.dim(
                    "\(Self.rounded(pace)) seeds a minute, \(report.jobs) guests at once, on \(report.variant) "
                        + "with \(report.cpus) CPUs"))
        }
        lines.append("campaign  \(report.directory)")
        if let stopped = report.stopped, report.passed + report.failed < report.wanted {
            lines.append("stopped by \(stopped); go on: pacctlab explore --resume \(report.directory)")
        }
        return lines
    }

    // MARK: - parts

    private func group(_ group: ExploreReport.Group) -> [String] {
        let rate = group.rate
        var shown = group.seeds.prefix(Self.seedsShown).map(String.init).joined(separator: " ")
        if group.seeds.count > Self.seedsShown { shown += " ... \(group.seeds.count) in all" }
        var lines = [
            style.bold(headline(group.finding)),
            "  \(rate.hits) of \(rate.tries) seeds, \(Self.percent(rate.share)) (95 %: \(Self.percent(rate.low)) to "
                + "\(Self.percent(rate.high)))",
            "  seeds     \(shown)",
        ]
        if let rule = group.finding.rule { lines.append("  rule      \(TerminalText.printable(rule))") }
        if let folder = group.directory { lines.append("  evidence  \(folder)") }
        return lines
    }

    private func headline(_ finding: SeedResult.Symptom) -> String {
        let title = Self.firstLine(finding.title)
        return finding.location.map { "\($0): \(title)" } ?? title
    }

    private func unanswered(_ report: ExploreReport) -> [String] {
        let all = report.inconclusive
        var lines = [style.yellow("\(all.count) seeds had no answer, and are in no rate:")]
        lines += all.prefix(Self.unansweredShown).map { "  seed \($0.seed): \(Self.firstLine($0.reason))" }
        if all.count > Self.unansweredShown { lines.append("  ... \(all.count - Self.unansweredShown) more") }
        return lines
    }

    private func verdict(_ report: ExploreReport) -> String {
        let time = TerminalReport.time(report.durationS)
        let answers = report.passed + report.failed
        let counts =
            "\(answers) of \(report.wanted) seeds (\(report.seeds)) of \(report.scenario), in \(time)"
        switch report.verdict {
        case .passed:
            let rate = HitRate(hits: 0, tries: report.passed)
            return style.green("PASSED") + "  \(counts); what nobody saw happens in at most "
                + "\(Self.percent(rate.high)) of seeds (95 %)"
        case .failed:
            return style.red("FAILED") + "  \(report.failed) with findings, of \(counts)"
        case .inconclusive: return style.yellow("INCONCLUSIVE") + "  answers from \(counts)"
        }
    }

    /// Two digits that count, as in "0.73 %" and "12 %".
    public static func percent(_ share: Double) -> String {
        let value = share * 100
        return (value >= 10 ? "\(Int(value.rounded()))" : "\(rounded(value))") + " %"
    }

    private static func rounded(_ value: Double) -> String {
        if value == 0 { return "0" }
        if value >= 10 { return "\(Int(value.rounded()))" }
        let scale: Double = value >= 1 ? 10 : 100
        return "\((value * scale).rounded() / scale)"
    }

    private static func firstLine(_ text: String) -> String {
        TerminalText.printable(text.split(whereSeparator: \.isNewline).first.map(String.init) ?? text)
    }
}
