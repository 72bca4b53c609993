// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import RunStore
import SystemPackage

/// Runs a campaign until it ends: cells by their weights, seeds one after the other, several guests at once. Every run is
/// stored before another takes its place.
public struct SoakRunner: SoakEngine {
    /// What is told meanwhile.
    public enum Event: Sendable {
        /// A run is over and stored.
        case ran(cell: String, RunReport, done: Int)
        /// A bug that the campaign had not seen.
        case found(signature: String, RunReport)
        /// It waits.
        case resting(SoakRest)
        /// What a cell needs could not be built; it is tried again later.
        case trouble(cell: String, reason: String)
    }

    private static let pausePoll = Duration.seconds(1)

    private let lab: Lab
    private let store: RunStore
    private let campaign: String
    private let plan: SoakPlan
    private let matrix: SuitePlan
    private let request: RunRequest
    private let jobs: Int?

    /// - Parameters:
    ///   - campaign: Its id; it must be in the store.
    ///   - matrix: What the plan's matrix comes to.
    ///   - request: As for any run; results go to the campaign's folder.
    ///   - jobs: Guests at once; nil: as many as cores and memory carry.
    public init(
        lab: Lab, store: RunStore, campaign: String, plan: SoakPlan, matrix: SuitePlan, request: RunRequest,
        jobs: Int?
    ) {
        (self.lab, self.store, self.campaign, self.plan) = (lab, store, campaign, plan)
        (self.matrix, self.request, self.jobs) = (matrix, request, jobs)
    }

    /// Runs until the campaign ends, or the task is cancelled; then it can be resumed.
    ///
    /// - Returns: Why it ended; nil when it was cut off.
    /// - Throws: `DatabaseError` when the store cannot be written, ``LabError`` when there is no such campaign.
    public func run(onEvent: @escaping @Sendable (Event) -> Void) async throws -> String? {
        let books = try SoakBooks(store: store, campaign: campaign, plan: plan)
        try books.removeStrays()
        var state = State(desk: try books.desk(), slots: GuestSlots(capacity: .current(), limit: jobs))
        let reason = try await withThrowingTaskGroup(of: Outcome.self, returning: String?.self) { group in
            while true {
                let now = try books.now()
                if state.reason == nil {
                    state.reason = books.ending(now, state.desk, unanswered: state.unanswered)
                }
                let rest = SoakBooks.rest(now)
                let goesOn = state.reason == nil && now.state == .running && rest == nil && !Task.isCancelled
                if goesOn { begin(&state, now, &group, onEvent) }
                if let outcome = try await group.next() {
                    try take(outcome, &state, books, onEvent)
                    continue
                }
                if state.reason != nil || Task.isCancelled { return state.reason }
                guard let rest else { continue }
                onEvent(.resting(rest))
                while case let now = try books.now(), SoakBooks.rest(now) == rest, !Task.isCancelled,
                    books.ending(now, state.desk, unanswered: state.unanswered) == nil
                {
                    try? await Task.sleep(for: Self.pausePoll)
                }
            }
        }
        if let reason { try books.close(reason) }
        return reason
    }

    // MARK: - the loop's parts

    private struct State {
        var desk: SoakDesk
        var slots: GuestSlots
        var load = HostLoad()
        var prepared: [Int64: SuiteDesk.Prepared] = [:]
        var preparing: StoredCell?
        var unanswered = 0
        var reason: String?
    }

    private enum Outcome: Sendable {
        case prepared(StoredCell, SuiteDesk.Prepared)
        case ran(StoredCell, seed: Int64, RunReport, SoakModule, GuestSlots.Need)
    }

    private func begin(
        _ state: inout State, _ now: StoredCampaign, _ group: inout ThrowingTaskGroup<Outcome, any Error>,
        _ onEvent: @escaping @Sendable (Event) -> Void
    ) {
        if state.preparing == nil,
            let cell = state.desk.cells.map(\.cell).first(where: { cell in
                cell.id.map { state.prepared[$0] == nil } ?? false
            })
        {
            state.preparing = cell
            group.addTask { try await prepare(cell) }
        }
        state.load.update()
        state.slots.coresLeft = state.load.left(of: state.slots.capacity.cores)
        // No more than are wanted in all.
        while now.maxRuns.map({ state.desk.begun < $0 }) ?? true {
            let (prepared, slots) = (state.prepared, state.slots)
            let free = HostCapacity.current().freeMiB
            guard
                let next = state.desk.take(where: { cell in
                    guard let ready = cell.id.flatMap({ prepared[$0] }) else { return false }
                    var trial = slots
                    return trial.take(ready.need, freeMiB: free)
                }), let ready = next.cell.id.flatMap({ prepared[$0] })
            else { return }
            _ = state.slots.take(ready.need, freeMiB: free)
            group.addTask { try await run(next.cell, next.seed, ready) }
        }
    }

    private func take(
        _ outcome: Outcome, _ state: inout State, _ books: SoakBooks, _ onEvent: (Event) -> Void
    ) throws {
        switch outcome {
        case .prepared(let cell, let ready):
            state.preparing = nil
            if let id = cell.id { state.prepared[id] = ready }
            if let trouble = ready.trouble { onEvent(.trouble(cell: cell.name, reason: trouble)) }
        case .ran(let cell, let seed, let report, let module, let need):
            state.slots.free(need)
            // What was cut off is no answer, nor what had no room to write: it is run again.
            if report.verdict == .inconclusive, try Task.isCancelled || !SoakBooks.hasRoom(books.now()) {
                state.desk.gaveUp(cell, seed: seed)
                try? FileManager.default.removeItem(atPath: report.directory)
                return
            }
            try books.add(report, of: cell, seed: seed, module: module, onEvent)
            try books.thin(report, of: cell, seed: seed)
            // What could not be built once may well be built next time: the mirror was down, the disk full.
            if let id = cell.id, state.prepared[id]?.trouble != nil { state.prepared[id] = nil }
            state.desk.finished(cell, seed: seed, report.verdict)
            state.unanswered = report.verdict == .inconclusive ? state.unanswered + 1 : 0
            onEvent(.ran(cell: cell.name, report, done: state.desk.done))
            try books.keepBudget(done: state.desk.done)
        }
    }

    // MARK: - guests

    private func request(_ cell: StoredCell) -> (Scenario, RunRequest)? {
        guard let scenario = matrix.scenarios[cell.scenario] else { return nil }
        var request = request
        request.kernel = KernelSpec(variant: cell.variant, source: cell.source)
        request.cpus = cell.cpus
        return (scenario, request)
    }

    private func prepare(_ cell: StoredCell) async throws -> Outcome {
        guard let (scenario, request) = request(cell) else {
            throw LabError(.badInput, "There is no scenario \"\(cell.scenario)\" any more.")
        }
        func need(_ accelerator: Accelerator) -> GuestSlots.Need {
            .init(cpus: cell.cpus, memoryMiB: request.memory, accelerator: accelerator)
        }
        do {
            let runs = try await lab.prepareRuns(scenario, request)
            return .prepared(cell, .init(runs: runs, trouble: nil, need: need(runs.place.accelerator)))
        } catch let error as ArtifactError where error.isModuleFault {
            return .prepared(cell, .init(runs: nil, trouble: nil, need: need(.tcg)))
        } catch {
            guard let reason = Trouble.reason(error) else { throw error }
            return .prepared(cell, .init(runs: nil, trouble: reason, need: need(.tcg)))
        }
    }

    private func run(_ cell: StoredCell, _ seed: Int64, _ ready: SuiteDesk.Prepared) async throws -> Outcome {
        guard let (scenario, base) = request(cell) else {
            throw LabError(.badInput, "There is no scenario \"\(cell.scenario)\" any more.")
        }
        var request = base
        request.seed = UInt64(seed)
        let module =
            ready.runs.map { SoakModule(key: $0.inputs(of: request).module.key, version: $0.version) }
            ?? SoakModule()
        if let trouble = ready.trouble {
            return .ran(
                cell, seed: seed, try lab.notRun(scenario, request, reason: trouble), module, ready.need)
        }
        let report = try await lab.run(scenario, request, progress: .silent, prepared: ready.runs).report
        return .ran(cell, seed: seed, report, module, ready.need)
    }
}
