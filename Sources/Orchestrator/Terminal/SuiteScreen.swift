// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import Reports
import Synchronization

/// Shows a suite at work on standard error: a table that moves on a terminal, a line for each run in a log.
final class SuiteScreen: Sendable {
    private struct Running {
        let cell: SuiteCell
        let since: ContinuousClock.Instant
        var phase = ""
    }

    private struct State {
        var running: [Running] = []
        var preparing: SuiteCell?
        var pace: SuitePace
        var passed = 0
        var failed = 0
        var unanswered = 0
        var drawn = 0
        var lastDraw: ContinuousClock.Instant?
    }

    private static let interval = Duration.milliseconds(100)
    /// Of ECMA-48: the cursor so many lines up, and everything below it away.
    private static func rewind(_ lines: Int) -> String { lines > 0 ? "\u{1B}[\(lines)A\r\u{1B}[J" : "" }

    private let isLive = Terminal.progressIsVisible
    private let text = SuiteText(style: TerminalStyle(colour: Terminal.errorColour))
    private let style = TerminalStyle(colour: Terminal.errorColour)
    private let name: String
    private let state: Mutex<State>

    init(name: String, cells: Int) {
        self.name = name
        state = Mutex(State(pace: SuitePace(cells: cells)))
    }

    /// Moves the clocks on until the task is cancelled.
    func tick() async {
        guard isLive else { return }
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(500))
            state.withLock { draw(&$0) }
        }
    }

    /// Takes the table away; lines stay.
    func finish() {
        state.withLock { state in
            Terminal.printError(Self.rewind(state.drawn))
            state.drawn = 0
            state.running = []
            state.preparing = nil
        }
    }

    /// Shows what happened.
    func show(_ event: SuiteRunner.Event) {
        state.withLock { state in
            switch event {
            case .preparing(let cell):
                state.preparing = cell
                if !isLive { Terminal.printError("build what \(cell.scenario) on \(cell.variant) needs\n") }
            case .started(let cell), .rerunning(let cell):
                if state.preparing?.variant == cell.variant { state.preparing = nil }
                state.running.append(Running(cell: cell, since: .now))
            case .phase(let cell, let phase):
                guard let place = state.running.firstIndex(where: { $0.cell == cell }) else { return }
                state.running[place].phase = phase
            case .finished(let cell, let run):
                end(cell, &state)
                switch run.verdict {
                case .passed: state.passed += 1
                case .failed: state.failed += 1
                case .inconclusive: state.unanswered += 1
                }
                state.pace.finished()
                say(text.finished(cell.name, run), &state)
            case .retrying(let cell, let run):
                end(cell, &state)
                say([text.retrying(cell.name, run)], &state)
            case .reran(let cell, _, let isFlaky):
                end(cell, &state)
                say([text.reran(cell.name, isFlaky: isFlaky)], &state)
            }
            if let last = state.lastDraw, last.duration(to: .now) < Self.interval { return }
            draw(&state)
        }
    }

    private func end(_ cell: SuiteCell, _ state: inout State) {
        if let place = state.running.firstIndex(where: { $0.cell == cell }) {
            state.running.remove(at: place)
        }
    }

    private func say(_ lines: [String], _ state: inout State) {
        let counter = isLive ? "" : "[\(state.pace.done)/\(state.pace.cells)] "
        Terminal.printError(Self.rewind(state.drawn))
        state.drawn = 0
        Terminal.printError(lines.map { counter + $0 + "\n" }.joined())
    }

    private func draw(_ state: inout State) {
        guard isLive else { return }
        let width = max(20, Terminal.columns - 1)
        var lines = [headline(state)]
        if let cell = state.preparing {
            lines.append("  build what \(cell.scenario) on \(cell.variant) needs")
        }
        lines += state.running.map { running in
            let seconds = Int(running.since.duration(to: .now) / .seconds(1))
            return "  \(running.cell.name)  \(seconds) s  \(running.phase)"
        }
        let text = lines.map { String($0.prefix(width)) + "\n" }.joined()
        Terminal.printError(Self.rewind(state.drawn) + text)
        state.drawn = lines.count
        state.lastDraw = .now
    }

    private func headline(_ state: State) -> String {
        var parts = ["\(name)  \(state.pace.done) of \(state.pace.cells)"]
        if state.passed > 0 { parts.append("\(state.passed) passed") }
        if state.failed > 0 { parts.append("\(state.failed) failed") }
        if state.unanswered > 0 { parts.append("\(state.unanswered) without an answer") }
        if let left = state.pace.remaining { parts.append("\(SuitePace.text(left)) to go") }
        return parts.joined(separator: " · ")
    }
}
