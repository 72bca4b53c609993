// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import Subprocess
import SystemPackage
import Testing

extension LabTests {
    @Suite("Campaigns", .serialized, .wholeMachine)
    struct Soak {
        /// So often it is killed: at 200 moments with --all, at three here.
        private static let kills = ProcessInfo.processInfo.environment["PACCTLAB_TEST_ALL"] == nil ? 3 : 200
        /// More runs than can be done before the last kill.
        private static let wanted = max(60, 5 * kills)

        private func command(
            _ arguments: [String], _ folder: TemporaryFolder
        ) async throws -> LabCommand.Result {
            try await LabCommand.run(
                arguments, environment: ["XDG_STATE_HOME": folder.path.appending("state").string])
        }

        private func plan(in folder: TemporaryFolder) throws -> String {
            try folder.write(
                """
                name: tiny
                description: Small runs.
                matrix:
                  - scenarios: [trivial]
                  - scenarios: [trivial]
                    cpus: [1]
                    weight: 2
                samples: 1
                gate:
                  failure_rate: 25%
                  runs: \(Self.wanted)
                """, to: "tiny.yaml"
            ).string
        }

        private func standing(_ folder: TemporaryFolder) async throws -> SoakStanding {
            let result = try await command(["soak", "status", "--json"], folder)
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(SoakStanding.self, from: Data(result.output.utf8))
        }

        @Test(
            "Killed at random moments it goes on where it was: every run once, no guest left; then the gate says go"
        )
        func killed() async throws {
            let folder = try TemporaryFolder()
            let (plan, results) = (try plan(in: folder), folder.path.appending("results").string)
            let wanted = Self.wanted
            let environment = ["XDG_STATE_HOME": folder.path.appending("state").string]
            var generator = SystemRandomNumberGenerator()
            for attempt in 0..<Self.kills {
                let arguments =
                    attempt == 0
                    ? ["soak", "start", plan, "--runs", "\(wanted)", "--results", results, "--accel", "tcg"]
                    : ["soak", "resume", "--accel", "tcg"]
                let pause = Duration.milliseconds(Int.random(in: 500...4000, using: &generator))
                let (_, machines) = try await LabCommand.start(arguments, environment: environment) { pid in
                    try await Task.sleep(for: pause)
                    let machines = HostProcesses.machines(of: pid)
                    kill(pid, SIGKILL)
                    return machines
                }
                let gone = try await HostProcesses.wait(atMost: .seconds(60)) {
                    !machines.contains(where: HostProcesses.isMachine)
                }
                #expect(gone, "after \(pause)")
            }
            let early = try await command(["gate", plan], folder)
            #expect(early.status == 3, "\(early.output) \(early.errors)")
            let last = try await command(["soak", "resume", "--accel", "tcg"], folder)
            #expect(last.status == 0, "\(last.output) \(last.errors)")
            let standing = try await standing(folder)
            #expect(standing.runs == wanted && standing.state.rawValue == "ended" && !standing.isAlive)
            #expect(standing.cells.allSatisfy { $0.failed == 0 && $0.inconclusive == 0 })
            // A folder a run, no run without one, and no folder of what was cut off.
            let folders = try FileManager.default.contentsOfDirectory(atPath: standing.directory)
                .filter { $0 != "lock" }
            #expect(folders.count == wanted)
            let whole = folders.filter {
                FileManager.default.fileExists(atPath: "\(standing.directory)/\($0)/console.log")
            }
            #expect(whole.count == 2, "one sample for each cell: \(whole)")
            let gate = try await command(["gate", plan], folder)
            #expect(gate.status == 0 && gate.output.contains("GO"), "\(gate.output) \(gate.errors)")
        }

        // A small file system of its own needs root.
        @Test(
            "On a full disk it waits, and when there is room again it goes on: every run once, each with an answer",
            .enabled(if: getuid() == 0, "mounting a small file system needs root"))
        func diskFull() async throws {
            let folder = try TemporaryFolder()
            let plan = try plan(in: folder)
            let small = folder.path.appending("small")
            try FileManager.default.createDirectory(atPath: small.string, withIntermediateDirectories: true)
            try #require(mount("tmpfs", small.string, "tmpfs", 0, "size=100m") == 0)
            defer { umount(small.string) }
            let ballast = small.appending("ballast").string
            try Data(count: 60 << 20).write(to: URL(filePath: ballast))
            let environment = ["XDG_STATE_HOME": folder.path.appending("state").string]
            let arguments = [
                "soak", "start", plan, "--runs", "3", "--results", small.string, "--accel", "tcg",
            ]
            let (status, _) = try await LabCommand.start(arguments, environment: environment) { _ in
                let begun = try await HostProcesses.wait(atMost: .seconds(120)) {
                    let names = (try? FileManager.default.contentsOfDirectory(atPath: small.string)) ?? []
                    return names.contains { $0.contains("soak-tiny") }
                }
                try #require(begun)
                // Long enough for a run, had one begun.
                try await Task.sleep(for: .seconds(10))
                #expect(try await standing(folder).runs == 0)
                try FileManager.default.removeItem(atPath: ballast)
            }
            // Three runs are too few to show a rate.
            #expect(status == 3)
            let after = try await standing(folder)
            #expect(
                after.runs == 3 && after.cells.allSatisfy { $0.inconclusive == 0 && $0.failed == 0 })
        }

        @Test("A second process is refused, pause and stop are heeded, what makes no sense is said")
        func control() async throws {
            let folder = try TemporaryFolder()
            let (plan, results) = (try plan(in: folder), folder.path.appending("results").string)
            let nothing = try await command(["gate", plan], folder)
            #expect(nothing.status == 3 && nothing.errors.contains("soak start"), "\(nothing.errors)")
            let endless = try await command(["soak", "start", plan], folder)
            #expect(endless.status == 2 && endless.errors.contains("--until-confident"))
            let environment = ["XDG_STATE_HOME": folder.path.appending("state").string]
            let arguments = ["soak", "start", plan, "--for", "10m", "--results", results, "--accel", "tcg"]
            let (status, _) = try await LabCommand.start(arguments, environment: environment) { pid in
                let begun = try await HostProcesses.wait(atMost: .seconds(120)) {
                    !HostProcesses.machines(of: pid).isEmpty
                }
                try #require(begun)
                // Everybody else comes first, whichever thread has started it.
                #expect(HostProcesses.machines(of: pid).allSatisfy { HostProcesses.niceness(of: $0) == 15 })
                let second = try await command(["soak", "resume"], folder)
                #expect(
                    second.status == 0 && second.output.contains("in the process that has it"),
                    "\(second.errors)")
                _ = try await command(["soak", "pause"], folder)
                #expect(try await standing(folder).state.rawValue == "paused")
                _ = try await command(["soak", "resume"], folder)
                _ = try await command(["soak", "stop"], folder)
            }
            // It ended by itself, with too few runs to say anything.
            #expect(status == 3)
            #expect(try await standing(folder).reason == "stopped")
        }
    }
}
