// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Evidence
import SystemPackage

/// Finds the commit that broke something, by `git bisect` and runs in guests.
public struct Bisector: Sendable {
    /// What the commits are of.
    public enum Subject: Sendable, Equatable {
        /// The module under test; its folder below the repository's root.
        case module(below: FilePath)
        /// The kernel.
        case kernel(variant: String)
    }

    /// What to look for, and where.
    public struct Options: Sendable {
        /// The repository's root.
        public var repository: FilePath
        /// What the commits are of.
        public var subject: Subject
        /// A commit that is good.
        public var good: String
        /// One that is bad.
        public var bad: String
        /// Seeds of each step.
        public var seeds = SeedSet(1)
        /// The finding's signature; nil: whatever the bad commit shows.
        public var signature: String?

        /// Options with everything else at its default.
        public init(repository: FilePath, subject: Subject, good: String, bad: String) {
            (self.repository, self.subject, self.good, self.bad) = (repository, subject, good, bad)
        }
    }

    private let lab: Lab
    private let scenario: Scenario
    private let request: RunRequest
    private let options: Options
    private let onStep: @Sendable (BisectStep) -> Void

    /// - Parameters:
    ///   - request: As for any run; module or kernel, and seed, are each step's.
    ///   - onStep: Told of each commit that was judged.
    public init(
        lab: Lab, scenario: Scenario, request: RunRequest, options: Options,
        onStep: @escaping @Sendable (BisectStep) -> Void
    ) {
        (self.lab, self.scenario, self.request, self.options) = (lab, scenario, request, options)
        self.onStep = onStep
    }

    /// The repository around a folder, and the folder's path below its root.
    ///
    /// - Throws: ``LabError`` when there is none.
    public static func repository(around folder: FilePath) async throws -> (root: FilePath, below: FilePath) {
        try await BisectRepository.find(around: folder)
    }

    /// Bisects.
    ///
    /// - Parameter folder: For the work tree; must not exist.
    /// - Throws: ``LabError`` when the good commit is not good, the bad one not bad, or they make no sense together.
    public func run(in folder: FilePath) async throws -> BisectReport {
        let repository = try await BisectRepository.make(of: options.repository, in: folder)
        let result: Result<BisectReport, any Error>
        do { result = .success(try await bisect(repository)) } catch { result = .failure(error) }
        // In a task of its own: it has to be done after Ctrl-C as well, which has cancelled this one.
        await Task { await repository.remove() }.value
        return try result.get()
    }

    private func bisect(_ repository: BisectRepository) async throws -> BisectReport {
        let start = ContinuousClock.now
        let good = try await repository.commit(options.good)
        let bad = try await repository.commit(options.bad)
        guard good.hash != bad.hash, try await repository.isAncestor(good.hash, of: bad.hash) else {
            throw LabError(
                .badInput, "The good commit \(options.good) is not behind the bad one \(options.bad).",
                remedy: "git merge-base \(options.good) \(options.bad) names one that is.")
        }
        var steps: [BisectStep] = []
        let (wanted, finding) = try await ends(repository, good, bad, &steps)
        var lastFinding = finding
        var state = try await repository.start(good: good.hash, bad: bad.hash)
        while case .testing(let hash) = state {
            try Task.checkCancellation()
            let (step, run) = try await judge(try await repository.commit(hash), repository, wanted)
            add(step, &steps)
            if step.outcome == .bad {
                lastFinding = run?.findings.first { wanted.contains($0.signature) } ?? lastFinding
            }
            state = try await repository.mark(.init(rawValue: step.outcome.rawValue) ?? .skip)
        }
        var report = BisectReport(
            verdict: .inconclusive, reason: nil, firstBad: nil, candidates: [], finding: lastFinding,
            steps: steps,
            scenario: scenario.name, seeds: options.seeds.description, durationS: 0,
            directory: request.results.string)
        switch state {
        case .found(let hash):
            report.verdict = .passed
            report.firstBad = .init(try await repository.commit(hash))
        case .ambiguous(let hashes):
            report.reason = "\(hashes.count) commits are left of which those between could not be judged"
            for hash in hashes { report.candidates.append(.init(try await repository.commit(hash))) }
        case .testing: break
        }
        // The work tree is about to go: the file is one of the repository's.
        let prefix = repository.folder.string + "/"
        if let location = report.finding?.location, location.hasPrefix(prefix) {
            report.finding?.location = String(location.dropFirst(prefix.count))
        }
        report.durationS = start.duration(to: .now).inSeconds
        return report
    }

    /// Makes sure of both ends: a bisection between commits that are not what they are said to be finds anything.
    private func ends(
        _ repository: BisectRepository, _ good: BisectRepository.Commit, _ bad: BisectRepository.Commit,
        _ steps: inout [BisectStep]
    ) async throws -> (wanted: Set<String>, Finding?) {
        let given = options.signature.map { Set([$0]) }
        let (last, run) = try await judge(bad, repository, given)
        add(last, &steps)
        guard last.outcome == .bad, let run else {
            throw LabError(
                last.outcome == .good ? .badInput : .trouble,
                "The commit \(options.bad), which should be bad, is not: \(last.reason).",
                remedy: "More seeds (--seeds 1..20) may show it, or another scenario.")
        }
        let wanted = given ?? Set(run.findings.map(\.signature))
        let (first, _) = try await judge(good, repository, wanted)
        add(first, &steps)
        guard first.outcome == .good else {
            throw LabError(
                first.outcome == .bad ? .badInput : .trouble,
                "The commit \(options.good), which should be good, is not: \(first.reason).",
                remedy: "Name an older one.")
        }
        return (wanted, run.findings.first { wanted.contains($0.signature) })
    }

    private func add(_ step: BisectStep, _ steps: inout [BisectStep]) {
        steps.append(step)
        onStep(step)
    }

    // MARK: - one commit

    private func judge(
        _ commit: BisectRepository.Commit, _ repository: BisectRepository, _ wanted: Set<String>?
    ) async throws -> (BisectStep, RunReport?) {
        try await repository.checkOut(commit.hash)
        var request = request
        switch options.subject {
        case .module(let below): request.module = repository.folder.pushing(below)
        case .kernel(let variant):
            request.kernel = KernelSpec(variant: variant, source: .tree(repository.folder, privateCopy: true))
        }
        var step = BisectStep(
            commit: commit.hash, subject: commit.subject, outcome: .skip, reason: "", evidence: nil)
        let prepared: PreparedRuns
        do { prepared = try await lab.prepareRuns(scenario, request) } catch let error as ArtifactError {
            step.reason =
                "it does not build: \(ModuleFault.finding(error, paths: ShownPaths(home: lab.home)).title)"
            return (step, nil)
        }
        var runs: [RunReport] = []
        for seed in options.seeds.seeds {
            request.seed = seed
            var run = try await lab.run(scenario, request, prepared: prepared).report
            if run.verdict == .inconclusive, !Task.isCancelled {
                run = try await lab.run(scenario, request, prepared: prepared).report
            }
            try Task.checkCancellation()
            runs.append(run)
            if BisectStep.judge([run], wanted: wanted).0 == .bad { break }
        }
        let (outcome, reason, shown) = BisectStep.judge(runs, wanted: wanted)
        (step.outcome, step.reason, step.evidence) = (outcome, reason, shown?.directory)
        return (step, shown)
    }
}
