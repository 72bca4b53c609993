// SPDX-License-Identifier: Apache-2.0

/// Decides what a suite does next. Nothing is built or run here.
struct SuiteDesk {
    /// What cells of a group share.
    struct Prepared: Sendable {
        /// What was built; nil when that failed.
        var runs: PreparedRuns?
        /// Why the lab could not build it; nil when it did, or when that is the module's fault.
        var trouble: String?
        /// What a guest of it takes of the host.
        var need: GuestSlots.Need
    }

    /// A run to be done.
    struct Task: Sendable {
        let cell: SuiteCell
        let prepared: Prepared
        /// Whether it is there to see whether a failure comes back.
        var isRerun = false
        /// Whether it is done since the first one had no answer.
        var isRetry = false

        var need: GuestSlots.Need { prepared.need }
    }

    /// Why no more cells are begun; nil while they are.
    private(set) var stopped: String?
    /// Whether what runs is to be ended, too.
    private(set) var endsNow = false
    /// What became of cells.
    private(set) var results: [SuiteCell: SuiteResult] = [:]
    /// Runs that were done once more for want of an answer.
    private(set) var retried = 0

    private let failsFast: Bool
    private var groups: [[SuiteCell]]
    private var isPreparing = false
    private var ready: [Task] = []

    init(plan: SuitePlan, failsFast: Bool) {
        self.failsFast = failsFast
        var order: [SuiteCell] = []
        var members: [SuiteCell: [SuiteCell]] = [:]
        for cell in plan.cells {
            if members[cell.group] == nil { order.append(cell.group) }
            members[cell.group, default: []].append(cell)
        }
        groups = order.compactMap { members[$0] }
    }

    /// Begins no more cells.
    mutating func stop(_ reason: String) {
        stopped = stopped ?? reason
        endsNow = true
    }

    /// A cell of the next group that has to be prepared. One at a time: builds use every core themselves.
    mutating func nextToPrepare() -> SuiteCell? {
        guard stopped == nil, !isPreparing, let next = groups.first?.first else { return nil }
        isPreparing = true
        return next
    }

    /// Takes what was prepared for the group of that cell.
    mutating func prepared(_ cell: SuiteCell, _ state: Prepared) {
        isPreparing = false
        guard groups.first?.first == cell else { return }
        ready += groups.removeFirst().map { Task(cell: $0, prepared: state) }
    }

    /// The next run that there is room for.
    mutating func nextToRun(where thereIsRoom: (GuestSlots.Need) -> Bool) -> Task? {
        guard stopped == nil, let next = ready.first, thereIsRoom(next.need) else { return nil }
        return ready.removeFirst()
    }

    /// Takes a run's report, and says what that means.
    mutating func take(_ task: Task, _ report: RunReport) -> [SuiteRunner.Event] {
        // What was cut off is no answer, and stands for nothing.
        if stopped != nil && endsNow && report.verdict == .inconclusive { return [] }
        if task.isRerun {
            results[task.cell]?.rerun = report
            return [.reran(task.cell, report, isFlaky: results[task.cell]?.isFlaky ?? false)]
        }
        if report.verdict == .inconclusive, !task.isRetry, task.prepared.trouble == nil {
            retried += 1
            var again = task
            again.isRetry = true
            ready.append(again)
            return [.retrying(task.cell, report)]
        }
        results[task.cell] = SuiteResult(run: report)
        if report.verdict == .failed {
            if failsFast {
                stop("an earlier one failed, and --fail-fast was given")
            } else {
                var again = task
                again.isRerun = true
                ready.append(again)
            }
        }
        return [.finished(task.cell, report)]
    }
}
