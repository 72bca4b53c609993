// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import RunStore

/// A bug: when it was seen, on what, with which versions of the module.
struct SignaturePage {
    static let template = "signature"
    /// Parts of the campaign's time in the picture.
    static let slots = 60

    /// Where it was seen: a cell or a version.
    struct Place {
        var name: String
        var href: String?
        var runs: String
        var rate: String
        var plot: RangePlot?
        var first: String
        var last: String
    }

    /// A bar of the picture.
    struct Bar {
        var x: String
        var y: String
        var height: String
    }

    /// A run that showed it.
    struct Run {
        var href: String
        var cell: String
        var seed: String
        var ended: String
        var version: String
    }

    var title: String
    var name: String
    var location: String?
    var facts: [CampaignPage.Fact]
    var bars: [Bar]
    var span: String
    var cells: [Place]
    var versions: [Place]
    var runs: [Run]
    var runsHref: String
    var replay: String?
    var elsewhere: [Page.Link]
    var hasElsewhere: Bool
    var apiHref: String

    private var campaign: String

    init(_ history: SignatureHistory, _ snapshot: Board.Snapshot, span: HistorySpan, latest: [StoredResult]) {
        let id = snapshot.campaign.id
        campaign = id
        (title, name, location) = (history.title, history.signature, history.location)
        facts = [
            .init(
                name: "runs", value: Format.count(history.runs),
                href: Address.runs(id, [(.showing, history.signature)])),
            .init(name: "first", value: Format.time(history.parts.map(\.first).min() ?? 0)),
            .init(name: "last", value: Format.time(history.parts.map(\.last).max() ?? 0)),
            .init(name: "cells", value: "\(Set(history.parts.map(\.cell)).count) of \(snapshot.cells.count)"),
            .init(name: "module versions", value: "\(Set(history.parts.map(\.version)).count)"),
        ]
        bars = Self.bars(history)
        self.span =
            "\(Format.time(span.from)) to \(Format.time(span.to)); the tallest bar is \(Format.runs(Self.most(history)))"
        cells = Self.places(history, snapshot, by: \.cell, of: \.cell).map { cell, place in
            var place = place
            let stored = snapshot.cell(cell)
            place.name = stored?.name ?? "?"
            place.href = Address.runs(
                id,
                [(.scenario, stored?.scenario), (.variant, stored?.variant), (.showing, history.signature)])
            return place
        }
        versions = Self.places(history, snapshot, by: \.version, of: \.version).map { key, place in
            var place = place
            place.name = Format.version(key)
            return place
        }
        runs = latest.map { run in
            Run(
                href: Address.run(id, run.id ?? 0), cell: snapshot.cell(run.cell)?.name ?? "?",
                seed: "\(run.seed)", ended: Format.time(run.ended), version: Format.version(run.version))
        }
        runsHref = Address.runs(id, [(.showing, history.signature)])
        replay = latest.first { $0.isWhole && RunFile.isPlain($0.folder) }
            .map { "pacctlab replay \(snapshot.campaign.directory)/\($0.folder)" }
        elsewhere = history.elsewhere.map { .init(href: Address.signature($0, history.signature), text: $0) }
        hasElsewhere = !elsewhere.isEmpty
        apiHref = "/api" + Address.signature(id, history.signature)
    }

    var page: Page {
        Page(
            template: Self.template, title: title,
            crumbs: [
                .init(href: Address.campaign(campaign), text: campaign),
                .init(href: Address.campaign(campaign) + "#bugs", text: "bugs"),
            ], body: self)
    }

    // MARK: - parts

    /// Parts with the same key together, with their share of all runs that have that key; the most frequent first.
    private static func places<Key: Hashable & Comparable>(
        _ history: SignatureHistory, _ snapshot: Board.Snapshot, by part: (SignatureHistory.Part) -> Key,
        of count: (StoredVersion) -> Key
    ) -> [(Key, Place)] {
        var tries: [Key: Int] = [:]
        for part in snapshot.versions { tries[count(part), default: 0] += part.passed + part.failed }
        let groups = Dictionary(grouping: history.parts, by: part).map { key, parts in
            let hits = parts.reduce(0) { $0 + $1.runs }
            // A run may have ended since the campaign was counted.
            return (key, parts, HitRate(hits: hits, tries: max(hits, tries[key] ?? 0)))
        }
        let most = groups.map(\.2.high).max() ?? 1
        return groups.sorted { ($0.2.hits, $1.0) > ($1.2.hits, $0.0) }.map { key, parts, rate in
            let interval = "\(Format.percent(rate.low)) to \(Format.percent(rate.high))"
            return (
                key,
                Place(
                    name: "", href: nil, runs: "\(Format.count(rate.hits)) of \(Format.count(rate.tries))",
                    rate: rate.hits == rate.tries ? "every run" : interval,
                    plot: RangePlot(
                        low: rate.low, mid: rate.share, high: rate.high, scale: 0...most, label: interval),
                    first: Format.time(parts.map(\.first).min() ?? 0),
                    last: Format.time(parts.map(\.last).max() ?? 0))
            )
        }
    }

    private static func most(_ history: SignatureHistory) -> Int { bySlot(history).values.max() ?? 0 }

    private static func bySlot(_ history: SignatureHistory) -> [Int: Int] {
        var runs: [Int: Int] = [:]
        for part in history.parts { runs[min(part.slot, slots - 1), default: 0] += part.runs }
        return runs
    }

    private static func bars(_ history: SignatureHistory) -> [Bar] {
        let runs = bySlot(history)
        let most = Double(max(1, runs.values.max() ?? 1))
        return runs.sorted { $0.key < $1.key }.map { slot, count in
            let height = max(1, Double(count) / most * 96)
            return Bar(
                x: "\(slot * 10)", y: String(format: "%.1f", 100 - height),
                height: String(format: "%.1f", height))
        }
    }

    static let html = #"""
        {{<layout}}{{$content}}{{#body}}
        <header class="failed"><p class="verdict">bug</p><h1>{{title}}</h1>{{#location}}<p class="sub place">{{.}}</p>{{/location}}<p class="sub"><code>{{name}}</code></p></header>
        <dl class="facts">{{#facts}}<div><dt>{{name}}</dt><dd>{{#href}}<a href="{{.}}">{{value}}</a>{{/href}}{{^href}}{{value}}{{/href}}</dd></div>{{/facts}}</dl>
        <section><h2>When</h2><div class="history"><svg viewBox="0 0 600 100" preserveAspectRatio="none" role="img" aria-label="Runs that showed it, over the campaign's time">{{#bars}}<rect x="{{x}}" y="{{y}}" width="9" height="{{height}}"/>{{/bars}}<line class="axis" x1="0" x2="600" y1="99.5" y2="99.5"/></svg></div><p class="faint">{{span}}</p></section>
        <section><h2>Where</h2><div class="wide"><table class="data"><thead><tr><th>cell</th><th>runs</th><th>rate (95 %)</th><th class="range"></th><th>first</th><th>last</th></tr></thead><tbody>{{#cells}}<tr><td>{{#href}}<a href="{{.}}">{{name}}</a>{{/href}}</td><td class="number">{{runs}}</td><td class="number">{{rate}}</td><td class="range">{{#plot}}{{>range}}{{/plot}}</td><td class="number">{{first}}</td><td class="number">{{last}}</td></tr>{{/cells}}</tbody></table></div></section>
        <section><h2>Module versions</h2><div class="wide"><table class="data"><thead><tr><th>version</th><th>runs</th><th>rate (95 %)</th><th class="range"></th><th>first</th><th>last</th></tr></thead><tbody>{{#versions}}<tr><td><code>{{name}}</code></td><td class="number">{{runs}}</td><td class="number">{{rate}}</td><td class="range">{{#plot}}{{>range}}{{/plot}}</td><td class="number">{{first}}</td><td class="number">{{last}}</td></tr>{{/versions}}</tbody></table></div></section>
        <section><h2>Runs</h2><div class="wide"><table class="data"><thead><tr><th>cell</th><th>seed</th><th class="left">module</th><th>ended</th></tr></thead><tbody>{{#runs}}<tr><td><a href="{{href}}">{{cell}}</a></td><td class="number">{{seed}}</td><td class="left"><code>{{version}}</code></td><td class="number">{{ended}}</td></tr>{{/runs}}</tbody></table></div>
        {{#replay}}<p>Do it again: <code>{{.}}</code></p>{{/replay}}
        <nav class="links"><a href="{{runsHref}}">All runs that showed it</a> <a href="{{apiHref}}">JSON</a></nav></section>
        {{#hasElsewhere}}<section><h2>Other campaigns that saw it</h2><ul>{{#elsewhere}}<li><a href="{{href}}">{{text}}</a></li>{{/elsewhere}}</ul></section>{{/hasElsewhere}}
        {{/body}}{{/content}}{{/layout}}
        """#
}

/// A campaign's time, in equal slots.
struct HistorySpan: Sendable {
    var from: Double
    var to: Double
    var slot: Double

    /// From its beginning to its last run.
    init(_ campaign: StoredCampaign, last: Double) {
        from = campaign.created
        to = max(last, campaign.created + 1)
        slot = (to - from) / Double(SignaturePage.slots)
    }
}
