// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Reports
import Synchronization

/// Shows what a build does on standard error: one line that moves on a terminal, plain lines in a log.
final class ProgressView: Sendable {
    private struct State {
        var phase: String?
        var began = ContinuousClock.now
        var done = 0
        var total = 0
        var lastDraw: ContinuousClock.Instant?
        var lineIsOpen = false
    }

    /// In a log, a phase that takes long says so this often.
    private static let logInterval = Duration.seconds(30)
    private static let drawInterval = Duration.milliseconds(100)
    private static let barWidth = 24

    private let state = Mutex(State())
    private let live: Bool
    private let style: TerminalStyle

    init() {
        live = Terminal.progressIsVisible
        style = TerminalStyle(colour: Terminal.errorColour)
    }

    /// The sink to hand to builders.
    var progress: BuildProgress { BuildProgress { [self] event in take(event) } }

    /// Ends the current phase, if one is open, and leaves the cursor at the start of a line.
    func finish() {
        state.withLock { state in
            close(&state, ended: true)
            state.phase = nil
        }
    }

    private func take(_ event: BuildEvent) {
        state.withLock { state in
            switch event {
            case .phase(let name):
                close(&state, ended: true)
                state = State(phase: name)
                live ? draw(&state) : Terminal.printError("\(name)\n")
                state.lastDraw = .now
            case .step(let done, let total):
                state.done = done
                state.total = total
                let interval = live ? Self.drawInterval : Self.logInterval
                if let last = state.lastDraw, last.duration(to: .now) < interval { return }
                live ? draw(&state) : Terminal.printError("  \(summary(state))\n")
                state.lastDraw = .now
            case .line(let text):
                close(&state, ended: false)
                Terminal.printError("  \(text)\n")
                if live { draw(&state) }
            }
        }
    }

    private func summary(_ state: State) -> String {
        guard state.total > 0 else { return clock(state.began.duration(to: .now)) }
        let share = min(1, Double(state.done) / Double(state.total))
        var text = "\(Int(share * 100)) %, \(clock(state.began.duration(to: .now)))"
        if let remaining = remaining(state, share: share) { text += ", \(clock(remaining)) to go" }
        return text
    }

    /// An estimate from the pace so far; none before it means anything.
    private func remaining(_ state: State, share: Double) -> Duration? {
        let elapsed = state.began.duration(to: .now)
        guard share > 0.02 && share < 1 && elapsed > .seconds(2) else { return nil }
        return elapsed * ((1 - share) / share)
    }

    private func draw(_ state: inout State) {
        guard let phase = state.phase else { return }
        var text = phase
        if state.total > 0 {
            let share = min(1, Double(state.done) / Double(state.total))
            let filled = Int(share * Double(Self.barWidth))
            text +=
                "  [" + String(repeating: "=", count: filled)
                + String(repeating: " ", count: Self.barWidth - filled) + "]"
        }
        text += "  " + summary(state)
        Terminal.printError("\r\u{1B}[K" + String(text.prefix(max(10, Terminal.columns - 1))))
        state.lineIsOpen = true
    }

    private func close(_ state: inout State, ended: Bool) {
        if live {
            if state.lineIsOpen { Terminal.printError("\r\u{1B}[K") }
            state.lineIsOpen = false
        }
        guard ended, let phase = state.phase else { return }
        let took = state.began.duration(to: .now)
        if live {
            Terminal.printError("\(style.green("✓")) \(phase)  \(style.dim(clock(took)))\n")
        } else if took > .seconds(1) {
            Terminal.printError("  took \(clock(took))\n")
        }
    }

    private func clock(_ duration: Duration) -> String {
        let seconds = duration / .seconds(1)
        if seconds < 10 { return "\((seconds * 10).rounded() / 10) s" }
        if seconds < 90 { return "\(Int(seconds)) s" }
        let rest = Int(seconds) % 60
        return "\(Int(seconds) / 60):\(rest < 10 ? "0" : "")\(rest) min"
    }
}
