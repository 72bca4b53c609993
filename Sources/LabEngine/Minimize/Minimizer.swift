// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import SystemPackage

/// Shrinks the scenario of a run, while the run's first finding remains: fewer steps, fewer tasks, less time, fewer CPUs.
public struct Minimizer: Sendable {
    /// What came of it.
    public struct Outcome: Sendable {
        /// The smallest scenario that shows the finding.
        public var scenario: Scenario
        /// With how many CPUs.
        public var cpus: Int
        /// With which seed.
        public var seed: UInt64
        /// Runs that were made.
        public var runs: Int
        /// Why it ended before nothing could be left out any more; nil when it did not.
        public var stopped: String?
    }

    private let lab: Lab
    private let scenario: Scenario
    private let request: RunRequest
    private let signature: String
    private let limit: Int
    private let seeds: Int

    /// - Parameters:
    ///   - limit: Runs that may be made.
    ///   - seeds: Seeds that each smaller scenario is tried with, the run's own first: another scenario is another order
    ///     of events.
    /// - Throws: ``LabError`` when the run found nothing.
    public init(lab: Lab, run: PastRun, results: FilePath, limit: Int, seeds: Int) throws {
        guard let finding = run.report.findings.first else {
            throw LabError(
                .badInput, "The run \(run.folder) found nothing: there is nothing to keep while it shrinks.",
                remedy: "Name a run that failed.")
        }
        self.lab = lab
        scenario = run.scenario
        var request = run.request(results: results)
        request.dump = .never
        self.request = request
        signature = finding.signature
        self.limit = limit
        self.seeds = max(1, seeds)
    }

    /// One state of the search.
    private struct State {
        var scenario: Scenario
        var cpus: Int
        var seed: UInt64
        var runs = 0
        var stopped: String?
    }

    /// Shrinks it.
    ///
    /// - Parameter tried: Told after each run: the number of runs, and of steps in the smallest scenario so far.
    /// - Throws: ``LabError`` when the finding does not show again in the first place.
    public func run(_ tried: @escaping (_ runs: Int, _ steps: Int) -> Void) async throws -> Outcome {
        var state = State(scenario: scenario, cpus: request.cpus, seed: request.seed)
        guard try await shows(scenario, state.cpus, &state, tried) == true else {
            throw LabError(
                .trouble, "The finding does not show again (\(signature)).",
                remedy: "pacctlab explore finds seeds that show it.")
        }
        try await removeSteps(&state, tried)
        try await reduceNumbers(&state, tried)
        for cpus in 1..<max(1, state.cpus) where try await shows(state.scenario, cpus, &state, tried) == true
        {
            state.cpus = cpus
            break
        }
        return Outcome(
            scenario: state.scenario, cpus: state.cpus, seed: state.seed, runs: state.runs,
            stopped: state.stopped)
    }

    private func removeSteps(_ state: inout State, _ tried: @escaping (Int, Int) -> Void) async throws {
        // Groups change place while lists around them shrink: each list is looked for anew.
        var done = 0
        while case let lists = ScenarioShrinking.lists(in: state.scenario), done < lists.count {
            let place = lists[done]
            var search = state
            let kept = try await deltaDebug(ScenarioShrinking.steps(at: place, in: state.scenario)) { steps in
                // A group of nothing is no group; without it, it has been tried.
                if steps.isEmpty { return false }
                let smaller = ScenarioShrinking.replacing(place, with: steps, in: search.scenario)
                return try await shows(smaller, search.cpus, &search, tried)
            }
            search.scenario = ScenarioShrinking.replacing(place, with: kept, in: state.scenario)
            state = search
            done += 1
        }
    }

    private func reduceNumbers(_ state: inout State, _ tried: @escaping (Int, Int) -> Void) async throws {
        var found = true
        while found, state.stopped == nil {
            found = false
            for smaller in ScenarioShrinking.smaller(state.scenario)
            where try await shows(smaller, state.cpus, &state, tried) == true {
                state.scenario = smaller
                found = true
                break
            }
        }
    }

    /// Whether the scenario shows the finding, with one of the seeds; nil when no more may be tried.
    private func shows(
        _ scenario: Scenario, _ cpus: Int, _ state: inout State, _ tried: (Int, Int) -> Void
    ) async throws -> Bool? {
        var scenario = scenario
        // It was for the whole.
        scenario.expectations = .init()
        let first = state.seed
        for seed in first..<first + UInt64(seeds) {
            if state.stopped == nil, state.runs >= limit { state.stopped = "the limit of \(limit) runs" }
            if Task.isCancelled { state.stopped = "interrupted" }
            guard state.stopped == nil else { return nil }
            var request = request
            (request.cpus, request.seed) = (cpus, seed)
            let report = try await lab.run(scenario, request, progress: .silent).report
            try? FileManager.default.removeItem(atPath: report.directory)
            state.runs += 1
            tried(state.runs, state.scenario.allSteps.count)
            if report.findings.contains(where: { $0.signature == signature }) {
                state.seed = seed
                return true
            }
        }
        return false
    }
}
