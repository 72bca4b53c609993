// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine
import RunStore

/// What runs counted, by version of the module: the same cell with one version beside the next.
struct VersionsPage {
    static let template = "versions"

    /// A cell with its versions, in the order they came.
    struct Cell {
        var name: String
        var href: String
        var rows: [Row]
    }

    /// A version.
    struct Row {
        var name: String
        var runs: String
        var records: String
        var energy: String
        var deviation: String
        var change: String
        var plot: RangePlot
        var first: String
        var last: String
    }

    var cells: [Cell]
    var hasCells: Bool
    var apiHref: String

    private var campaign: String

    init(_ snapshot: Board.Snapshot) {
        campaign = snapshot.campaign.id
        let id = campaign
        cells = snapshot.cells.compactMap { cell in
            let versions = snapshot.energy.filter { $0.cell == cell.id }
            guard !versions.isEmpty else { return nil }
            return Cell(
                name: cell.name,
                href: Address.runs(
                    id, [(.verdict, "passed"), (.scenario, cell.scenario), (.variant, cell.variant)]),
                rows: Self.rows(versions))
        }
        hasCells = !cells.isEmpty
        apiHref = "/api" + Address.versions(id)
    }

    var page: Page {
        Page(
            template: Self.template, title: "Energy by module version",
            crumbs: [.init(href: Address.campaign(campaign), text: campaign)], body: self)
    }

    private static func rows(_ versions: [EnergyOfVersion]) -> [Row] {
        let low = versions.map { $0.energy - $0.deviation }.min() ?? 0
        let high = versions.map { $0.energy + $0.deviation }.max() ?? 1
        let scale = low...max(high, low + 1)
        return versions.enumerated().map { place, version in
            let before = place > 0 ? versions[place - 1] : nil
            let deviation = "± \(Format.mean(version.deviation))"
            return Row(
                name: Format.version(version.version), runs: Format.count(version.runs),
                records: Format.mean(version.records), energy: Format.mean(version.energy),
                deviation: deviation, change: before.map { change(from: $0, to: version) } ?? "",
                plot: RangePlot(
                    low: version.energy - version.deviation, mid: version.energy,
                    high: version.energy + version.deviation, scale: scale,
                    label: "\(Format.mean(version.energy)) µJ \(deviation)"),
                first: Format.time(version.first), last: Format.time(version.last))
        }
    }

    /// The difference, where it lies with 95 % (Welch), and what that says.
    private static func change(from before: EnergyOfVersion, to version: EnergyOfVersion) -> String {
        guard let old = before.estimate, let new = version.estimate else { return "too few runs to say" }
        let difference = old.difference(to: new)
        let interval = difference.interval(confidence: 0.95)
        guard interval.lowerBound.isFinite, interval.upperBound.isFinite else { return "too few runs to say" }
        let word = interval.lowerBound > 0 ? "more" : interval.upperBound < 0 ? "less" : "not told apart"
        return
            "\(Format.change(difference.value)) µJ (\(Format.change(interval.lowerBound)) to \(Format.change(interval.upperBound))): \(word)"
    }

    static let html = #"""
        {{<layout}}{{$content}}{{#body}}
        <header><h1>Energy by module version</h1><p class="sub">Of passed runs. The bar is one standard deviation of a run to each side of the mean; differences have their 95 % interval.</p></header>
        {{#cells}}<section><h2><a href="{{href}}">{{name}}</a></h2>
        <div class="wide"><table class="data"><thead><tr><th>version</th><th>runs</th><th>records</th><th>energy µJ</th><th></th><th class="range"></th><th>against the one before</th><th>first</th><th>last</th></tr></thead>
        <tbody>{{#rows}}<tr><td><code>{{name}}</code></td><td class="number">{{runs}}</td><td class="number">{{records}}</td><td class="number">{{energy}}</td><td class="number">{{deviation}}</td><td class="range">{{#plot}}{{>range}}{{/plot}}</td><td class="number">{{change}}</td><td class="number">{{first}}</td><td class="number">{{last}}</td></tr>{{/rows}}</tbody></table></div></section>{{/cells}}
        {{^hasCells}}<p>No run has passed yet.</p>{{/hasCells}}
        <nav class="links"><a href="{{apiHref}}">JSON</a></nav>
        {{/body}}{{/content}}{{/layout}}
        """#
}

extension EnergyOfVersion {
    /// The standard deviation of a run's energy, microjoules; 0 for one run, of which nothing is known.
    var deviation: Double { runs > 1 ? (squares / Double(runs - 1)).squareRoot() : 0 }

    /// The mean with its error; nil for one run.
    var estimate: Slope? {
        guard runs > 1 else { return nil }
        return Slope(
            value: energy, standardError: deviation / Double(runs).squareRoot(),
            degreesOfFreedom: Double(runs - 1))
    }
}
