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
        var evidence: [String]
        var more: String?
        var consequences: [String]
        var hasConsequences: Bool
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
    }

    private static let evidenceLines = 120
    private static let processesShown = 1000
    private static let processesOpen = 20
    /// A browser on a phone takes some thousand lines well.
    private static let logHead = 1500
    private static let logTail = 4500

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
    var timeline: Timeline?
    var steps: [Step]
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
    var phases: [Fact]
    var log: [LogLine]
    var logNote: String?
    var hasLog: Bool
    var directory: String

    /// The page of a run.
    init(_ run: StoredRun) {
        let report = run.report
        title = "\(report.scenario) on \(report.variant)"
        word = report.verdict.rawValue
        style = report.verdict.rawValue
        subtitle = "\(report.kernel ?? "kernel unknown"), seed \(report.seed)"
        reason = report.reason
        facts = Self.facts(report)
        cards = report.findings.map { Self.card($0, run.sources) }
        hasCards = !cards.isEmpty
        expected = (report.expected ?? []).map { Self.headline($0) }
        hasExpected = !expected.isEmpty
        timeline = Timeline(run)
        steps = report.steps.map(Self.step)
        judged = Self.judged(report)
        energyNote = Self.energyNote(report)
        events = (0..<(run.records.map(\.counts.count).max() ?? 0)).map { "[\($0)]" }
        let all = Self.processes(run.records, events: events.count)
        processes = Array(all.prefix(Self.processesOpen))
        others = Array(all.dropFirst(Self.processesOpen))
        hasProcesses = !processes.isEmpty
        hasOthers = !others.isEmpty
        othersCount = others.count
        let left = run.records.count - all.count
        processesLeft = left > 0 ? "\(left) more records are in energy.jsonl." : nil
        notes = report.notes
        hasNotes = !notes.isEmpty
        phases = report.phases.filter { $0.durationS >= 0.001 }
            .map { Fact(name: $0.name, value: TerminalReport.time($0.durationS)) }
        let lines = run.log.last?.text.isEmpty == true ? run.log.dropLast() : run.log[...]
        let omitted = max(0, lines.count - Self.logHead - Self.logTail)
        let shown = omitted == 0 ? Array(lines) : lines.prefix(Self.logHead) + lines.suffix(Self.logTail)
        log = shown.map { LogLine(text: TerminalText.printable($0.text), style: Self.style(of: $0)) }
        if omitted > 0 {
            log.insert(
                LogLine(
                    text: "... \(omitted) lines are left out here; kernel.log has them ...", style: "cut"),
                at: Self.logHead)
        }
        logNote = run.logIsCut ? "The log is longer than this page can hold; kernel.log has all of it." : nil
        hasLog = !log.isEmpty
        directory = report.directory
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

    private static func headline(_ finding: Finding) -> String {
        TerminalText.printable((finding.location.map { "\($0): " } ?? "") + finding.title)
    }

    private static func card(_ finding: Finding, _ sources: [String: StoredRun.Source]) -> Card {
        let source = finding.location.flatMap { sources[$0] }
        let lines = source.map { source in
            source.text.enumerated().map { offset, text in
                SourceLine(
                    number: source.first + offset, text: TerminalText.printable(text),
                    style: source.first + offset == source.line ? "guilty" : "")
            }
        }
        let rest = finding.evidence.count - evidenceLines
        return Card(
            title: TerminalText.printable(finding.title), location: finding.location, rule: finding.rule,
            kind: finding.crashClass.rawValue, seen: finding.count > 1 ? "seen \(finding.count) times" : nil,
            source: lines ?? [], hasSource: lines != nil,
            evidence: finding.evidence.prefix(evidenceLines).map(TerminalText.printable),
            more: rest > 0 ? "\(rest) more lines are in kernel.log." : nil,
            consequences: finding.consequences.map(TerminalText.printable),
            hasConsequences: !finding.consequences.isEmpty)
    }

    private static func step(_ step: RunReport.Step) -> Step {
        let (mark, style) =
            switch step.status {
            case .passed: ("✓", "passed")
            case .failed: ("✗", "failed")
            case .skipped: ("–", "skipped")
            case .notReached: ("?", "inconclusive")
            }
        return Step(
            mark: mark, style: style, name: TerminalText.printable(step.name), indent: min(step.depth, 6),
            time: step.durationS.map(TerminalReport.time) ?? step.status.rawValue,
            message: step.message.map(TerminalText.printable))
    }

    private static func judged(_ report: RunReport) -> [Fact] {
        TerminalReport(style: TerminalStyle(colour: false)).judged(report).map { line in
            let parts = line.split(separator: " ", maxSplits: 1).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            return Fact(name: parts.first ?? "", value: parts.count > 1 ? parts[1] : "")
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

    private static func processes(_ records: [EnergyRecord], events: Int) -> [Process] {
        let sorted = records.sorted { ($0.energyUj, $0.pid) > ($1.energyUj, $1.pid) }
        let most = Double(max(1, sorted.first?.energyUj ?? 1))
        return sorted.prefix(processesShown).map { record in
            Process(
                name: TerminalText.printable(record.comm), pid: "\(record.pid)",
                time: record.runtimeNs.map { TerminalReport.time(Double($0) / 1e9) } ?? "-",
                energy: "\(record.energyUj)",
                share: String(format: "%.1f", max(0, Double(record.energyUj) / most * 100)),
                counts: (0..<events).map { $0 < record.counts.count ? "\(record.counts[$0])" : "" },
                flags: record.flags.names.joined(separator: " "))
        }
    }

    private static func style(of line: StoredRun.LogLine) -> String {
        switch line.level {
        case .some(0...3): "bad"
        case .some(4): "warn"
        case .some(7): "dbg"
        default: ""
        }
    }
}
