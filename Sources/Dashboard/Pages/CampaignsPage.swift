// SPDX-License-Identifier: Apache-2.0

import LabEngine
import RunStore

/// All campaigns, the youngest first.
struct CampaignsPage {
    static let template = "campaigns"
    /// Of more than these a page is no list that anybody reads.
    static let most = 200

    /// A campaign.
    struct Row {
        var href: String
        var id: String
        var plan: String
        var state: String
        var begun: String
        var passed: String
        var failed: String
        var inconclusive: String
        var bugs: String
        var style: String
    }

    var rows: [Row]
    var hasRows: Bool
    var left: String?

    init(_ campaigns: [StoredCampaign], _ tallies: [String: Board.Tally]) {
        rows = campaigns.prefix(Self.most).map { campaign in
            let tally = tallies[campaign.id] ?? Board.Tally()
            return Row(
                href: Address.campaign(campaign.id), id: campaign.id, plan: campaign.name,
                state: CampaignState.text(campaign, isAlive: SoakLibrary.isAlive(campaign)),
                begun: Format.time(campaign.created), passed: Format.count(tally.passed),
                failed: Format.count(tally.failed), inconclusive: Format.count(tally.inconclusive),
                bugs: Format.count(tally.bugs), style: tally.failed > 0 ? "failed" : "")
        }
        hasRows = !rows.isEmpty
        let more = campaigns.count - rows.count
        left =
            more > 0
            ? "\(Format.count(more)) older campaigns are not shown; pacctlab soak list has them." : nil
    }

    var page: Page { Page(template: Self.template, title: "Campaigns", body: self) }

    static let html = #"""
        {{<layout}}{{$content}}{{#body}}
        <header><h1>Campaigns</h1></header>
        {{#hasRows}}
        <div class="wide"><table class="data"><thead><tr><th>campaign</th><th class="left">state</th><th>passed</th><th>failed</th><th>no answer</th><th>bugs</th><th class="left">plan</th><th>begun</th></tr></thead>
        <tbody>{{#rows}}<tr><td><a href="{{href}}">{{id}}</a></td><td class="left">{{state}}</td><td class="number">{{passed}}</td><td class="number"><span class="{{style}}">{{failed}}</span></td><td class="number">{{inconclusive}}</td><td class="number">{{bugs}}</td><td class="left">{{plan}}</td><td class="number">{{begun}}</td></tr>{{/rows}}</tbody></table></div>
        {{/hasRows}}
        {{^hasRows}}<p>There is no campaign yet: <code>pacctlab soak start module --for 8h</code> begins one.</p>{{/hasRows}}
        {{#left}}<p class="faint">{{.}}</p>{{/left}}
        {{/body}}{{/content}}{{/layout}}
        """#
}

/// What a campaign is doing, in words.
enum CampaignState {
    static func text(_ campaign: StoredCampaign, isAlive: Bool) -> String {
        switch campaign.state {
        case .ended: "ended: \(campaign.reason ?? "for no reason that is known")"
        case .paused: "paused"
        case .stopping: "stopping"
        case .running: isAlive ? "running" : "its process is gone"
        }
    }
}
