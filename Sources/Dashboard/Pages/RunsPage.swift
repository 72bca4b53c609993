// SPDX-License-Identifier: Apache-2.0

import LabEngine
import Reports
import RunStore

/// Runs of a campaign, filtered, a page at a time.
struct RunsPage {
    static let template = "runs"

    /// What is chosen of a list.
    struct Choice {
        var name: String
        var options: [Option]
    }

    /// One of its entries.
    struct Option {
        var value: String
        var text: String
        var isChosen: Bool
    }

    /// A run.
    struct Row {
        var href: String
        var number: String
        var ended: String
        var verdict: String
        var cell: String
        var seed: String
        var took: String
        var records: String
        var energy: String
        var version: String
        var what: String
    }

    var action: String
    var choices: [Choice]
    var signature: String?
    var rows: [Row]
    var hasRows: Bool
    var older: String?
    var newest: String?
    var apiHref: String
    var all: String

    private var campaign: String

    init(
        _ snapshot: Board.Snapshot, _ query: Query, runs: [StoredResult], next: Int64?,
        findings: [Int64: [StoredFinding]]
    ) {
        campaign = snapshot.campaign.id
        let id = campaign
        action = Address.runs(id)
        func choice(_ parameter: Parameter, _ words: [String]) -> Choice {
            let chosen = query[parameter]
            // What is asked for is there even when no cell has it: the form says what the list is.
            let known = chosen.map { words.contains($0) ? words : words + [$0] } ?? words
            return Choice(
                name: parameter.name,
                options: [Option(value: "", text: "all", isChosen: chosen == nil)]
                    + known.map { Option(value: $0, text: $0, isChosen: $0 == chosen) })
        }
        func distinct(_ words: [String]) -> [String] { Array(Set(words)).sorted() }
        choices = [
            choice(.verdict, ["passed", "failed", "inconclusive"]),
            choice(.variant, distinct(snapshot.cells.map(\.variant))),
            choice(.scenario, distinct(snapshot.cells.map(\.scenario))),
        ]
        signature = query[.showing]
        rows = runs.map { run in Self.row(run, snapshot, run.id.flatMap { findings[$0] } ?? []) }
        hasRows = !rows.isEmpty
        let filter: [(Parameter, String?)] = [
            (.verdict, query[.verdict]), (.variant, query[.variant]), (.scenario, query[.scenario]),
            (.showing, query[.showing]), (.limit, query[.limit]),
        ]
        older = next.map { Address.runs(id, filter + [(.before, "\($0)")]) }
        newest = query[.before] == nil ? nil : Address.runs(id, filter)
        apiHref = "/api" + Address.runs(id, filter + [(.before, query[.before])])
        all = Address.runs(id)
    }

    var page: Page {
        Page(
            template: Self.template, title: "Runs of \(campaign)",
            crumbs: [.init(href: Address.campaign(campaign), text: campaign)], body: self)
    }

    private static func row(
        _ run: StoredResult, _ snapshot: Board.Snapshot, _ findings: [StoredFinding]
    ) -> Row {
        let more = findings.count > 1 ? ", and \(findings.count - 1) more" : ""
        return Row(
            href: Address.run(snapshot.campaign.id, run.id ?? 0), number: "\(run.id ?? 0)",
            ended: Format.time(run.ended), verdict: run.verdict,
            cell: snapshot.cell(run.cell)?.name ?? "?", seed: "\(run.seed)",
            took: TerminalReport.time(run.duration), records: Format.count(run.records),
            energy: Format.count(Int(run.energy)), version: Format.version(run.version),
            what: findings.first.map { $0.title + more } ?? run.reason ?? "")
    }

    static let html = #"""
        {{<layout}}{{$content}}{{#body}}
        <header><h1>Runs</h1>{{#signature}}<p class="sub">that showed <code>{{.}}</code></p>{{/signature}}</header>
        <form class="filter" method="get" action="{{action}}">
        {{#choices}}<label>{{name}}<select name="{{name}}">{{#options}}<option value="{{value}}"{{#isChosen}} selected{{/isChosen}}>{{text}}</option>{{/options}}</select></label>{{/choices}}
        {{#signature}}<input type="hidden" name="signature" value="{{.}}">{{/signature}}
        <button type="submit">Show</button><a href="{{all}}">all</a>
        </form>
        {{#hasRows}}
        <div class="wide"><table class="data"><thead><tr><th>run</th><th class="left">verdict</th><th class="left">cell</th><th>seed</th><th class="left">what</th><th>took</th><th>records</th><th>energy µJ</th><th class="left">module</th><th>ended</th></tr></thead>
        <tbody>{{#rows}}<tr><td><a href="{{href}}">{{number}}</a></td><td class="left"><span class="{{verdict}}">{{verdict}}</span></td><td class="left">{{cell}}</td><td class="number">{{seed}}</td><td class="left wrap">{{what}}</td><td class="number">{{took}}</td><td class="number">{{records}}</td><td class="number">{{energy}}</td><td class="left"><code>{{version}}</code></td><td class="number">{{ended}}</td></tr>{{/rows}}</tbody></table></div>
        {{/hasRows}}
        {{^hasRows}}<p>No run is like that.</p>{{/hasRows}}
        <nav class="links">{{#newest}}<a href="{{.}}" rel="first">Newest</a>{{/newest}} {{#older}}<a href="{{.}}" rel="next">Older</a>{{/older}} <a href="{{apiHref}}">JSON</a></nav>
        {{/body}}{{/content}}{{/layout}}
        """#
}
