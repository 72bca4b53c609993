// SPDX-License-Identifier: Apache-2.0

import LabEngine
import Reports
import RunStore

/// A run of which there is no report: what the store knows of it.
struct RunFacts {
    static let template = "run"

    /// What it showed.
    struct Card {
        var title: String
        var href: String
        var location: String?
    }

    var name: String
    var verdict: String
    var why: String
    var reason: String?
    var facts: [CampaignPage.Fact]
    var cards: [Card]
    var apiHref: String

    private var crumbs: [Page.Link]

    init(_ run: StoredResult, _ snapshot: Board.Snapshot, _ findings: [StoredFinding], why: String) {
        let campaign = snapshot.campaign.id
        name = "\(snapshot.cell(run.cell)?.name ?? "?")/s\(run.seed)"
        verdict = run.verdict
        self.why = why
        reason = run.reason
        facts = [
            .init(name: "ended", value: Format.time(run.ended)),
            .init(name: "took", value: TerminalReport.time(run.duration)),
            .init(name: "seed", value: "\(run.seed)"),
            .init(name: "module", value: Format.version(run.version)),
            .init(name: "records", value: Format.count(run.records)),
            .init(name: "energy", value: "\(Format.count(Int(run.energy))) µJ"),
        ]
        cards = findings.map {
            Card(title: $0.title, href: Address.signature(campaign, $0.signature), location: $0.location)
        }
        apiHref = "/api" + Address.run(campaign, run.id ?? 0)
        crumbs = Self.crumbs(campaign)
    }

    static func crumbs(_ campaign: String) -> [Page.Link] {
        [
            .init(href: Address.campaign(campaign), text: campaign),
            .init(href: Address.runs(campaign), text: "runs"),
        ]
    }

    var page: Page {
        Page(template: Self.template, title: "\(verdict): \(name)", crumbs: crumbs, body: self)
    }

    static let html = #"""
        {{<layout}}{{$content}}{{#body}}
        <header class="{{verdict}}"><p class="verdict">{{verdict}}</p><h1>{{name}}</h1><p class="sub">{{why}}</p>{{#reason}}<p class="reason">{{.}}</p>{{/reason}}</header>
        <dl class="facts">{{#facts}}<div><dt>{{name}}</dt><dd>{{value}}</dd></div>{{/facts}}</dl>
        {{#cards}}<article class="card"><h3><a href="{{href}}">{{title}}</a></h3>{{#location}}<p class="tags"><span class="place">{{.}}</span></p>{{/location}}</article>{{/cards}}
        <nav class="links"><a href="{{apiHref}}">JSON</a></nav>
        {{/body}}{{/content}}{{/layout}}
        """#
}

/// What could not be shown.
struct ErrorPage {
    static let template = "error"

    var status: Int
    var name: String
    var detail: String
    /// For somebody who came by a link from elsewhere: their browser keeps the cookie back until they click here.
    var again: String?
    /// For somebody who has the token.
    var action: String?

    static func page(_ problem: Problem, path: String) -> Page {
        let isStranger = problem.status == .unauthorized
        // Two slashes in front would name another machine.
        let own = "/" + path.drop { $0 == "/" || $0 == "\\" }
        return Page(
            template: template, title: problem.status.reasonPhrase,
            body: ErrorPage(
                status: problem.status.code, name: problem.status.reasonPhrase, detail: problem.detail,
                again: isStranger ? own : nil,
                action: isStranger ? String(own.prefix { $0 != "?" }) : nil))
    }

    static let html = #"""
        {{<layout}}{{$content}}{{#body}}
        <header class="inconclusive"><p class="verdict">{{status}}</p><h1>{{name}}</h1><p class="sub">{{detail}}</p></header>
        {{#again}}<p>Came by a link, and have been here before? <a href="{{.}}">Go on</a>.</p>{{/again}}
        {{#action}}<form class="filter" method="get" action="{{.}}"><label>token<input type="password" name="token" autocomplete="current-password" required></label><button type="submit">Open</button></form>{{/action}}
        {{/body}}{{/content}}{{/layout}}
        """#
}
