// SPDX-License-Identifier: Apache-2.0

import Artifacts
import RunStore

/// May a module version go on the lab machine? The answer to a written policy, with the evidence for it.
public struct Gate: Sendable, Codable {
    /// One demand of the policy.
    public struct Demand: Sendable, Codable, Equatable {
        /// What is demanded.
        public var text: String
        /// What there is.
        public var evidence: String
        /// `passed` when it is met, `failed` when it is broken, `inconclusive` when there is not enough to say.
        public var verdict: Verdict
    }

    /// The answer: `passed` is go, `failed` no-go, `inconclusive` not enough evidence.
    public var verdict: Verdict
    /// The campaign that was looked at.
    public var campaign: String
    /// The module's folder.
    public var module: String
    /// The key of the module as it is now: runs of any other version are not counted.
    public var version: String
    /// Every demand.
    public var demands: [Demand]

    /// Judges a campaign's runs of one module version.
    ///
    /// Only runs of that very version count, and every demand has to be met: in doubt there is no go.
    init(
        _ policy: SoakPlan.Policy, _ standing: SoakStanding, version: String, doesNotBuild: [String] = [],
        missing: [String] = []
    ) {
        campaign = standing.campaign
        module = standing.module
        self.version = version
        var demands: [Demand] = []
        let answered = standing.cells.reduce(0) { $0 + $1.passed + $1.failed }
        let failed = standing.cells.reduce(0) { $0 + $1.failed }
        demands.append(
            Demand(
                text: "at least \(max(1, policy.runs)) runs with an answer",
                evidence: "\(answered) of this version"
                    + (standing.otherVersions > 0
                        ? ", and \(standing.otherVersions) of others, which do not count" : ""),
                verdict: answered >= max(1, policy.runs) ? .passed : .inconclusive))
        for reason in doesNotBuild {
            demands.append(Demand(text: "it builds", evidence: reason, verdict: .failed))
        }
        for variant in policy.variants {
            let runs = standing.cells.filter { $0.variant == variant }.reduce(0) {
                $0 + $1.passed + $1.failed
            }
            demands.append(
                Demand(
                    text: "runs on \(variant)", evidence: "\(runs)",
                    verdict: runs > 0 ? .passed : .inconclusive))
        }
        for cell in standing.cells {
            demands.append(Self.rate(cell, below: policy.failureRate))
        }
        for name in missing {
            demands.append(
                Demand(
                    text: "\(name): runs", evidence: "the campaign does not have it", verdict: .inconclusive))
        }
        demands +=
            Self.hours(policy, standing) + Self.growth(policy, standing)
            + Self.overhead(policy, standing)
        let unanswered = standing.cells.reduce(0) { $0 + $1.inconclusive }
        demands.append(
            Demand(
                text: "runs without an answer are few", evidence: "\(unanswered) beside \(answered) with one",
                // Nobody knows what those would have been.
                verdict: unanswered * 20 <= answered ? .passed : .inconclusive))
        if standing.cells.isEmpty {
            demands.append(Demand(text: "cells", evidence: "none", verdict: .inconclusive))
        }
        demands.append(
            Demand(
                text: "no failure",
                evidence: failed == 0 ? "none in \(answered) runs" : "\(failed) of \(answered) runs failed",
                // What failed once is explained before it goes anywhere.
                verdict: failed == 0 ? .passed : .failed))
        self.demands = demands
        verdict = demands.map(\.verdict).max() ?? .inconclusive
    }

    private static func hours(_ policy: SoakPlan.Policy, _ standing: SoakStanding) -> [Demand] {
        guard policy.hours > .zero else { return [] }
        let run = Duration.seconds(standing.runSeconds)
        return [
            Demand(
                text: "runs for at least \(policy.hours.text) in all",
                evidence: "\((standing.runSeconds / 360).rounded() / 10) h of runs with an answer",
                verdict: run >= policy.hours ? .passed : .inconclusive)
        ]
    }

    /// What grows is a no-go, whether the policy speaks of it or not; what it names must be shown not to.
    private static func growth(_ policy: SoakPlan.Policy, _ standing: SoakStanding) -> [Demand] {
        var demands = standing.trends.filter { $0.verdict == .failed && policy.slopes[$0.series] == nil }
            .map { trend in
                Demand(
                    text: "\(trend.cell): \(trend.series.rawValue) does not grow", evidence: trend.text,
                    verdict: .failed)
            }
        for (series, limit) in policy.slopes.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let text =
                "\(series.rawValue) grows by at most \(limit.shortText) \(series.unit) per 10,000 tasks"
            let found = standing.trends.filter { $0.series == series }
            if found.isEmpty {
                demands.append(
                    Demand(text: text, evidence: "no run has sampled it", verdict: .inconclusive))
            }
            for trend in found {
                let verdict: Verdict =
                    if let most = trend.mostHarm, most <= limit { .passed } else {
                        trend.verdict == .failed ? .failed : .inconclusive
                    }
                demands.append(
                    Demand(text: "\(trend.cell): \(text)", evidence: trend.text, verdict: verdict))
            }
        }
        return demands
    }

    private static func overhead(_ policy: SoakPlan.Policy, _ standing: SoakStanding) -> [Demand] {
        policy.overhead.sorted { $0.key.rawValue < $1.key.rawValue }.flatMap { series, limit in
            let text = "\(series.rawValue) takes at most \(limit.shortText) ns on average"
            let found = standing.trends.filter { $0.series == series }
            guard !found.isEmpty else {
                return [Demand(text: text, evidence: "no run has timed it", verdict: .inconclusive)]
            }
            return found.map { trend in
                let interval =
                    if let low = trend.meanLow, let high = trend.meanHigh {
                        " (\(low.shortText) to \(high.shortText))"
                    } else { "" }
                let verdict: Verdict =
                    if let low = trend.meanLow, low > limit { .failed } else {
                        trend.meanHigh.map { $0 <= limit } == true ? .passed : .inconclusive
                    }
                return Demand(
                    text: "\(trend.cell): \(text)",
                    evidence: "\(trend.mean.shortText) ns\(interval) in \(trend.runs) runs", verdict: verdict)
            }
        }
    }

    private static func rate(_ cell: SoakStanding.Cell, below limit: Double) -> Demand {
        func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }
        let tries = cell.passed + cell.failed
        let text = "\(cell.name): failure rate below \(percent(limit))"
        if cell.cleanRunsNeeded == 0 {
            return Demand(text: text, evidence: "\(cell.failed) of \(tries) failed", verdict: .passed)
        }
        if cell.failed > 0, cell.rate.low >= limit {
            return Demand(
                text: text, evidence: "\(cell.failed) of \(tries) failed, at least \(percent(cell.rate.low))",
                verdict: .failed)
        }
        return Demand(
            text: text,
            evidence:
                "\(cell.failed) of \(tries) failed; \(cell.cleanRunsNeeded) more clean runs would show it",
            verdict: .inconclusive)
    }
}

extension Gate {
    /// Judges the module as it is now by a campaign's runs.
    ///
    /// - Throws: ``LabError`` and `ArtifactError` when the module cannot be looked at.
    public static func judge(
        _ campaign: StoredCampaign, _ plan: SoakPlan, _ matrix: SuitePlan, request: RunRequest, lab: Lab,
        store: RunStore
    ) async throws -> Gate {
        var keys: [Int64: String] = [:]
        var faults: [String] = []
        for cell in try store.cells(of: campaign.id) {
            guard let scenario = matrix.scenarios[cell.scenario], let id = cell.id else { continue }
            var request = request
            request.cpus = cell.cpus
            request.kernel = KernelSpec(variant: cell.variant, source: cell.source)
            do {
                keys[id] = try await lab.prepareRuns(scenario, request).inputs(of: request).module.key
            } catch let error as ArtifactError where error.isModuleFault {
                keys[id] = "does not build"
                let reason = "\(cell.variant): \(error.description.split(separator: "\n").first ?? "")"
                if !faults.contains(reason) { faults.append(reason) }
            }
        }
        let standing = try SoakStanding(
            campaign, target: plan.policy.failureRate, isAlive: false, store: store, modules: keys)
        let known = Set(standing.cells.map(\.name))
        let wanted = try SoakLibrary.cells(plan, matrix, campaign: campaign.id).map(\.name)
        // Runs of another matrix show nothing about this one.
        guard try SoakPlan(yaml: campaign.plan, file: campaign.planFile).blocks == plan.blocks else {
            throw LabError(
                .trouble, "The matrix of the plan is not what it was when the campaign \(campaign.id) began.",
                remedy: "pacctlab soak start begins a campaign of the plan as it is.")
        }
        return Gate(
            plan.policy, standing, version: keys.sorted { $0.key < $1.key }.first?.value ?? "unknown",
            doesNotBuild: faults, missing: wanted.filter { !known.contains($0) })
    }
}
