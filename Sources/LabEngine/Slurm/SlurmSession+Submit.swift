// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import RunStore
import SystemPackage

extension SlurmSession {
    /// What could be made for a cell.
    enum Preparation: Sendable {
        /// All that its runs share, kept from `prune` as long as this lives.
        case ready(PreparedRuns)
        /// Its runs say the same wherever they are made, and need no guest: the module does not build.
        case fault
        /// The lab could not do its work.
        case trouble(String)
    }

    /// So long nothing is submitted after Slurm has refused more than it has.
    private static let fullPause = Duration.seconds(60)

    /// Submits as many runs as there is room for: first those that were lost, then new ones by the weights of their
    /// cells.
    ///
    /// - Parameter most: Runs that are wanted in all; nil: no limit.
    mutating func submit(most: Int?) async throws {
        if let fullUntil, ContinuousClock.now < fullUntil { return }
        guard reach.awaySince == nil else { return }
        let room = desk.room(most: runner.options.tasks)
        guard room > 0 else { return }
        var chosen = desk.takeWaiting(room)
        while chosen.count < room, most.map({ runs.begun < $0 }) ?? true, let next = runs.take() {
            chosen.append(SlurmRun(cell: next.cell.id ?? 0, seed: next.seed, attempt: 1))
        }
        // An array is of one cell: what it is granted is the same for all of it.
        var groups: [(cell: Int64, runs: [SlurmRun])] = []
        for run in chosen {
            if let place = groups.firstIndex(where: { $0.cell == run.cell }) {
                groups[place].runs.append(run)
            } else {
                groups.append((run.cell, [run]))
            }
        }
        for (place, group) in groups.enumerated() {
            do { try await submit(group.cell, group.runs) } catch {
                for run in groups[place...].flatMap(\.runs) where !desk.isWithSlurm(run) { giveBack(run) }
                throw error
            }
        }
    }

    private mutating func submit(_ id: Int64, _ wanted: [SlurmRun]) async throws {
        guard let cell = cell(id), let scenario = runner.matrix.scenarios[cell.scenario] else {
            throw LabError(.badInput, "There is no scenario of the cell \(id) any more.")
        }
        let request = request(cell)
        switch try await preparation(cell, scenario, request) {
        case .ready(let ready): try await submit(cell, scenario, request, ready, wanted)
        case .fault:
            for run in wanted {
                let report = try await runner.lab.run(scenario, seeded(request, run), progress: .silent)
                    .report
                try store(report, of: run, module: SoakModule())
            }
        case .trouble(let reason):
            // One of them stands for all: what could not be built may well be built next time.
            for run in wanted.dropFirst() { giveBack(run) }
            if let run = wanted.first {
                try store(unanswered: run, reason: reason, module: SoakModule())
            }
            onEvent(.trouble(cell: cell.name, reason: reason))
        }
    }

    /// Makes what the runs of a cell share, unless that was done.
    private mutating func preparation(
        _ cell: StoredCell, _ scenario: Scenario, _ request: RunRequest
    ) async throws -> Preparation {
        if let known = cell.id.flatMap({ prepared[$0] }) { return known }
        let made: Preparation
        do {
            made = .ready(try await runner.lab.prepareElsewhere(scenario, request))
        } catch let error as ArtifactError where error.isModuleFault {
            made = .fault
        } catch {
            try Task.checkCancellation()
            guard let reason = Trouble.reason(error) else { throw error }
            return .trouble(reason)
        }
        if let id = cell.id { prepared[id] = made }
        return made
    }

    private mutating func submit(
        _ cell: StoredCell, _ scenario: Scenario, _ request: RunRequest, _ ready: PreparedRuns,
        _ wanted: [SlurmRun]
    ) async throws {
        let number = nextBatch
        nextBatch += 1
        mayHaveJobs = true
        let folder = folder(number)
        let asked = SlurmRequest(
            scenario, cell: (cell.variant, cell.cpus), request: request, options: runner.options,
            isExclusive: exclusive.contains(cell.name))
        let script = SlurmRequest.script(
            pacctlab: runner.pacctlab, home: runner.lab.home, cache: runner.lab.paths.cache,
            folder: folder.path)
        let inputs = ready.inputs(of: request)
        try folder.make(
            SlurmBatch(
                number: number, campaign: directory.string, scenario: scenario.yaml(),
                inputs: inputs, module: SoakModule(key: inputs.module.key, version: ready.version),
                accelerator: request.accelerator, runs: wanted),
            script: script)
        // From here on it counts as submitted: nobody knows what became of a sbatch that does not answer.
        desk.submitted(number, wanted.enumerated().map { ($0.offset, $0.element) })
        let arguments = asked.arguments(
            name: client.name, folder: folder.path, count: wanted.count, options: runner.options)
        do {
            guard let job = try await contact({ try await $0.submit(arguments) }) else { return }
            jobs[number] = job
            try folder.note(job: job)
        } catch let error as LabError {
            for task in desk.tasks.values where task.place.batch == number {
                desk.settle(task)
                giveBack(task.run)
            }
            folder.remove()
            // Perhaps it is only too much at once.
            guard desk.outstanding > 0 else { throw error }
            onEvent(.trouble(cell: cell.name, reason: "\(error); it is tried again when there is less"))
            fullUntil = .now + Self.fullPause
        }
    }

    // MARK: - requests

    private func request(_ cell: StoredCell) -> RunRequest {
        var request = runner.request
        request.kernel = KernelSpec(variant: cell.variant, source: cell.source)
        request.cpus = cell.cpus
        return request
    }

    private func seeded(_ request: RunRequest, _ run: SlurmRun) -> RunRequest {
        var request = request
        request.seed = UInt64(run.seed)
        return request
    }

    /// Stores a run that has no answer.
    mutating func store(unanswered run: SlurmRun, reason: String, module: SoakModule) throws {
        guard let cell = cell(run.cell), let scenario = runner.matrix.scenarios[cell.scenario] else { return }
        let report = try runner.lab.notRun(scenario, seeded(request(cell), run), reason: reason)
        try store(report, of: run, module: module)
    }

    /// Stores a run that is over.
    mutating func store(_ report: RunReport, of run: SlurmRun, module: SoakModule) throws {
        guard let cell = cell(run.cell) else { return }
        try books.add(report, of: cell, seed: run.seed, module: module, onEvent)
        try books.thin(report, of: cell, seed: run.seed)
        runs.finished(cell, seed: run.seed, report.verdict)
        unanswered = report.verdict == .inconclusive ? unanswered + 1 : 0
        onEvent(.ran(cell: cell.name, report, done: runs.done))
        try books.keepBudget(done: runs.done)
    }
}
