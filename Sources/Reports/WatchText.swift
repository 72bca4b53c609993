// SPDX-License-Identifier: Apache-2.0

import LabEngine

/// What `pacctlab watch` shows: the verdict, the problems, how long each phase took, and the last ten verdicts.
public struct WatchText: Sendable {
    /// One verdict of those before.
    public struct Past: Sendable, Equatable {
        /// When it came, as in "14:03:07".
        public var time: String
        /// It.
        public var verdict: Verdict
        /// From the save to it, seconds.
        public var seconds: Double

        /// Makes one; see the properties of the same names.
        public init(time: String, verdict: Verdict, seconds: Double) {
            self.time = time
            self.verdict = verdict
            self.seconds = seconds
        }
    }

    /// How the first line of a run begins, for editors that wait for it.
    public static let beginning = "watch: running "
    /// How the last line of a run begins.
    public static let ending = "watch: verdict "
    /// Verdicts that are shown.
    public static let shownVerdicts = 10

    private let style: TerminalStyle

    /// - Parameter style: Of the terminal that it is shown on.
    public init(style: TerminalStyle) { self.style = style }

    /// The line that a run begins with.
    public func began(_ scenarios: [String], variant: String, change: String?) -> String {
        let cause = change.map { ", since \($0) changed" } ?? ""
        return style.dim("\(Self.beginning)\(scenarios.joined(separator: ", ")) on \(variant)\(cause)")
    }

    /// The lines after a run.
    public func finished(_ runs: [RunReport], seconds: Double, history: [Past]) -> [String] {
        var lines: [String] = []
        for run in runs {
            lines += ProblemLines.of(run)
            lines += phases(run)
        }
        if let last = runs.last, last.verdict != .passed { lines.append("evidence  \(last.directory)") }
        lines.append(last(history))
        let verdict = runs.map(\.verdict).max() ?? .inconclusive
        lines.append("\(Self.ending)\(word(verdict)) \(Self.text(seconds))")
        return lines
    }

    /// The lines when there was nothing to run.
    public func refused(_ reason: String) -> [String] { [reason, "\(Self.ending)\(style.yellow("NONE"))"] }

    /// The line when a change came before the verdict.
    public var superseded: String { style.dim("changed meanwhile: starting again") }

    private func phases(_ run: RunReport) -> [String] {
        let steps = run.steps.filter { $0.depth == 0 && $0.durationS != nil }
            .map { "\($0.name) \(Self.text($0.durationS ?? 0))" }
        let phases = run.phases.filter { $0.durationS >= 0.05 }
            .map { "\($0.name) \(Self.text($0.durationS))" }
        guard !phases.isEmpty else { return [] }
        let name = run.scenario
        let guest =
            steps.isEmpty ? [] : [style.dim("  by the guest's clock: \(steps.joined(separator: ", "))")]
        return ["\(name): \(phases.joined(separator: ", "))"] + guest
    }

    private func last(_ history: [Past]) -> String {
        let shown = history.suffix(Self.shownVerdicts).map { past in
            "\(past.time) \(mark(past.verdict)) \(Self.text(past.seconds))"
        }
        return "last: " + shown.joined(separator: " · ")
    }

    private func mark(_ verdict: Verdict) -> String {
        switch verdict {
        case .passed: style.green("✓")
        case .failed: style.red("✗")
        case .inconclusive: style.yellow("?")
        }
    }

    private func word(_ verdict: Verdict) -> String {
        let text = verdict.rawValue.uppercased()
        return switch verdict {
        case .passed: style.green(text)
        case .failed: style.red(text)
        case .inconclusive: style.yellow(text)
        }
    }

    private static func text(_ seconds: Double) -> String { "\((seconds * 10).rounded() / 10) s" }
}
