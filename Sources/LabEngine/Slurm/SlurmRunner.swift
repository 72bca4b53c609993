// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import RunStore
import SystemPackage

/// Makes the runs of a campaign on a cluster: job arrays are submitted, watched and gathered; which node runs what, and
/// when, is Slurm's business alone. Results come through a folder that all nodes share.
///
/// What is where, at any moment: a run that is over is in the store; one that is with Slurm is in a batch's folder. After
/// SIGKILL both are still there, and whoever goes on with the campaign reads them.
public struct SlurmRunner: SoakEngine {
    /// Between two looks for results: no more than a list of a folder.
    static let tick = Duration.seconds(1)

    let lab: Lab
    let store: RunStore
    let campaign: String
    let plan: SoakPlan
    let matrix: SuitePlan
    let request: RunRequest
    let options: SlurmOptions
    let pacctlab: FilePath

    /// - Parameters:
    ///   - campaign: Its id; it must be in the store.
    ///   - matrix: What the plan's matrix comes to.
    ///   - request: As for any run; results go to the campaign's folder, which every node must have at the same path.
    ///   - pacctlab: The command, for the nodes.
    public init(
        lab: Lab, store: RunStore, campaign: String, plan: SoakPlan, matrix: SuitePlan, request: RunRequest,
        options: SlurmOptions, pacctlab: FilePath
    ) {
        (self.lab, self.store, self.campaign, self.plan) = (lab, store, campaign, plan)
        (self.matrix, self.request, self.options, self.pacctlab) = (matrix, request, options, pacctlab)
    }

    /// Runs until the campaign ends, or the task is cancelled; then nothing of it is left in the queue.
    ///
    /// - Throws: Also ``LabError`` when Slurm does not want the jobs, or cannot be reached for ten minutes. Jobs that could
    ///   not be cancelled then go on, and are found by whoever resumes the campaign.
    public func run(onEvent: @escaping @Sendable (SoakRunner.Event) -> Void) async throws -> String? {
        var session = try SlurmSession(self, onEvent: onEvent)
        let result: Result<String?, any Error>
        do { result = .success(try await session.goOn()) } catch is CancellationError {
            result = .success(nil)
        } catch { result = .failure(error) }
        // Also when we are cancelled: a task of its own is not.
        let emptied = Task { [session] in
            var session = session
            try await session.emptyQueue()
        }
        if case .failure(let error) = result {
            try? await emptied.value
            throw error
        }
        try await emptied.value
        let reason = try result.get()
        if let reason { try session.books.close(reason) }
        return reason
    }
}

/// A campaign while its runs are with Slurm.
struct SlurmSession: Sendable {
    /// A controller that is away longer than this is not waited for.
    static let patience = Duration.seconds(600)

    let runner: SlurmRunner
    let books: SoakBooks
    let client: SlurmClient
    /// The campaign's folder.
    let directory: FilePath
    let onEvent: @Sendable (SoakRunner.Event) -> Void
    /// Names of cells whose runs have a node for themselves.
    let exclusive: Set<String>

    /// What is next.
    var runs: SoakDesk
    /// What is with Slurm.
    var desk: SlurmDesk
    /// What is known of cells, by their numbers.
    var prepared: [Int64: SlurmSession.Preparation] = [:]
    /// Job ids by batches.
    var jobs: [Int: Int] = [:]
    /// The number of the next batch. None is ever used again: the queue remembers folders for a while. So it begins with
    /// the seconds since 1970.
    var nextBatch = Int(Date.now.timeIntervalSince1970)
    /// Whether anything may be in the queue.
    var mayHaveJobs = false
    /// Whether it was said that the accounting does not answer.
    var isWithoutAccounting = false
    /// Runs in a row without an answer.
    var unanswered = 0
    var nextLook = ContinuousClock.now
    /// Since when Slurm cannot be reached; nil: it can.
    var awaySince: ContinuousClock.Instant?
    /// Before then nothing is submitted: Slurm did not want more.
    var fullUntil: ContinuousClock.Instant?

    /// Opens a campaign, and finds what an earlier process has left with Slurm.
    ///
    /// - Throws: ``LabError`` when there is no such campaign.
    init(_ runner: SlurmRunner, onEvent: @escaping @Sendable (SoakRunner.Event) -> Void) throws {
        (self.runner, self.onEvent) = (runner, onEvent)
        books = try SoakBooks(store: runner.store, campaign: runner.campaign, plan: runner.plan)
        let campaign = try books.now()
        directory = FilePath(campaign.directory)
        client = SlurmClient(campaign: campaign.id, directory: campaign.directory)
        exclusive = try SoakLibrary.exclusiveCells(runner.plan, runner.matrix)
        runs = try books.desk()
        desk = SlurmDesk(attempts: runner.options.attempts)
        try takeUp()
    }

    /// Works until there is a reason to end and nothing is with Slurm any more, or the task is cancelled.
    ///
    /// - Returns: The reason.
    mutating func goOn() async throws -> String? {
        var reason: String?
        var isPaused = false
        // That there is no Slurm is said before a kernel is built for it.
        _ = try await contact { try await $0.queue() }
        while !Task.isCancelled {
            let now = try books.now()
            if reason == nil { reason = books.ending(now, runs, unanswered: unanswered) }
            let rest = SoakBooks.rest(now)
            if reason == nil, now.state == .running, rest == nil {
                isPaused = false
                try await submit(most: now.maxRuns)
            }
            try await look()
            if reason != nil || now.state != .running || rest != nil {
                // What has begun is waited for; what has not, will not.
                try await holdBack()
                if desk.outstanding == 0 {
                    if let reason { return reason }
                    if !isPaused, let rest { onEvent(.resting(rest)) }
                    isPaused = true
                }
            }
            try? await Task.sleep(for: SlurmRunner.tick)
        }
        return nil
    }

    /// Reads the batches that are on disk.
    private mutating func takeUp() throws {
        for number in SlurmFolder.numbers(in: directory) {
            nextBatch = max(nextBatch, number + 1)
            mayHaveJobs = true
            let folder = folder(number)
            guard let batch = try? folder.read() else { continue }
            jobs[number] = folder.job
            desk.submitted(
                number,
                batch.runs.enumerated().compactMap { index, run in
                    folder.isWithdrawn(index) || runs.takeUp(run.cell, seed: run.seed) == nil
                        ? nil : (index, run)
                })
        }
        desk.keepLastAttempts()
        removeFinishedBatches()
    }

    // MARK: - parts

    func folder(_ batch: Int) -> SlurmFolder { SlurmFolder(campaign: directory, number: batch) }

    func cell(_ id: Int64) -> StoredCell? { runs.cells.map(\.cell).first { $0.id == id } }

    /// A run is given back: it will be taken again.
    mutating func giveBack(_ run: SlurmRun) {
        if let cell = cell(run.cell) { runs.gaveUp(cell, seed: run.seed) }
    }

    func removeFinishedBatches() {
        let open = Set(desk.tasks.keys.map(\.batch))
        for number in SlurmFolder.numbers(in: directory) where !open.contains(number) {
            folder(number).remove()
        }
    }

    /// Asks something of Slurm.
    ///
    /// - Returns: nil when it cannot be reached at the moment.
    /// - Throws: ``LabError`` when it cannot be reached for too long, or does not want what it is asked.
    mutating func contact<Answer: Sendable>(
        _ work: (SlurmClient) async throws -> Answer
    ) async throws -> Answer? {
        do {
            let answer = try await work(client)
            awaySince = nil
            return answer
        } catch SlurmClient.Failure.unreachable(let words) {
            let since = awaySince ?? .now
            if awaySince == nil { onEvent(.trouble(cell: "slurm", reason: "\(words); it is waited for")) }
            awaySince = since
            guard since.duration(to: .now) < Self.patience else {
                throw LabError(
                    .trouble, "Slurm cannot be reached for \(Self.patience.text): \(words)",
                    remedy:
                        "Does `sinfo` work here? pacctlab soak resume goes on; jobs that run are found again."
                )
            }
            return nil
        } catch SlurmClient.Failure.refused(let words) {
            throw LabError(.trouble, "Slurm refuses: \(words)")
        } catch SlurmClient.Failure.missing(let words) {
            throw LabError(.trouble, words, remedy: "Or run on this machine: leave --engine slurm out.")
        }
    }
}
