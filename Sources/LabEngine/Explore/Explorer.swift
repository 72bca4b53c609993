// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import SystemPackage

/// Runs a scenario once for each seed, several guests at once, and notes down what each came to.
public struct Explorer: Sendable {
    /// How to go about it.
    public struct Options: Sendable {
        /// Guests at once; nil: as many as the host carries.
        public var jobs: Int?
        /// Whether the first seed with a finding is enough.
        public var stopsAtFirst = false
        /// Whether every run keeps its folder, as opposed to one for each bug.
        public var keepsAll = false

        /// Everything at its default.
        public init() {}
    }

    /// What is told meanwhile.
    public enum Event: Sendable {
        /// So many seeds of those that this command has to run are done.
        case progress(done: Int, of: Int)
        /// A bug that no seed before has shown.
        case found(SeedResult.Symptom, seed: UInt64)
        /// A run that had no answer.
        case unanswered(reason: String, seed: UInt64)
    }

    /// So many runs without an answer, one after the other, say that the lab is in trouble.
    private static let patience = 10

    private let lab: Lab
    private let folder: FilePath
    private let options: Options

    /// - Parameter folder: The campaign's.
    public init(lab: Lab, folder: FilePath, options: Options) {
        (self.lab, self.folder, self.options) = (lab, folder, options)
    }

    /// The folder that run folders of a campaign are in.
    public static func runs(of campaign: FilePath) -> FilePath { campaign.appending("runs") }

    /// Begins a campaign, in a folder of its own.
    ///
    /// - Throws: ``LabError``, and what preparing a run throws.
    public static func begin(
        _ campaign: Campaign, scenario: Scenario, lab: Lab, folder: FilePath
    ) async throws -> (CampaignFile, PreparedRuns) {
        let request = campaign.request(results: runs(of: folder))
        let prepared = try await lab.prepareRuns(scenario, request)
        var campaign = campaign
        campaign.inputs = prepared.inputs(of: request)
        return (try CampaignFile.create(in: folder, campaign), prepared)
    }

    /// Goes on with a campaign.
    ///
    /// - Throws: ``LabError`` when it is not the same any more: results would be mixed up.
    public static func resume(
        _ file: CampaignFile, scenario: Scenario, lab: Lab, folder: FilePath
    ) async throws -> PreparedRuns {
        let request = file.campaign.request(results: runs(of: folder))
        let prepared = try await lab.prepareRuns(scenario, request)
        let now = prepared.inputs(of: request)
        let changed = file.campaign.inputs?.differences(from: now) ?? ["what it was made of is not known"]
        guard changed.isEmpty else {
            throw LabError(
                .badInput,
                "Since the campaign \(folder) began, this has changed: \(changed.joined(separator: ", ")). "
                    + "Its seeds would not be the same runs any more.",
                remedy: "Begin a new campaign, or change it back.")
        }
        return prepared
    }

    /// Runs every seed that has no answer yet. When the task is cancelled, guests are ended, and what was
    /// noted down stays.
    ///
    /// - Throws: ``LabError`` when the campaign's file cannot be written.
    public func run(
        _ scenario: Scenario, _ prepared: PreparedRuns, seeds: SeedSet, file: CampaignFile,
        onEvent: @escaping @Sendable (Event) -> Void
    ) async throws -> ExploreReport {
        let campaign = file.campaign
        let request = campaign.request(results: Self.runs(of: folder))
        let inputs = prepared.inputs(of: request)
        let jobs =
            options.jobs
            ?? HostCapacity.current().guests(
                cpus: inputs.cpus, memoryMiB: inputs.memoryMib, accelerator: inputs.accel)
        let waiting = seeds.seeds.filter { (file.results[$0]?.verdict ?? .inconclusive) == .inconclusive }
        var ledger = ExploreLedger(file: file, folder: folder, keepsAll: options.keepsAll)
        let start = ContinuousClock.now
        onEvent(.progress(done: 0, of: waiting.count))
        let (ran, stopped) = try await explore(
            waiting[...], scenario, request, prepared, jobs: jobs, &ledger, onEvent)
        let wanted = Set(seeds.seeds)
        return ExploreReport(
            campaign, name: scenario.name, seeds: seeds,
            results: file.results.values.filter { wanted.contains($0.seed) }, ran: ran, jobs: jobs,
            duration: start.duration(to: .now), stopped: stopped, directory: folder.string,
            folders: ledger.folder(of:))
    }

    private func explore(
        _ seeds: ArraySlice<UInt64>, _ scenario: Scenario, _ request: RunRequest, _ prepared: PreparedRuns,
        jobs: Int, _ ledger: inout ExploreLedger, _ onEvent: @escaping @Sendable (Event) -> Void
    ) async throws -> (ran: Int, stopped: String?) {
        var waiting = seeds
        var stopped: String?
        var (ran, unanswered) = (0, 0)
        try await withThrowingTaskGroup(of: RunReport.self) { group in
            func startNext() {
                guard stopped == nil, !Task.isCancelled, let seed = waiting.popFirst() else { return }
                var request = request
                request.seed = seed
                group.addTask { [request] in
                    try await lab.run(scenario, request, progress: .silent, prepared: prepared).report
                }
            }
            for _ in 0..<max(1, jobs) { startNext() }
            for try await report in group {
                // What was cut off is no answer, and is run again by whoever goes on with the campaign.
                if (stopped != nil || Task.isCancelled) && report.verdict == .inconclusive {
                    ledger.forget(report)
                    continue
                }
                let result = SeedResult(report)
                for finding in try ledger.add(result, report) { onEvent(.found(finding, seed: result.seed)) }
                ran += 1
                onEvent(.progress(done: ran, of: seeds.count))
                unanswered = result.verdict == .inconclusive ? unanswered + 1 : 0
                if result.verdict == .inconclusive {
                    onEvent(.unanswered(reason: result.reason ?? "unknown", seed: result.seed))
                }
                if unanswered >= Self.patience {
                    stopped = "\(Self.patience) runs in a row had no answer"
                } else if options.stopsAtFirst, result.verdict == .failed {
                    stopped = "the first finding"
                }
                stopped == nil ? startNext() : group.cancelAll()
            }
        }
        return (ran, waiting.isEmpty && ran == seeds.count ? nil : stopped)
    }
}
