// SPDX-License-Identifier: Apache-2.0

import Artifacts
import SystemPackage

/// Runs the cells of a suite: builds what they need, one thing after the other, and runs as many guests at once as the
/// host carries meanwhile.
public struct SuiteRunner: Sendable {
    /// How to go about it.
    public struct Options: Sendable {
        /// Guests at once; nil: as many as cores and memory carry.
        public var jobs: Int?
        /// Whether the first failure ends the suite.
        public var failsFast = false

        /// Everything at its default.
        public init() {}
    }

    /// What is told meanwhile.
    public enum Event: Sendable {
        /// What cells share is being built, or looked for in the cache.
        case preparing(SuiteCell)
        /// A guest is about to be started.
        case started(SuiteCell)
        /// What the run of a cell is doing.
        case phase(SuiteCell, String)
        /// A run came to its verdict, which counts.
        case finished(SuiteCell, RunReport)
        /// A run had no answer, and is to be done once more.
        case retrying(SuiteCell, RunReport)
        /// A failure is done once more, to see whether it comes back.
        case rerunning(SuiteCell)
        /// It did, or did not.
        case reran(SuiteCell, RunReport, isFlaky: Bool)
    }

    let lab: Lab
    let plan: SuitePlan
    let request: RunRequest
    let options: Options

    /// - Parameter request: As for any run; variant, kernel, CPUs and seed are the cells'.
    public init(lab: Lab, plan: SuitePlan, request: RunRequest, options: Options) {
        (self.lab, self.plan, self.request, self.options) = (lab, plan, request, options)
    }

    /// Runs every cell. When the task is cancelled, guests are ended, and what is done is reported.
    ///
    /// - Throws: ``LabError`` and `ArtifactError` when the request itself makes no sense.
    public func run(
        name: String, onEvent: @escaping @Sendable (Event) -> Void
    ) async throws -> SuiteReport {
        let start = ContinuousClock.now
        var desk = SuiteDesk(plan: plan, failsFast: options.failsFast)
        var slots = GuestSlots(capacity: .current(), limit: options.jobs)
        var most = 0
        try await withThrowingTaskGroup(of: Outcome.self) { group in
            while true {
                if Task.isCancelled { desk.stop("interrupted") }
                if let next = desk.nextToPrepare() {
                    onEvent(.preparing(next))
                    group.addTask { try await prepare(next) }
                }
                while let task = desk.nextToRun(where: { need in
                    slots.take(need, freeMiB: HostCapacity.current().freeMiB)
                }) {
                    most = max(most, slots.running)
                    onEvent(task.isRerun ? .rerunning(task.cell) : .started(task.cell))
                    group.addTask { try await self.run(task, onEvent) }
                }
                guard let outcome = try await group.next() else { break }
                switch outcome {
                case .prepared(let cell, let state): desk.prepared(cell, state)
                case .ran(let task, let report):
                    slots.free(task.need)
                    desk.take(task, report).forEach(onEvent)
                }
                if desk.endsNow { group.cancelAll() }
            }
        }
        var report = SuiteReport(
            suite: name, plan: plan, results: desk.results, retried: desk.retried, stopped: desk.stopped)
        report.durationS = start.duration(to: .now).inSeconds
        report.jobs = most
        report.directory = request.results.string
        return report
    }

    private enum Outcome: Sendable {
        case prepared(SuiteCell, SuiteDesk.Prepared)
        case ran(SuiteDesk.Task, RunReport)
    }

    private func request(for cell: SuiteCell) -> RunRequest {
        var request = request
        request.kernel = KernelSpec(variant: cell.variant, source: cell.source)
        request.cpus = cell.cpus
        request.seed = cell.seed
        return request
    }

    private func prepare(_ cell: SuiteCell) async throws -> Outcome {
        let request = request(for: cell)
        func need(_ accelerator: Accelerator) -> GuestSlots.Need {
            .init(cpus: cell.cpus, memoryMiB: request.memory, accelerator: accelerator)
        }
        do {
            let runs = try await lab.prepareRuns(scenario(of: cell), request)
            return .prepared(cell, .init(runs: runs, trouble: nil, need: need(runs.place.accelerator)))
        } catch let error as ArtifactError where error.isModuleFault {
            // A finding, which each run makes itself.
            return .prepared(cell, .init(runs: nil, trouble: nil, need: need(.tcg)))
        } catch {
            guard let reason = Trouble.reason(error) else { throw error }
            return .prepared(cell, .init(runs: nil, trouble: reason, need: need(.tcg)))
        }
    }

    private func run(
        _ task: SuiteDesk.Task, _ onEvent: @escaping @Sendable (Event) -> Void
    ) async throws -> Outcome {
        let request = request(for: task.cell)
        if let trouble = task.prepared.trouble {
            return .ran(task, try lab.notRun(scenario(of: task.cell), request, reason: trouble))
        }
        let progress = BuildProgress { event in
            if case .phase(let text) = event { onEvent(.phase(task.cell, text)) }
        }
        let completed = try await lab.run(
            scenario(of: task.cell), request, progress: progress, prepared: task.prepared.runs)
        return .ran(task, completed.report)
    }

    private func scenario(of cell: SuiteCell) throws(LabError) -> Scenario {
        guard let scenario = plan.scenarios[cell.scenario] else {
            throw LabError(.badInput, "There is no scenario \"\(cell.scenario)\".")
        }
        return scenario
    }
}

extension SuiteCell {
    /// Where the kernel's source comes from.
    var source: KernelSpec.Source {
        if kernel == Self.defaultKernel { return .version(nil) }
        return kernel.contains("/") ? .tree(FilePath(kernel), privateCopy: true) : .version(kernel)
    }
}
