// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import LabEngine

@Suite("What becomes of runs that are with Slurm")
struct SlurmDeskTests {
    private func run(_ seed: Int64, attempt: Int = 1) -> SlurmRun {
        SlurmRun(cell: 1, seed: seed, attempt: attempt)
    }

    private func desk(_ seeds: Int64...) -> SlurmDesk {
        var desk = SlurmDesk(attempts: 2)
        desk.submitted(1, seeds.enumerated().map { ($0.offset, run($0.element)) })
        return desk
    }

    private func seen(_ index: Int, _ state: String) -> [SlurmDesk.Place: SlurmSighting] {
        [.init(batch: 1, index: index): .init(job: 7, index: index, state: state, node: "n2")]
    }

    /// Looks until something is decided.
    private func fates(
        _ desk: inout SlurmDesk, _ sightings: [SlurmDesk.Place: SlurmSighting]
    ) -> [SlurmDesk.Fate] {
        for _ in 0..<20 {
            let fates = desk.look(sightings, results: [])
            if !fates.isEmpty { return fates }
        }
        return []
    }

    @Test("What waits or runs is waited for, for ever, and a state that nobody knows, too")
    func waits() {
        var desk = desk(1)
        for state in ["PENDING", "RUNNING", "COMPLETING", "SUSPENDED", "CONFIGURING", "A_NEW_WORD"] {
            #expect(fates(&desk, seen(0, state)).isEmpty, "\(state)")
        }
        #expect(desk.outstanding == 1)
    }

    @Test("A result counts, whatever Slurm says of its task")
    func result() {
        for state in ["RUNNING", "COMPLETED", "NODE_FAIL", "TIMEOUT"] {
            var desk = desk(1)
            let fates = desk.look(seen(0, state), results: [.init(batch: 1, index: 0)])
            guard case .result(let task)? = fates.first else {
                Issue.record("\(state)")
                continue
            }
            desk.settle(task)
            #expect(task.run == run(1) && desk.outstanding == 0)
        }
    }

    @Test(
        "What a lost node took is submitted again, so often and no more; then it has no answer",
        arguments: ["NODE_FAIL", "BOOT_FAIL", "PREEMPTED", "CANCELLED", "FAILED", "COMPLETED"])
    func lost(state: String) {
        var desk = desk(1)
        guard case .again(let task, let reason)? = fates(&desk, seen(0, state)).first else {
            Issue.record("not submitted again")
            return
        }
        #expect(reason.contains("n2"))
        desk.submitAgain(task)
        #expect(desk.tasks.isEmpty && desk.outstanding == 1)
        let again = desk.takeWaiting(5)
        #expect(again == [run(1, attempt: 2)] && desk.outstanding == 0)
        desk.submitted(1, [(3, again[0])])
        guard case .unanswered(_, let last)? = fates(&desk, seen(3, state)).first else {
            Issue.record("submitted for ever")
            return
        }
        #expect(last.contains("2 attempts"))
    }

    @Test(
        "A limit that was too small is no reason for another attempt",
        arguments: ["TIMEOUT", "OUT_OF_MEMORY"])
    func limited(state: String) {
        var desk = desk(1)
        guard case .unanswered(_, let reason)? = fates(&desk, seen(0, state)).first else {
            Issue.record("not given up")
            return
        }
        #expect(reason.contains(state) && reason.contains("--task-"))
    }

    @Test("A task that vanishes is lost only after several looks; one that comes back was never gone")
    func gone() {
        var desk = desk(1)
        #expect(desk.look(seen(0, "RUNNING"), results: []).isEmpty)
        #expect(desk.look([:], results: []).isEmpty)
        #expect(desk.look([:], results: []).isEmpty)
        #expect(desk.look(seen(0, "RUNNING"), results: []).isEmpty)
        #expect(desk.look([:], results: []).isEmpty)
        guard case .again? = fates(&desk, [:]).first else {
            Issue.record("waited for for ever")
            return
        }
    }

    @Test("What Slurm never had was no attempt")
    func unknown() {
        var desk = desk(1)
        guard case .unknown(let task)? = fates(&desk, [:]).first else {
            Issue.record("nothing was decided")
            return
        }
        desk.submitAgain(task, isNewAttempt: false)
        #expect(desk.takeWaiting(1) == [run(1)])
    }

    @Test("Of several attempts on disk the last one counts")
    func attempts() {
        var desk = SlurmDesk(attempts: 3)
        desk.submitted(1, [(0, run(1)), (1, run(2))])
        desk.submitted(2, [(0, run(1, attempt: 2))])
        desk.keepLastAttempts()
        #expect(Set(desk.tasks.values.map(\.run)) == [run(1, attempt: 2), run(2)])
    }

    @Test("Arrays are filled up when a quarter is free, and never above the limit")
    func room() {
        var desk = SlurmDesk(attempts: 1)
        #expect(desk.room(most: 8) == 8 && desk.room(most: 1) == 1)
        desk.submitted(1, (0..<7).map { ($0, run(Int64($0 + 1))) })
        #expect(desk.room(most: 8) == 0)
        if let task = desk.tasks[.init(batch: 1, index: 0)] { desk.settle(task) }
        #expect(desk.room(most: 8) == 2 && desk.room(most: 4) == 0)
    }

    @Test("Only what has no node yet can be held back")
    func pending() {
        var desk = desk(1, 2, 3)
        _ = desk.look(
            seen(0, "PENDING").merging(seen(1, "RUNNING")) { first, _ in first }, results: [])
        #expect(desk.pending.map(\.run.seed) == [1])
    }
}
