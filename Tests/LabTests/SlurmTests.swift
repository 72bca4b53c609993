// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import SystemPackage
import Testing

extension LabTests {
    /// With a real slurmctld, two slurmd and munge, all of them the test's own.
    @Suite("Campaigns on a cluster", .serialized, .wholeMachine)
    struct Slurm {
        /// So often pacctlab is killed at random moments: twenty times with --all, twice here.
        private static let kills = TestScope.isWhole ? 20 : 2
        /// For what takes a minute on a machine that nobody else uses.
        private static let patience = Duration.seconds(900)

        private struct Lab: Sendable {
            let folder: TemporaryFolder
            let cluster: SlurmCluster
            let plan: String

            var environment: [String: String] {
                cluster.environment.merging(
                    ["XDG_STATE_HOME": folder.path.appending("state").string]
                ) { first, _ in first }
            }

            /// Arguments that begin a campaign of so many runs.
            func start(_ runs: Int) -> [String] {
                [
                    "soak", "start", plan, "--runs", "\(runs)", "--accel", "tcg", "--engine", "slurm",
                    "--jobs", "6", "--poll", "1s", "--results", folder.path.appending("results").string,
                ]
            }

            func command(_ arguments: [String]) async throws -> LabCommand.Result {
                try await LabCommand.run(arguments, environment: environment)
            }

            func standing() async throws -> SoakStanding {
                let result = try await command(["soak", "status", "--json"])
                let decoder = JSONDecoder()
                decoder.keyDecodingStrategy = .convertFromSnakeCase
                return try decoder.decode(SoakStanding.self, from: Data(result.output.utf8))
            }

            /// The campaign's folder.
            func campaign() throws -> FilePath { try #require(try folder.runFolders().first) }

            /// Paths below the folder of the batches whose name begins so.
            func files(_ prefix: String) -> [FilePath] {
                guard let root = try? campaign().appending("slurm") else { return [] }
                let names = FileManager.default.enumerator(atPath: root.string)?.compactMap { $0 as? String }
                return (names ?? []).map { root.pushing(FilePath($0)) }.filter {
                    $0.lastComponent?.string.hasPrefix(prefix) == true
                }
            }

            /// Whether a node is in the middle of a run.
            func isBusy(_ node: String) -> Bool {
                files("claim-").contains { claim in
                    let owner = FileManager.default.contents(atPath: claim.string) ?? Data()
                    let result = claim.string.replacing("claim-", with: "result-") + ".json"
                    return owner.starts(with: Data("\(node) ".utf8))
                        && !FileManager.default.fileExists(atPath: result)
                } && !cluster.machines().isEmpty
            }

            /// Run folders: one for each run that is stored, and no other.
            func runFolders() throws -> [String] {
                try FileManager.default.contentsOfDirectory(atPath: campaign().string)
                    .filter { $0 != "lock" && $0 != "slurm" }
            }

            /// What has to hold when nothing runs any more.
            func expectNothingIsLeft() async throws {
                #expect(try await cluster.queue() == [])
                #expect(cluster.machines().isEmpty)
                #expect(files("batch").isEmpty, "\(files(""))")
            }
        }

        private func with(_ work: @escaping @Sendable (Lab) async throws -> Void) async throws {
            let folder = try TemporaryFolder()
            let scenario = try folder.write(ScenarioText.shell("sleep 2"), to: "short.yaml")
            let plan = try folder.write(
                """
                name: tiny
                description: Small runs.
                matrix:
                  - scenarios: [\(scenario)]
                  - scenarios: [\(scenario)]
                    cpus: [1]
                    exclusive: true
                samples: 1
                """, to: "tiny.yaml")
            try await SlurmCluster.with(folder.path) { cluster in
                try await work(Lab(folder: folder, cluster: cluster, plan: plan.string))
            }
        }

        @Test(
            "pacctlab is killed, then a node dies in the middle: every run is stored once, the queue and the nodes are empty"
        )
        func lost() async throws {
            try await with { lab in
                let runs = 10 + 2 * Self.kills
                var generator = SystemRandomNumberGenerator()
                for attempt in 0..<Self.kills {
                    let arguments =
                        attempt == 0 ? lab.start(runs) : ["soak", "resume", "--accel", "tcg"]
                    // While it submits, gathers, or waits.
                    let pause = Duration.milliseconds(Int.random(in: 500...4000, using: &generator))
                    _ = try await LabCommand.start(arguments, environment: lab.environment) { pid in
                        let hasBegun = try await HostProcesses.wait(atMost: Self.patience) {
                            !lab.files("batch").isEmpty
                        }
                        #expect(hasBegun)
                        try await Task.sleep(for: pause)
                        kill(pid, SIGKILL)
                    }
                }
                let before = try await lab.standing()
                #expect(!before.isAlive && before.runs < runs)

                let (_, wasSubmittedAgain) = try await LabCommand.start(
                    ["soak", "resume", "--accel", "tcg"], environment: lab.environment
                ) { _ in
                    let isBusy = try await HostProcesses.wait(atMost: Self.patience) { lab.isBusy("n2") }
                    #expect(isBusy)
                    try lab.cluster.kill(node: "n2")
                    return try await HostProcesses.wait(atMost: Self.patience) {
                        lab.files("batch").contains { batch in
                            let text = FileManager.default.contents(atPath: batch.string) ?? Data()
                            return String(decoding: text, as: UTF8.self).contains("\"attempt\":2")
                        }
                    }
                }
                #expect(wasSubmittedAgain, "what the node took was not submitted again")
                let standing = try await lab.standing()
                #expect(standing.state.rawValue == "ended" && standing.reason == "\(runs) runs")
                #expect(standing.runs == runs && standing.cells.count == 2)
                #expect(standing.cells.allSatisfy { $0.passed == runs / 2 }, "\(standing.cells)")
                #expect(try lab.runFolders().count == runs)
                try await lab.expectNothingIsLeft()
            }
        }

        @Test("Ctrl-C and stop empty the queue; whoever goes on goes on with Slurm")
        func interrupted() async throws {
            try await with { lab in
                let (status, _) = try await LabCommand.start(lab.start(500), environment: lab.environment) {
                    pid in
                    let isBusy = try await HostProcesses.wait(atMost: Self.patience) {
                        lab.isBusy("n1") && lab.isBusy("n2")
                    }
                    #expect(isBusy)
                    kill(pid, SIGINT)
                }
                #expect(status == 3)
                try await lab.expectNothingIsLeft()
                let before = try await lab.standing()
                #expect(before.state.rawValue == "running" && !before.isAlive)
                #expect(try lab.runFolders().count == before.runs)

                let local = try await lab.command(["soak", "resume", "--engine", "local"])
                #expect(local.status == 2 && local.errors.contains("Slurm"), "\(local.errors)")
                let (_, wasHeld) = try await LabCommand.start(
                    ["soak", "resume", "--accel", "tcg"], environment: lab.environment
                ) { _ in
                    let isBusy = try await HostProcesses.wait(atMost: Self.patience) { lab.isBusy("n1") }
                    #expect(isBusy)
                    _ = try await lab.command(["soak", "pause"])
                    // What runs comes to its end, what waits is withdrawn.
                    let deadline = ContinuousClock.now + Self.patience
                    while try await !lab.cluster.queue().isEmpty, ContinuousClock.now < deadline {
                        try await Task.sleep(for: .milliseconds(200))
                    }
                    let wasHeld = try await lab.cluster.queue().isEmpty
                    #expect(try await lab.standing().isAlive)
                    _ = try await lab.command(["soak", "stop"])
                    return wasHeld
                }
                #expect(wasHeld)
                let standing = try await lab.standing()
                #expect(standing.reason == "stopped" && standing.runs > before.runs)
                #expect(standing.cells.allSatisfy { $0.failed == 0 && $0.inconclusive == 0 })
                #expect(try lab.runFolders().count == standing.runs)
                try await lab.expectNothingIsLeft()
            }
        }

        @Test(
            "The controller is gone for a while: nothing is decided meanwhile, nothing lost, nothing run twice"
        )
        func away() async throws {
            try await with { lab in
                let runs = 8
                _ = try await LabCommand.start(lab.start(runs), environment: lab.environment) { pid in
                    let isBusy = try await HostProcesses.wait(atMost: Self.patience) { lab.isBusy("n1") }
                    #expect(isBusy)
                    try await lab.cluster.withoutController {
                        // Time for several looks.
                        try await Task.sleep(for: .seconds(15))
                        #expect(HostProcesses.name(of: pid).hasSuffix("pacctlab"))
                    }
                }
                let standing = try await lab.standing()
                #expect(standing.reason == "\(runs) runs" && standing.runs == runs)
                #expect(standing.cells.allSatisfy { $0.passed == runs / 2 }, "\(standing.cells)")
                #expect(try lab.runFolders().count == runs)
                try await lab.expectNothingIsLeft()
            }
        }

        @Test("What Slurm does not want, and a Slurm that is not there, is said; nothing counts as run")
        func refused() async throws {
            try await with { lab in
                let refused = try await lab.command(lab.start(2) + ["--partition", "nowhere"])
                #expect(refused.status == 3 && refused.errors.contains("nowhere"), "\(refused.errors)")
                #expect(try await lab.standing().runs == 0)
                try await lab.expectNothingIsLeft()
                var environment = lab.environment
                environment["SLURM_CONF"] = "/nowhere/slurm.conf"
                let missing = try await LabCommand.run(
                    ["soak", "resume", "--accel", "tcg"], environment: environment)
                #expect(missing.status == 3 && missing.errors.contains("squeue"), "\(missing.errors)")
            }
        }
    }
}
