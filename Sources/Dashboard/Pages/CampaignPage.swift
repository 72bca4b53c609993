// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import Reports
import RunStore

/// One campaign: how far it is, its cells, and the bugs it has seen.
struct CampaignPage {
    static let template = "campaign"

    /// A name and what it is.
    struct Fact {
        var name: String
        var value: String
        var href: String?
    }

    /// Part of a bar.
    struct Piece {
        var style: String
        var x: String
        var width: String
    }

    /// A cell of the matrix.
    struct Cell {
        var name: String
        var href: String
        var passed: String
        var failed: String
        var failedHref: String
        var failedStyle: String
        var inconclusive: String
        var rate: String
        var plot: RangePlot?
        var toGo: String
    }

    /// A bug.
    struct Bug {
        var title: String
        var href: String
        var location: String?
        var runs: String
        var first: String
        var last: String
        var often: String
        var again: String?
    }

    var id: String
    var word: String
    var sub: String
    var reason: String?
    var facts: [Fact]
    var progress: String
    var pieces: [Piece]
    var cells: [Cell]
    var target: String
    var bugs: [Bug]
    var hasBugs: Bool
    var changes: [Change]
    var hasChanges: Bool
    /// Series that grow, and those that do not.
    var growing: [Trend]
    var hasGrowing: Bool
    var trends: [Trend]
    var hasTrends: Bool
    var trendsCount: Int
    var isSampled: Bool
    var runsHref: String
    var versionsHref: String
    var apiHref: String

    private var isOver: Bool

    init(_ snapshot: Board.Snapshot, now: Double) {
        let (campaign, standing) = (snapshot.campaign, snapshot.standing)
        id = campaign.id
        isOver = campaign.state == .ended
        word = standing.verdict.rawValue
        sub = "module \(campaign.module)"
        let isGone = campaign.state == .running && !standing.isAlive
        reason = isGone ? "Its process is gone: pacctlab soak resume \(campaign.id) goes on." : nil
        facts = Self.facts(snapshot)
        progress = Self.progress(snapshot, now)
        pieces = Self.pieces(standing)
        let most = standing.cells.filter { $0.rate.tries > 0 }.map(\.rate.high).max() ?? 1
        cells = zip(snapshot.cells, standing.cells).map {
            Self.cell($0, $1, campaign.id, standing.target, most)
        }
        target =
            "To be shown: a failure rate below \(Format.percent(standing.target)) with 95 % confidence, which is the red line. "
            + "The bar is Wilson's 95 % interval; runs without an answer are in no rate."
        bugs = standing.signatures.map { bug in
            Bug(
                title: bug.title, href: Address.signature(campaign.id, bug.signature),
                location: bug.location, runs: Format.runs(bug.runs), first: Format.time(bug.first),
                last: Format.time(bug.last), often: Self.frequency(bug),
                again: Self.again(bug))
        }
        hasBugs = !bugs.isEmpty
        changes = standing.changes.map(Self.change)
        hasChanges = !changes.isEmpty
        growing = standing.trends.filter { $0.verdict == .failed }.map(Self.trend)
        hasGrowing = !growing.isEmpty
        trends = standing.trends.filter { $0.verdict != .failed }.map(Self.trend)
        (hasTrends, trendsCount) = (!trends.isEmpty, trends.count)
        isSampled = !standing.trends.isEmpty
        runsHref = Address.runs(campaign.id)
        versionsHref = Address.versions(campaign.id)
        apiHref = "/api" + Address.campaign(campaign.id)
    }

    var page: Page {
        Page(template: Self.template, title: "\(word): \(id)", live: isOver ? nil : id, body: self)
    }

    // MARK: - parts

    private static func again(_ bug: SoakStanding.Signature) -> String? {
        bug.seeds.isEmpty
            ? nil
            : zip(bug.cells, bug.seeds).prefix(3).map { "\($0) with seed \($1)" }.joined(separator: ", ")
    }

    private static func facts(_ snapshot: Board.Snapshot) -> [Fact] {
        let (campaign, standing) = (snapshot.campaign, snapshot.standing)
        func runs(_ verdict: String, _ count: (SoakStanding.Cell) -> Int) -> Fact {
            Fact(
                name: verdict == "inconclusive" ? "no answer" : verdict,
                value: Format.count(standing.cells.reduce(0) { $0 + count($1) }),
                href: Address.runs(campaign.id, [(.verdict, verdict)]))
        }
        return [
            Fact(name: "state", value: CampaignState.text(campaign, isAlive: standing.isAlive)),
            Fact(name: "runs", value: Format.count(standing.runs), href: Address.runs(campaign.id)),
            runs("passed", \.passed), runs("failed", \.failed), runs("inconclusive", \.inconclusive),
            Fact(name: "bugs", value: Format.count(standing.signatures.count)),
            Fact(name: "plan", value: campaign.name),
            Fact(name: "begun", value: Format.time(campaign.created)),
        ]
    }

    /// How far it is, by whatever ends it.
    private static func progress(_ snapshot: Board.Snapshot, _ now: Double) -> String {
        let (campaign, standing) = (snapshot.campaign, snapshot.standing)
        var parts: [String] = []
        if let most = campaign.maxRuns {
            parts.append("\(Format.count(standing.runs)) of \(Format.count(most)) runs")
        }
        if let end = campaign.endsAt {
            let left = max(0, end - now)
            parts.append(
                campaign.state == .ended || left == 0
                    ? "until \(Format.time(end))" : "\(Self.length(left)) to go, until \(Format.time(end))")
        }
        if campaign.untilFailure { parts.append("until the first failure") }
        let shown = standing.cells.count { $0.cleanRunsNeeded == 0 }
        parts.append("\(shown) of \(standing.cells.count) cells have shown their rate")
        return parts.joined(separator: " · ")
    }

    private static func length(_ seconds: Double) -> String {
        // Somebody may have asked for a century.
        let minutes = Int(min(seconds / 60, 1e9).rounded(.up))
        return minutes < 60 ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60) min"
    }

    /// Verdicts, as parts of a bar of a thousand units.
    private static func pieces(_ standing: SoakStanding) -> [Piece] {
        let all = Double(max(1, standing.runs))
        var x = 0.0
        let parts: [(String, (SoakStanding.Cell) -> Int)] = [
            ("bad", \.failed), ("odd", \.inconclusive), ("ok", \.passed),
        ]
        return parts.compactMap { style, count in
            let runs = standing.cells.reduce(0) { $0 + count($1) }
            guard runs > 0 else { return nil }
            let width = Double(runs) / all * 1000
            defer { x += width }
            return Piece(
                style: style, x: String(format: "%.1f", x), width: String(format: "%.1f", max(2, width)))
        }
    }

    private static func cell(
        _ stored: StoredCell, _ cell: SoakStanding.Cell, _ campaign: String, _ target: Double, _ most: Double
    ) -> Cell {
        let filter: [(Parameter, String?)] = [(.scenario, stored.scenario), (.variant, stored.variant)]
        let isKnown = cell.rate.tries > 0
        let interval = "\(Format.percent(cell.rate.low)) to \(Format.percent(cell.rate.high))"
        return Cell(
            name: cell.name, href: Address.runs(campaign, filter), passed: Format.count(cell.passed),
            failed: Format.count(cell.failed),
            failedHref: Address.runs(campaign, [(.verdict, "failed")] + filter),
            failedStyle: cell.failed > 0 ? "failed" : "",
            inconclusive: Format.count(cell.inconclusive), rate: isKnown ? interval : "-",
            plot: isKnown
                ? RangePlot(
                    low: cell.rate.low, mid: cell.rate.share, high: cell.rate.high, target: target,
                    scale: 0...max(most, target * 1.2), label: "failure rate \(interval)") : nil,
            toGo: cell.cleanRunsNeeded == 0
                ? "shown" : cell.cleanRunsNeeded == .max ? "never" : Format.count(cell.cleanRunsNeeded))
    }

    static let html = #"""
        {{<layout}}{{$content}}{{#body}}
        <header class="{{word}}"><p class="verdict">{{word}}</p><h1>{{id}}</h1><p class="sub">{{sub}}</p>{{#reason}}<p class="reason">{{.}}</p>{{/reason}}</header>
        <dl class="facts">{{#facts}}<div><dt>{{name}}</dt><dd>{{#href}}<a href="{{.}}">{{value}}</a>{{/href}}{{^href}}{{value}}{{/href}}</dd></div>{{/facts}}</dl>
        <div class="progress"><svg viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label="Runs by verdict">{{#pieces}}<rect class="{{style}}" x="{{x}}" width="{{width}}" height="10"/>{{/pieces}}</svg><p class="faint">{{progress}}</p></div>
        <nav class="links"><a href="{{runsHref}}">Runs</a> <a href="{{versionsHref}}">Energy by module version</a> <a href="#bugs">Bugs</a>{{#hasChanges}} <a href="#versions">Versions</a>{{/hasChanges}}{{#isSampled}} <a href="#trends">What must not grow</a>{{/isSampled}} <a href="{{apiHref}}">JSON</a></nav>
        <section><h2>Cells</h2>
        <div class="wide"><table class="data"><thead><tr><th>cell</th><th>passed</th><th>failed</th><th>no answer</th><th>failure rate</th><th class="range"></th><th>clean runs to go</th></tr></thead>
        <tbody>{{#cells}}<tr><td><a href="{{href}}">{{name}}</a></td><td class="number">{{passed}}</td><td class="number"><a class="{{failedStyle}}" href="{{failedHref}}">{{failed}}</a></td><td class="number">{{inconclusive}}</td><td class="number">{{rate}}</td><td class="range">{{#plot}}{{>range}}{{/plot}}</td><td class="number">{{toGo}}</td></tr>{{/cells}}</tbody></table></div>
        <p class="faint">{{target}}</p></section>
        <section id="bugs"><h2>Bugs</h2>
        {{#hasBugs}}{{#bugs}}<article class="card"><h3><a href="{{href}}">{{title}}</a></h3><p class="tags">{{#location}}<span class="place">{{.}}</span>{{/location}}<span>{{runs}}</span><span>first {{first}}</span><span>last {{last}}</span><span>{{often}}</span></p>{{#again}}<p class="faint">Again: {{.}}</p>{{/again}}</article>{{/bugs}}{{/hasBugs}}
        {{^hasBugs}}<p class="faint">None was seen.</p>{{/hasBugs}}
        </section>
        {{>trends}}
        {{/body}}{{/content}}{{/layout}}
        """#
}
