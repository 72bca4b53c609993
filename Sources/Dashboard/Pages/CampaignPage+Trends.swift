// SPDX-License-Identifier: Apache-2.0

import LabEngine

/// What must not grow, and what each version of the module changed.
extension CampaignPage {
    /// A series of a cell.
    struct Trend {
        var mark: String
        var style: String
        var cell: String
        var series: String
        var runs: String
        var slope: String
        var plot: RangePlot?
        var mean: String
    }

    /// A version that joined.
    struct Change {
        var version: String
        var before: String
        var first: String
        var runs: String
        var answer: String
        var style: String
        /// What became better or worse, and the failure rate in any case.
        var items: [Item]
        /// What the runs do not tell apart.
        var others: [Item]
        var hasOthers: Bool
        var othersCount: Int
    }

    /// A number, before and after.
    struct Item {
        var what: String
        var before: String
        var after: String
        var interval: String
        var answer: String
        var style: String
    }

    static func trend(_ trend: SoakTrend) -> Trend {
        var plot: RangePlot?
        if let low = trend.low, let high = trend.high {
            let most = max(low.magnitude, high.magnitude, .leastNormalMagnitude) * 1.1
            plot = RangePlot(
                low: low, mid: trend.slope, high: high, target: 0, scale: -most...most, label: trend.text)
        }
        let hasFailed = trend.verdict == .failed
        return Trend(
            mark: hasFailed ? "✗" : "✓", style: trend.verdict.rawValue, cell: trend.cell,
            series: trend.series.rawValue, runs: Format.count(trend.runs), slope: trend.text, plot: plot,
            mean: "\(Format.mean(trend.mean)) \(trend.unit)")
    }

    static func change(_ change: SoakChange) -> Change {
        let shown = change.items.filter { $0.answer != .same || $0.unit.isEmpty }
        let others = change.items.filter { $0.answer == .same && !$0.unit.isEmpty }
        return Change(
            version: Format.version(change.version), before: Format.version(change.before),
            first: Format.time(change.first),
            runs: "\(Format.runs(change.runsBefore)) before, \(Format.count(change.runsAfter)) since",
            answer: word(change.answer), style: change.answer.rawValue, items: shown.map(item),
            others: others.map(item), hasOthers: !others.isEmpty, othersCount: others.count)
    }

    private static func item(_ item: SoakChange.Item) -> Item {
        func text(_ value: Double) -> String {
            item.unit.isEmpty ? Format.percent(value) : "\(Format.mean(value)) \(item.unit)"
        }
        func change(_ value: Double) -> String {
            item.unit.isEmpty
                ? (value < 0 ? "−" : "+") + Format.percent(value.magnitude) : Format.change(value)
        }
        return Item(
            what: item.what, before: text(item.before), after: text(item.after),
            interval: "\(change(item.low)) to \(change(item.high))", answer: word(item.answer),
            style: item.answer.rawValue)
    }

    private static func word(_ answer: SoakChange.Answer) -> String {
        answer == .same ? "not told apart" : answer.rawValue
    }

    /// How often a bug comes, in a few words.
    static func frequency(_ bug: SoakStanding.Signature) -> String {
        switch bug.kind {
        case .deterministic: "every run since"
        case .flaky:
            "flaky, \(Format.percent(bug.rate.low)) to \(Format.percent(bug.rate.high)) of runs, \(bug.trend.rawValue)"
        case .open: "too few runs to say how often"
        }
    }

    /// Both sections, for the page's template.
    static let trendsHTML = #"""
        {{#hasChanges}}<section id="versions"><h2>Versions of the module</h2>
        {{#changes}}<h3><code>{{version}}</code> after <code>{{before}}</code>: <span class="{{style}}">{{answer}}</span></h3><p class="faint">since {{first}}, {{runs}}</p>
        <div class="wide"><table class="data"><thead><tr><th>number</th><th>before</th><th>since</th><th>difference</th><th class="left"></th></tr></thead><tbody>{{#items}}<tr><td>{{what}}</td><td class="number">{{before}}</td><td class="number">{{after}}</td><td class="number">{{interval}}</td><td class="left"><span class="{{style}}">{{answer}}</span></td></tr>{{/items}}</tbody></table></div>
        {{#hasOthers}}<details><summary>{{othersCount}} more, which the runs do not tell apart</summary><div class="wide"><table class="data"><tbody>{{#others}}<tr><td>{{what}}</td><td class="number">{{before}}</td><td class="number">{{after}}</td><td class="number">{{interval}}</td><td class="left"><span class="{{style}}">{{answer}}</span></td></tr>{{/others}}</tbody></table></div></details>{{/hasOthers}}{{/changes}}
        <p class="faint">Rates differ with 95 %, series with 99 % confidence; an interval with zero in it tells nothing apart.</p></section>{{/hasChanges}}
        {{#isSampled}}<section id="trends"><h2>What must not grow</h2>
        {{#hasGrowing}}<div class="wide"><table class="data"><thead><tr><th>cell</th><th class="left">series</th><th></th><th>runs</th><th>growth</th><th class="range"></th><th>mean</th></tr></thead><tbody>{{#growing}}<tr><td>{{cell}}</td><td class="left">{{series}}</td><td class="left"><span class="{{style}}">{{mark}}</span></td><td class="number">{{runs}}</td><td class="number">{{slope}}</td><td class="range">{{#plot}}{{>range}}{{/plot}}</td><td class="number">{{mean}}</td></tr>{{/growing}}</tbody></table></div>{{/hasGrowing}}
        {{#hasTrends}}<details><summary>{{trendsCount}} that do not grow, as far as the runs tell</summary><div class="wide"><table class="data"><thead><tr><th>cell</th><th class="left">series</th><th></th><th>runs</th><th>growth</th><th class="range"></th><th>mean</th></tr></thead><tbody>{{#trends}}<tr><td>{{cell}}</td><td class="left">{{series}}</td><td class="left"><span class="{{style}}">{{mark}}</span></td><td class="number">{{runs}}</td><td class="number">{{slope}}</td><td class="range">{{#plot}}{{>range}}{{/plot}}</td><td class="number">{{mean}}</td></tr>{{/trends}}</tbody></table></div></details>{{/hasTrends}}
        <p class="faint">Growth for 10,000 tasks made, with its 99 % interval; the red line is no growth.</p></section>{{/isSampled}}
        """#
}
