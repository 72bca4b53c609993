// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import LabEngine
import Reports
import Synchronization

/// Shows a session of `pacctlab watch`: on a terminal each run on a screen of its own, elsewhere as lines.
final class WatchScreen: Sendable {
    private struct State {
        var began = ContinuousClock.now
        var history: [WatchText.Past] = []
        var verdict: Verdict?
    }

    /// Of ECMA-48: everything away, the cursor to the first line.
    private static let clear = "\u{1B}[H\u{1B}[2J"

    private let scenarios: [String]
    private let variant: String
    private let isLive: Bool
    private let text: WatchText
    private let view = ProgressView()
    private let state = Mutex(State())

    init(scenarios: [String], variant: String, plain: Bool) {
        self.scenarios = scenarios
        self.variant = variant
        isLive = !plain && Terminal.colour
        text = WatchText(style: TerminalStyle(colour: !plain && Terminal.colour))
    }

    /// Where builds and runs tell what they are doing. What is plain is for programs, which do not care.
    var progress: BuildProgress { isLive ? view.progress : .silent }

    /// The last verdict.
    var verdict: Verdict? { state.withLock { $0.verdict } }

    /// Shows what happened.
    func show(_ event: WatchSession.Event) {
        view.finish()
        switch event {
        case .began(let change):
            state.withLock { $0.began = .now }
            let shown = change?.lastComponent?.string
            Terminal.print([
                (isLive ? Self.clear : "") + text.began(scenarios, variant: variant, change: shown)
            ])
        case .finished(let runs): finish(runs.map(\.report))
        case .refused(let reason):
            state.withLock { $0.verdict = nil }
            Terminal.print(text.refused(reason))
        case .superseded: Terminal.print([text.superseded])
        }
    }

    private func finish(_ runs: [RunReport]) {
        let (seconds, history) = state.withLock { state in
            let seconds = state.began.duration(to: .now) / .seconds(1)
            let verdict = runs.map(\.verdict).max() ?? .inconclusive
            state.verdict = verdict
            state.history.append(
                .init(time: Date.now.formatted(Self.time), verdict: verdict, seconds: seconds))
            state.history.removeFirst(max(0, state.history.count - WatchText.shownVerdicts))
            return (seconds, state.history)
        }
        Terminal.print(text.finished(runs, seconds: seconds, history: history))
    }

    private static let time = Date.VerbatimFormatStyle(
        format:
            "\(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits)",
        timeZone: .current, calendar: Calendar(identifier: .gregorian))
}
