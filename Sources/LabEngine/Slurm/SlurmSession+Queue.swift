// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

extension SlurmSession {
    /// How long tasks that were cancelled may take to be gone: Slurm kills what ignores SIGTERM after `KillWait`, half a
    /// minute by default.
    private static let emptying = Duration.seconds(180)
    /// Between two attempts to cancel them.
    private static let recancelling = Duration.seconds(10)

    /// Gathers results, and now and then asks Slurm how its tasks are.
    mutating func look() async throws {
        for task in desk.results(results()) { try gather(task) }
        guard ContinuousClock.now >= nextLook else { return removeFinishedBatches() }
        nextLook = .now + runner.options.poll
        guard desk.outstanding > 0 || reach.awaySince != nil, let sightings = try await sightings() else {
            return
        }
        // Listed after the queue was looked at: a task that Slurm says is over has left its result by then.
        for fate in desk.look(sightings, results: results()) { try await take(fate) }
        removeFinishedBatches()
    }

    /// Withdraws tasks that have no node yet, and gives their runs back.
    mutating func holdBack() async throws {
        for run in desk.takeWaiting(.max) { giveBack(run) }
        var withdrawn: [(job: Int, index: Int)] = []
        for task in desk.pending where try folder(task.place.batch).withdraw(task.place.index) {
            desk.settle(task)
            giveBack(task.run)
            if let job = task.sighting?.job { withdrawn.append((job, task.place.index)) }
        }
        // One that is not cancelled finds that it was withdrawn.
        if !withdrawn.isEmpty { _ = try await contact { try await $0.cancel(withdrawn) } }
    }

    /// Leaves nothing in the queue: cancels everything, waits until it is gone, and takes what has come to a result.
    mutating func emptyQueue() async throws {
        for run in desk.takeWaiting(.max) { giveBack(run) }
        for task in desk.tasks.values where try folder(task.place.batch).withdraw(task.place.index) {
            desk.settle(task)
            giveBack(task.run)
        }
        let isEmpty = mayHaveJobs ? try await cancelAll() : true
        for task in desk.results(results()) { try gather(task) }
        guard isEmpty else {
            return onEvent(
                .trouble(
                    cell: "slurm",
                    reason:
                        "not all jobs could be cancelled: `\(client.cancelCommand)` does it; what runs is found"
                        + " again by pacctlab soak resume"))
        }
        for task in desk.tasks.values {
            desk.settle(task)
            giveBack(task.run)
        }
        removeFinishedBatches()
        try books.removeStrays()
    }

    /// Cancels what there is of the campaign.
    ///
    /// - Returns: Whether nothing of it is in the queue any more.
    private func cancelAll() async throws -> Bool {
        let deadline = ContinuousClock.now + Self.emptying
        var next = ContinuousClock.now
        while ContinuousClock.now < deadline {
            if ContinuousClock.now >= next {
                // What became of it shows in the queue.
                try? await client.cancel()
                next = .now + Self.recancelling
            }
            do {
                let queue = try await client.queue()
                if !queue.contains(where: { $0.phase == .pending || $0.phase == .active }) { return true }
            } catch SlurmClient.Failure.unreachable {
                // Asked again.
            } catch is SlurmClient.Failure { return false }
            try await Task.sleep(for: SlurmRunner.tick)
        }
        return false
    }

    // MARK: - parts

    private func results() -> Set<SlurmDesk.Place> {
        Set(
            Set(desk.tasks.keys.map(\.batch)).flatMap { batch in
                folder(batch).results().map { SlurmDesk.Place(batch: batch, index: $0) }
            })
    }

    private mutating func gather(_ task: SlurmDesk.Task) throws {
        let folder = folder(task.place.batch)
        guard let result = folder.result(task.place.index, of: task.run) else {
            // It counts as lost, in a while.
            return folder.discard(task.place.index)
        }
        try store(result.report, of: task.run, module: try folder.read().module)
        desk.settle(task)
    }

    /// What Slurm says of our tasks; nil when it cannot be reached at the moment.
    private mutating func sightings() async throws -> [SlurmDesk.Place: SlurmSighting]? {
        guard let queue = try await contact({ try await $0.queue() }) else { return nil }
        var found: [SlurmDesk.Place: SlurmSighting] = [:]
        let root = SlurmFolder.root(of: directory)
        for sighting in queue {
            guard let path = sighting.folder.map({ FilePath($0) }), path.removingLastComponent() == root,
                let batch = path.lastComponent.flatMap({ Int($0.string) })
            else { continue }
            if jobs[batch] == nil {
                jobs[batch] = sighting.job
                try? folder(batch).note(job: sighting.job)
            }
            found[.init(batch: batch, index: sighting.index)] = sighting
        }
        let forgotten = Set(desk.tasks.keys.filter { found[$0] == nil }.compactMap { jobs[$0.batch] })
        guard !forgotten.isEmpty else { return found }
        let batches = Dictionary(jobs.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
        for sighting in await accounting(forgotten) {
            guard let batch = batches[sighting.job] else { continue }
            let place = SlurmDesk.Place(batch: batch, index: sighting.index)
            if found[place] == nil { found[place] = sighting }
        }
        return found
    }

    /// What the accounting says. One that is away is asked again at the next look.
    private mutating func accounting(_ jobs: Set<Int>) async -> [SlurmSighting] {
        do { return try await client.accounting(Array(jobs)) ?? [] } catch {
            if !isWithoutAccounting { onEvent(.trouble(cell: "slurm", reason: "no accounting: \(error)")) }
            isWithoutAccounting = true
            return []
        }
    }

    private mutating func take(_ fate: SlurmDesk.Fate) async throws {
        switch fate {
        case .result(let task): try gather(task)
        case .again(let task, let reason):
            // If it has not begun, it never will.
            _ = try folder(task.place.batch).withdraw(task.place.index)
            desk.submitAgain(task)
            onEvent(
                .trouble(
                    cell: cell(task.run.cell)?.name ?? "",
                    reason: "seed \(task.run.seed): \(reason)\(said(task)); it is submitted again"))
        case .unanswered(let task, let reason):
            let folder = folder(task.place.batch)
            _ = try folder.withdraw(task.place.index)
            let module = (try? folder.read())?.module ?? SoakModule()
            try store(unanswered: task.run, reason: "\(reason)\(said(task))", module: module)
            desk.settle(task)
        case .unknown(let task):
            if try folder(task.place.batch).withdraw(task.place.index) {
                desk.submitAgain(task, isNewAttempt: false)
            } else {
                try await take(desk.lost(task, "the task is gone, and left no result"))
            }
        }
    }

    /// What a task has printed last.
    private func said(_ task: SlurmDesk.Task) -> String {
        folder(task.place.batch).log(task.place.index).map { "; it had said: \($0)" } ?? ""
    }
}
