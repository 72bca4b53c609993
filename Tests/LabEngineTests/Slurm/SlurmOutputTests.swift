// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Testing

@testable import LabEngine

@Suite("What Slurm says")
struct SlurmOutputTests {
    @Test("The queue, as Slurm 22.05 prints it, with warnings, other jobs and odd folders in between")
    func queue() {
        // Lines of a real squeue, but for the folders.
        let lines = [
            "squeue: error: Unable to contact backup, trying another",
            "pacctlab|7|3|NODE_FAIL|n2|/c/slurm/1",
            "pacctlab|7|5|PENDING||/c/a|b/slurm/1",
            "pacctlab|7|1|RUNNING|n1|/c/slurm/1",
            "pacctlab|9|N/A|RUNNING|n1|/c/slurm/1",
            "pacctlab|7|-1|RUNNING|n1|/c", "pacctlab|99999999999999999999|1|RUNNING|n1|/c", "pacctlab|7|1",
            "", "|||||", "pacctlab|||||", "7|1|RUNNING|n1|/c|x",
        ]
        let seen = SlurmOutput.queue(lines)
        #expect(
            seen == [
                .init(job: 7, index: 3, state: "NODE_FAIL", node: "n2", folder: "/c/slurm/1"),
                .init(job: 7, index: 5, state: "PENDING", node: "", folder: "/c/a|b/slurm/1"),
                .init(job: 7, index: 1, state: "RUNNING", node: "n1", folder: "/c/slurm/1"),
            ])
        #expect(seen.map(\.phase) == [.lost, .pending, .active])
    }

    @Test("The accounting: states with their by-whom, steps and waiting parts left out")
    func accounting() {
        let seen = SlurmOutput.accounting([
            "7_3|CANCELLED by 1000|n2", "7_3.batch|CANCELLED|n2", "7_[2-3]|CANCELLED by 0|None assigned",
            "7_[5-6]|PENDING|None assigned",
            "7_4|OUT_OF_MEMORY|n1", "8|COMPLETED|n1", "7_9|PENDING|None assigned", "nonsense",
            "7_x|FAILED|n1",
        ])
        #expect(
            seen == [
                .init(job: 7, index: 3, state: "CANCELLED", node: "n2"),
                .init(job: 7, index: 4, state: "OUT_OF_MEMORY", node: "n1"),
                .init(job: 7, index: 9, state: "PENDING", node: ""),
            ])
        #expect(seen.map(\.phase) == [.lost, .limited, .pending])
    }

    @Test("A job's id, and none where sbatch says none")
    func submitted() {
        #expect(SlurmOutput.submitted(["7"]) == 7)
        #expect(SlurmOutput.submitted(["sbatch: warning: can't do that", "12;lab"]) == 12)
        #expect(SlurmOutput.submitted(["sbatch: error: no", "", "-3", "+3", "3x"]) == nil)
    }

    @Test("Nothing that is printed ends in a crash, a control character or an endless word")
    func hostile() {
        let bytes = [
            "\u{1B}[2J", "|", "\0", "pacctlab", "7", "_", "[", String(repeating: "A", count: 5000), "\t",
        ]
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let line = (0..<8).map { _ in bytes.randomElement(using: &generator) ?? "" }.joined()
            _ = SlurmOutput.accounting([line])
            _ = SlurmOutput.submitted([line])
        }
        let evil = SlurmOutput.queue([
            "pacctlab|7|1|\u{1B}[2J\(String(repeating: "A", count: 5000))|n\u{7}1|/c"
        ])
        let state = evil.first?.state ?? ""
        #expect(state.count <= 256 && !state.contains("\u{1B}") && evil.first?.node == "n1")
        #expect(
            SlurmOutput.queue(Array(repeating: "pacctlab|7|1|RUNNING|n1|/c", count: 150_000)).count == 100_000
        )
    }

    @Test("What a failed command means: waited for, refused, not installed")
    func failures() {
        func failure(_ output: String) -> SlurmClient.Failure {
            SlurmClient.failure(
                "sbatch",
                ArtifactError(
                    .commandFailed(status: "exit status 1", output: output), action: "", subject: "",
                    reason: ""))
        }
        // As Slurm 22.05 says it.
        #expect(
            failure(
                "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)"
            )
                == .unreachable(
                    "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)"
                ))
        guard case .refused(let words) = failure("sbatch: error: invalid partition specified: nope\n") else {
            Issue.record("a wrong partition is not waited for")
            return
        }
        #expect(words.contains("nope"))
        let missing = SlurmClient.failure(
            "squeue", ArtifactError(.programMissing("squeue"), action: "", subject: "", reason: ""))
        guard case .missing(let advice) = missing else {
            Issue.record("\(missing)")
            return
        }
        #expect(advice.contains("slurm-client"))
    }

    @Test("A Slurm that is away is waited for, so long and no longer; one that comes back is forgiven")
    func reach() throws {
        var reach = SlurmReach()
        let start = ContinuousClock.now
        let away = SlurmClient.Failure.unreachable("Unable to contact slurm controller")
        #expect(try reach.failed(away, at: start)?.contains("waited") == true)
        #expect(try reach.failed(away, at: start + .seconds(599)) == nil && reach.awaySince == start)
        reach.answered()
        #expect(try reach.failed(away, at: start + .seconds(700)) != nil)
        #expect(throws: LabError.self) { try reach.failed(away, at: start + .seconds(1300)) }
        for hopeless in [SlurmClient.Failure.refused("no such partition"), .missing("sbatch")] {
            #expect(throws: LabError.self) { try reach.failed(hopeless) }
        }
    }

    @Test("Without accounting the queue has to do; with it, it is asked for the jobs that are missing")
    func fallback() async throws {
        let without = SlurmClient(campaign: "c", directory: "/c") { name, _, _ in
            #expect(name == "sacct")
            throw ArtifactError(
                .commandFailed(
                    status: "exit status 1", output: "Slurm accounting storage is disabled\n"), action: "",
                subject: "", reason: "")
        }
        #expect(try await without.accounting([7]) == nil)
        let with = SlurmClient(campaign: "c", directory: "/c") { name, arguments, _ in
            #expect(name == "sacct" && arguments.contains("--jobs=7,12"))
            // Only newer ones have it.
            #expect(!arguments.contains("--array"))
            return ["7_0|COMPLETED|n1", "12_1|NODE_FAIL|n2"]
        }
        let seen = try await with.accounting([12, 7])
        #expect(seen?.map(\.phase) == [.completed, .lost])
        #expect(try await with.accounting([]) == [])
        let wrong = SlurmClient(campaign: "c", directory: "/c") { _, _, _ in
            throw ArtifactError(
                .commandFailed(status: "exit status 1", output: "sacct: unrecognized option\n"), action: "",
                subject: "", reason: "")
        }
        await #expect(throws: SlurmClient.Failure.self) { try await wrong.accounting([7]) }
    }
}
