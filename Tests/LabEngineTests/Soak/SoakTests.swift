// SPDX-License-Identifier: Apache-2.0

import Foundation
import RunStore
import Testing

@testable import LabEngine

@Suite("What a campaign does next, and what it has shown")
struct SoakTests {
    private func cell(_ id: Int64, weight: Double) -> StoredCell {
        var cell = StoredCell(
            campaign: "c", scenario: "s\(id)", variant: "release", cpus: 2, kernel: "default", weight: weight)
        cell.id = id
        return cell
    }

    @Test("Cells get runs by their weights, and each its seeds one after the other")
    func weights() {
        var desk = SoakDesk(cells: [
            .init(cell: cell(1, weight: 1), done: []), .init(cell: cell(2, weight: 3), done: []),
        ])
        var taken: [Int64: [Int64]] = [:]
        for _ in 0..<40 {
            guard let next = desk.take() else { break }
            taken[next.cell.id ?? 0, default: []].append(next.seed)
            desk.finished(next.cell, seed: next.seed, .passed)
        }
        #expect(taken[1] == Array(1...10) && taken[2] == Array(1...30))
    }

    @Test("Going on runs what is missing: no seed twice, none left out, those that were cut off again")
    func resumed() {
        var desk = SoakDesk(cells: [.init(cell: cell(1, weight: 1), done: [1, 2, 4])])
        let first = desk.take()
        let second = desk.take()
        #expect(first?.seed == 3 && second?.seed == 5)
        if let first { desk.gaveUp(first.cell, seed: first.seed) }
        let third = desk.take()
        #expect(third?.seed == 3 && desk.done == 3 && desk.begun == 5)
        let impossible = desk.take { _ in false }
        #expect(impossible == nil)
    }

    @Test("It ends when it was told to, and not before")
    func endings() {
        var campaign = StoredCampaign(id: "c", name: "n", plan: "", planFile: "", module: "", directory: "")
        func ending(done: Int = 5, now: Double = 100, failed: Bool = false, confident: Bool = false)
            -> String?
        {
            SoakDesk.ending(campaign, done: done, now: now, hasFailed: failed, isConfident: confident)
        }
        #expect(ending(done: 1_000_000, now: 1e12, failed: true, confident: true) == nil)
        campaign.maxRuns = 6
        #expect(ending() == nil && ending(done: 6) == "6 runs")
        (campaign.maxRuns, campaign.endsAt) = (nil, 200)
        #expect(ending(now: 199) == nil && ending(now: 200) != nil)
        (campaign.endsAt, campaign.untilFailure) = (nil, true)
        #expect(ending() == nil && ending(failed: true) == "the first failure")
        (campaign.untilFailure, campaign.confidence) = (false, 0.01)
        #expect(ending(failed: true) == nil && ending(confident: true) != nil)
        campaign.state = .stopping
        #expect(ending() == "stopped")
    }

    @Test("How many clean runs show a rate: the exact bound without a failure, Wilson's with one")
    func cleanRuns() {
        #expect(CleanRuns.needed(below: 0.01, passed: 0, failed: 0) == 299)
        #expect(CleanRuns.needed(below: 0.01, passed: 298, failed: 0) == 1)
        #expect(CleanRuns.needed(below: 0.01, passed: 299, failed: 0) == 0)
        #expect(CleanRuns.needed(below: 0.05, passed: 0, failed: 0) == 59)
        // 0.99^299 is the first power below 5 %.
        #expect(pow(0.99, 299) < 0.05 && pow(0.99, 298) > 0.05)
        let more = CleanRuns.needed(below: 0.05, passed: 10, failed: 1)
        #expect(HitRate(hits: 1, tries: 11 + more).high < 0.05)
        #expect(HitRate(hits: 1, tries: 11 + more - 1).high >= 0.05)
        for rate in [0, 1e-17, 1e-12] {
            #expect(CleanRuns.needed(below: rate, passed: 1000, failed: 0) == .max)
        }
        #expect(CleanRuns.needed(below: 1e-6, passed: 0, failed: 0) == 2_995_731)
        #expect(Share(text: "1e-15%") == nil && Share(text: "0.5 %")?.value == 0.005)
    }

    @Test(
        "Mistakes in a plan have their place",
        arguments: [
            ("disk: 10", "p.yaml:5:7", "GiB"), ("gate:\n  failure_rate: 0", "p.yaml:6:17", "1%"),
            ("gate:\n  variants: [debgu]", "p.yaml:6:13", "debug"), ("smaples: 3", "p.yaml:5:1", "samples"),
        ])
    func mistakes(rest: String, place: String, hint: String) throws {
        let error = try #require(throws: ScenarioError.self) {
            _ = try SoakPlan(
                yaml: "name: n\ndescription: d\nmatrix:\n  - tags: [quick]\n\(rest)\n", file: "p.yaml")
        }
        #expect(error.description.hasPrefix(place) && error.description.contains(hint), "\(error)")
    }

    @Test("Seeds and weights of a plan's matrix")
    func matrix() throws {
        let plan = try SoakPlan(
            yaml: "name: n\ndescription: d\nmatrix:\n  - tags: [quick]\n    weight: 2.5\ndisk: 20GiB\n",
            file: "p.yaml")
        #expect(plan.blocks.map(\.weight) == [2.5] && plan.diskBudget == 20 << 30 && plan.samples == 3)
        #expect(throws: ScenarioError.self) {
            _ = try SoakPlan(
                yaml: "name: n\ndescription: d\nmatrix:\n  - tags: [quick]\n    seeds: 1..3\n", file: "p.yaml"
            )
        }
    }
}

@Suite("May the module go on the lab machine?")
struct GateTests {
    private func standing(
        _ cells: [(passed: Int, failed: Int)], target: Double = 0.05, unanswered: Int = 0,
        trends: [[String: Any]] = []
    ) -> SoakStanding {
        let json: [String: Any] = [
            "campaign": "c", "state": "ended", "is_alive": false, "module": "/m", "target": target,
            "other_versions": 7, "signatures": [Any](), "directory": "/d", "trends": trends,
            "changes": [Any](), "run_seconds": 7200,
            "cells": cells.enumerated().map { place, counts in
                let rate = HitRate(hits: counts.failed, tries: counts.passed + counts.failed)
                return [
                    "name": "cell\(place)", "variant": place == 0 ? "release" : "debug",
                    "passed": counts.passed,
                    "failed": counts.failed, "inconclusive": unanswered,
                    "clean_runs_needed": CleanRuns.needed(
                        below: target, passed: counts.passed, failed: counts.failed),
                    "rate": [
                        "hits": rate.hits, "tries": rate.tries, "share": rate.share, "low": rate.low,
                        "high": rate.high,
                    ],
                ] as [String: Any]
            },
        ]
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(SoakStanding.self, from: JSONSerialization.data(withJSONObject: json))
        } catch { fatalError("\(error)") }
    }

    private func gate(_ cells: [(passed: Int, failed: Int)], runs: Int = 0, faults: [String] = []) -> Gate {
        var policy = SoakPlan.Policy()
        policy.runs = runs
        policy.variants = ["release", "debug"]
        return Gate(policy, standing(cells), version: "v", doesNotBuild: faults)
    }

    @Test("Go only when every demand is met")
    func go() {
        #expect(gate([(59, 0), (59, 0)]).verdict == .passed)
        #expect(gate([(59, 0), (58, 0)]).verdict == .inconclusive)
        #expect(gate([(59, 0), (59, 0)], runs: 119).verdict == .inconclusive)
        #expect(gate([(59, 0)]).verdict == .inconclusive, "no run on debug")
        #expect(gate([]).verdict == .inconclusive)
        #expect(gate([(0, 0), (0, 0)]).verdict == .inconclusive)
    }

    @Test("Many runs without an answer, or a cell that the campaign does not have, are no go")
    func doubts() {
        var policy = SoakPlan.Policy()
        policy.variants = []
        let cells = [(passed: 59, failed: 0), (passed: 59, failed: 0)]
        #expect(Gate(policy, standing(cells, unanswered: 2), version: "v").verdict == .passed)
        #expect(Gate(policy, standing(cells, unanswered: 500), version: "v").verdict == .inconclusive)
        #expect(
            Gate(policy, standing(cells), version: "v", missing: ["new/debug/2cpu"]).verdict == .inconclusive)
    }

    private func trend(
        _ series: String, slope: Double, _ low: Double, _ high: Double, grows: Bool = false, mean: Double = 0
    ) -> [String: Any] {
        [
            "cell": "cell0", "series": series, "unit": "objects", "runs": 9, "forks": 90_000, "slope": slope,
            "low": low, "high": high, "mean": mean, "mean_low": mean - 1, "mean_high": mean + 1,
            "verdict": grows ? "failed" : "passed",
        ]
    }

    @Test("What grows is a no-go, and what the policy names must be shown not to")
    func growth() {
        let cells = [(passed: 59, failed: 0), (passed: 59, failed: 0)]
        func verdict(_ trends: [[String: Any]], _ change: (inout SoakPlan.Policy) -> Void = { _ in })
            -> Verdict
        {
            var policy = SoakPlan.Policy()
            change(&policy)
            return Gate(policy, standing(cells, trends: trends), version: "v").verdict
        }
        let (leak, flat) = (
            trend("module_objects", slope: 10, 9, 11, grows: true),
            trend("module_objects", slope: 0.1, -0.4, 0.6)
        )
        #expect(verdict([leak]) == .failed && verdict([flat]) == .passed)
        #expect(verdict([flat]) { $0.slopes[.moduleObjects] = 1 } == .passed)
        #expect(verdict([flat]) { $0.slopes[.moduleObjects] = 0.5 } == .inconclusive, "not shown")
        #expect(verdict([leak]) { $0.slopes[.moduleObjects] = 1 } == .failed)
        #expect(verdict([]) { $0.slopes[.moduleObjects] = 1 } == .inconclusive, "never sampled")
        #expect(
            verdict([trend("free_memory", slope: -5, -9, 1)]) { $0.slopes[.freeMemory] = 10 } == .passed)
        #expect(
            verdict([trend("free_memory", slope: -50, -90, 1)]) { $0.slopes[.freeMemory] = 10 }
                == .inconclusive)
    }

    @Test("Hooks that are too slow, and too few hours, are no go")
    func overheadAndHours() {
        let cells = [(passed: 59, failed: 0), (passed: 59, failed: 0)]
        func verdict(_ trends: [[String: Any]], _ change: (inout SoakPlan.Policy) -> Void) -> Verdict {
            var policy = SoakPlan.Policy()
            change(&policy)
            return Gate(policy, standing(cells, trends: trends), version: "v").verdict
        }
        let hook = trend("hook_switch", slope: 0, -1, 1, mean: 500)
        #expect(verdict([hook]) { $0.overhead[.switchHook] = 501 } == .passed)
        #expect(verdict([hook]) { $0.overhead[.switchHook] = 500 } == .inconclusive)
        #expect(verdict([hook]) { $0.overhead[.switchHook] = 400 } == .failed)
        #expect(verdict([]) { $0.overhead[.switchHook] = 400 } == .inconclusive)
        #expect(verdict([]) { $0.hours = .seconds(7200) } == .passed)
        #expect(verdict([]) { $0.hours = .seconds(7201) } == .inconclusive)
    }

    @Test("Any failure is a no-go, however rare, and so is a module that does not build")
    func noGo() {
        #expect(gate([(100_000, 1), (59, 0)]).verdict == .failed)
        #expect(gate([(59, 0), (0, 3)]).verdict == .failed)
        #expect(gate([(59, 0), (59, 0)], faults: ["debug: no"]).verdict == .failed)
        #expect(
            gate([(59, 0), (59, 0)]).demands.first?.evidence.contains("7 of others, which do not count")
                == true)
    }
}
