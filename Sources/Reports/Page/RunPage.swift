// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine

/// One run as a page: everything that ``RunPageTemplate`` shows, in the order and the words it shows it.
struct RunPage {
    /// A name and what it is.
    struct Fact {
        var name: String
        var value: String
    }

    /// A finding.
    struct Card {
        var title: String
        var location: String?
        var rule: String?
        var kind: String
        var seen: String?
        var source: [SourceLine]
        var hasSource: Bool
        var frames: [Frame]
        var hasFrames: Bool
        var evidence: [String]
        var more: String?
        var consequences: [String]
        var hasConsequences: Bool
    }

    /// A function of a stack.
    struct Frame {
        var name: String
        /// `+0x12/0x34 [module]`.
        var symbol: String
        var place: String?
        var remark: String?
        var kind: String
        var code: [SourceLine]
        var hasCode: Bool
        /// Whether its source is unfolded.
        var isOpen: Bool
    }

    /// A line of a source file.
    struct SourceLine {
        var number: Int
        var text: String
        var style: String
    }

    /// A step of the scenario.
    struct Step {
        var mark: String
        var style: String
        var name: String
        var indent: Int
        var time: String
        var message: String?
    }

    /// A process with its energy.
    struct Process {
        var name: String
        var pid: String
        var time: String
        var energy: String
        /// Length of its bar, percent of the longest.
        var share: String
        var counts: [String]
        var flags: String
    }

    /// A line of the kernel log.
    struct LogLine {
        var text: String
        var style: String
        var isClipped = false
    }

    /// Bytes of the parts of a page, as a browser on a phone takes them well. All together they bound the page:
    /// see ``HTMLReport/limit``.
    enum Limit {
        static let log = 1_600_000
        static let logHead = 400_000
        static let findings = 700_000
        static let records = 700_000
        static let steps = 256 << 10
        static let words = 128 << 10
    }

    /// What inline style and script of this page are known by: nobody could write it into the page beforehand.
    let nonce =
        String(UInt64.random(in: .min ... .max), radix: 36)
        + String(UInt64.random(in: .min ... .max), radix: 36)
    let css = PageStyle.css
    let script = PageStyle.script
    var title: String
    var word: String
    var style: String
    var subtitle: String
    var reason: String?
    var facts: [Fact]
    var cards: [Card]
    var hasCards: Bool
    var expected: [String]
    var hasExpected: Bool
    var cardsLeft: String?
    var timeline: Timeline?
    var steps: [Step]
    var stepsLeft: String?
    var judged: [Fact]
    var energyNote: String
    var events: [String]
    var processes: [Process]
    var hasProcesses: Bool
    /// Those with little energy, folded away.
    var others: [Process]
    var hasOthers: Bool
    var othersCount: Int
    var processesLeft: String?
    var notes: [String]
    var hasNotes: Bool
    var wordsLeft: String?
    var phases: [Fact]
    var log: [LogLine]
    var logNote: String?
    var hasLog: Bool
    var directory: String

    /// The page of a run.
    init(_ run: StoredRun) {
        let report = run.report
        var words = PageAllowance(Limit.words)
        title = PageAllowance.clipped("\(report.scenario) on \(report.variant)", to: 512)
        word = report.verdict.rawValue
        style = report.verdict.rawValue
        subtitle = PageAllowance.clipped("\(report.kernel ?? "kernel unknown"), seed \(report.seed)", to: 512)
        reason = report.reason.map { PageAllowance.clipped($0, to: PageAllowance.pieceLimit) }
        directory = PageAllowance.clipped(run.folder.string, to: PageAllowance.pieceLimit)
        facts = Self.facts(report)
        cards = Self.cards(report, run.sources)
        hasCards = !report.findings.isEmpty
        cardsLeft = Self.left(report.findings.count - cards.count, "findings", in: "run.json")
        expected = words.take((report.expected ?? []).map { Self.headline($0) })
        hasExpected = !expected.isEmpty
        timeline = Timeline(run)
        steps = Self.steps(report)
        stepsLeft = Self.left(report.steps.count - steps.count, "steps", in: "run.json")
        judged = Self.judged(report)
        energyNote = Self.energyNote(report)
        let table = ProcessTable(run)
        events = table.events
        processes = table.first
        others = table.others
        hasProcesses = !processes.isEmpty
        hasOthers = !others.isEmpty
        othersCount = others.count
        processesLeft = table.left
        notes = words.take(report.notes)
        hasNotes = !notes.isEmpty
        phases = report.phases.filter { $0.durationS >= 0.001 }.prefix(64).compactMap { phase in
            words.take(phase.name, limit: 256).map {
                Fact(name: $0, value: TerminalReport.time(phase.durationS))
            }
        }
        wordsLeft =
            words.isSpent
            ? "Notes and what was expected are longer than this page can hold; run.json has all." : nil
        let log = LogView(run)
        self.log = log.lines
        logNote = log.note
        hasLog = !log.lines.isEmpty
    }

    static func left(_ count: Int, _ what: String, in file: String) -> String? {
        count > 0 ? "\(count) more \(what) are in \(file)." : nil
    }

    // MARK: - parts

    private static func facts(_ report: RunReport) -> [Fact] {
        [
            Fact(name: "ran in", value: TerminalReport.time(report.durationS)),
            Fact(name: "accelerator", value: report.accel.rawValue.uppercased()),
            Fact(name: "CPUs", value: "\(report.cpus)"),
            Fact(name: "memory", value: "\(report.memoryMib) MiB"),
            Fact(name: "counters", value: report.pmu.rawValue),
            Fact(name: "records", value: "\(report.energy.records)"),
            Fact(name: "energy", value: report.energy.records > 0 ? "\(report.energy.totalUj) µJ" : "none"),
        ]
    }

    private static func steps(_ report: RunReport) -> [Step] {
        var room = PageAllowance(Limit.steps)
        var steps: [Step] = []
        for step in report.steps {
            let (mark, style) =
                switch step.status {
                case .passed: ("✓", "passed")
                case .failed: ("✗", "failed")
                case .skipped: ("–", "skipped")
                case .notReached: ("?", "inconclusive")
                }
            guard let name = room.take(step.name, limit: 1024, markup: 160) else { break }
            steps.append(
                Step(
                    mark: mark, style: style, name: name, indent: min(step.depth, 6),
                    time: step.durationS.map(TerminalReport.time) ?? step.status.rawValue,
                    message: step.message.map { room.take($0) ?? "… run.json has what it said" }))
        }
        return steps
    }

    private static func judged(_ report: RunReport) -> [Fact] {
        TerminalReport(style: TerminalStyle(colour: false)).judged(report).map { line in
            let parts = line.split(separator: " ", maxSplits: 1).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            let value = parts.count > 1 ? PageAllowance.clipped(parts[1], to: PageAllowance.pieceLimit) : ""
            return Fact(name: parts.first ?? "", value: value)
        }
    }

    private static func energyNote(_ report: RunReport) -> String {
        var text =
            "Counts are \(report.pmu.rawValue). \(report.energy.records) records, \(report.energy.totalUj) µJ in all"
        if let error = report.energy.maxErrorUj {
            text += ", at most \(error) µJ off the closed form of their counts"
        }
        if report.energy.lost > 0 {
            text += "; \(report.energy.lost) records were lost before anybody read them"
        }
        return text + "."
    }
}
