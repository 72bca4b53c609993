// SPDX-License-Identifier: Apache-2.0

import Evidence
import LabEngine

extension RunPage {
    private static let evidenceLines = 120
    private static let consequencesShown = 40

    static func headline(_ finding: Finding) -> String {
        (finding.location.map { "\($0): " } ?? "") + finding.title
    }

    /// The findings, as many as there is room for.
    static func cards(_ report: RunReport, _ sources: [String: StoredRun.Source]) -> [Card] {
        var room = PageAllowance(Limit.findings)
        var cards: [Card] = []
        for finding in report.findings {
            guard let card = card(finding, sources, &room) else { break }
            cards.append(card)
        }
        return cards
    }

    private static func card(
        _ finding: Finding, _ sources: [String: StoredRun.Source], _ room: inout PageAllowance
    ) -> Card? {
        guard let title = room.take(finding.title, markup: 1024) else { return nil }
        let lines = finding.location.flatMap { sources[$0] }.map { sourceLines($0, &room) } ?? []
        let frames = StackView(finding, sources, &room).frames
        let evidence = room.take(finding.evidence.prefix(evidenceLines))
        let consequences = room.take(finding.consequences.prefix(consequencesShown))
        let more = [
            left(finding.evidence.count - evidence.count, "lines of evidence", in: "run.json"),
            left(finding.consequences.count - consequences.count, "consequences", in: "run.json"),
        ].compactMap(\.self)
        return Card(
            title: title, location: finding.location.flatMap { room.take($0, limit: 1024) },
            rule: finding.rule.flatMap { room.take($0) }, kind: finding.crashClass.rawValue,
            seen: finding.count > 1 ? "seen \(finding.count) times" : nil,
            source: lines, hasSource: !lines.isEmpty,
            frames: frames, hasFrames: !frames.isEmpty, evidence: evidence,
            more: more.isEmpty ? nil : more.joined(separator: " "),
            consequences: consequences, hasConsequences: !consequences.isEmpty)
    }

    /// The lines of a source, all or none.
    static func sourceLines(_ source: StoredRun.Source, _ room: inout PageAllowance) -> [SourceLine] {
        let texts = room.take(source.text, limit: 512)
        guard texts.count == source.text.count else { return [] }
        return texts.enumerated().map { offset, text in
            SourceLine(
                number: source.first + offset, text: text,
                style: source.first + offset == source.line ? "guilty" : "")
        }
    }
}
