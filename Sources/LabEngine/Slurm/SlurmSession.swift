// SPDX-License-Identifier: Apache-2.0

import Foundation
import RunStore
import SystemPackage

/// A campaign while its runs are with Slurm.
struct SlurmSession: Sendable {
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
    /// Whether Slurm can be reached.
    var reach = SlurmReach()
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
            reach.answered()
            return answer
        } catch let failure as SlurmClient.Failure {
            if let words = try reach.failed(failure) { onEvent(.trouble(cell: "slurm", reason: words)) }
            return nil
        }
    }
}
