// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine
import SystemPackage
import Testing

extension LabTests {
    @Suite("What grows in the course of a campaign", .serialized, .wholeMachine)
    struct SoakTrends {
        /// Runs of each version of the module.
        private static let runs = 2

        private func command(
            _ arguments: [String], _ folder: TemporaryFolder
        ) async throws -> LabCommand.Result {
            try await LabCommand.run(
                arguments, environment: ["XDG_STATE_HOME": folder.path.appending("state").string])
        }

        private func standing(_ folder: TemporaryFolder) async throws -> SoakStanding {
            let result = try await command(["soak", "status", "--json"], folder)
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(SoakStanding.self, from: Data(result.output.utf8))
        }

        /// A copy of the canaries that does nothing wrong unless it is told to.
        private func module(in folder: TemporaryFolder) throws -> FilePath {
            // With its neighbour, whose header it includes.
            for name in ["canaries", "pacct_energy"] {
                try FileManager.default.copyItem(
                    atPath: LabCommand.checkout.appending("kmod/\(name)").string,
                    toPath: folder.path.appending(name).string)
            }
            let copy = folder.path.appending("canaries")
            try edit(copy, from: "*misdeed = \"\"", to: "*misdeed = \"none\"")
            return copy
        }

        private func edit(_ module: FilePath, from old: String, to new: String) throws {
            let path = module.appending("main.c").string
            let text = try String(contentsOfFile: path, encoding: .utf8)
            try #require(text.contains(old))
            try text.replacing(old, with: new).write(toFile: path, atomically: true, encoding: .utf8)
        }

        @Test("A version that leaks one object in a thousand exits is worse, with the numbers, and a no-go")
        func leak() async throws {
            let folder = try TemporaryFolder()
            _ = try folder.write(
                """
                name: storms
                description: Storms of short-lived processes, and a rest after each.
                counters: none
                vary: false
                sample: 200ms
                steps:
                  - load: module
                  - repeat: 12
                    limit: 600s
                    steps:
                      - workload: fork-storm
                        count: 700
                        tasks: 4
                        share: true
                        limit: 120s
                      - wait: 500ms
                  - unload: module
                """, to: "storms.yaml")
            let scenario = folder.path.appending("storms.yaml").string
            let plan = try folder.write(
                """
                name: leak
                description: Does it leak?
                matrix:
                  - scenarios: ["\(scenario)"]
                    cpus: [1]
                gate:
                  failure_rate: 99%
                  slopes: { module_objects: 2 }
                """, to: "leak.yaml"
            ).string
            let module = try module(in: folder)
            let results = folder.path.appending("results").string
            let news = folder.path.appending("news.txt").string
            let sound = try await command(
                [
                    "soak", "start", plan, "--runs", "\(Self.runs)", "--module", module.string, "--results",
                    results, "--accel", "tcg", "--notify", "cat \"$1\" >> '\(news)'",
                ], folder)
            #expect(sound.status == 0 || sound.status == 3, "\(sound.output) \(sound.errors)")
            let before = try await standing(folder)
            #expect(before.cells.map(\.failed) == [0] && before.runs == Self.runs)
            #expect(before.trends.contains { $0.series == .moduleObjects && $0.verdict == .passed })
            #expect(before.trends.contains { $0.series == .perfEvents && $0.verdict == .passed })
            #expect(before.changes.isEmpty)

            try edit(module, from: "*misdeed = \"none\"", to: "*misdeed = \"slow_leak\"")
            _ = try await command(["soak", "extend", "--runs", "\(Self.runs)"], folder)
            let leaky = try await command(["soak", "resume", "--accel", "tcg"], folder)
            #expect(leaky.status == 1, "\(leaky.output) \(leaky.errors)")
            let after = try await standing(folder)
            let bug = try #require(after.signatures.first)
            #expect(bug.signature == "growth module_objects" && bug.runs == Self.runs)
            let trend = try #require(
                after.trends.first { $0.series == .moduleObjects && $0.forks > 0 && $0.slope > 1 })
            // One in a thousand is ten in ten thousand; the lab's own children and the shell's exit, too.
            #expect((8...12).contains(trend.slope), "\(trend.text)")
            let change = try #require(after.changes.first)
            #expect(after.changes.count == 1 && change.answer == .worse)
            #expect(change.runsBefore == Self.runs && change.runsAfter == Self.runs)
            let text = try String(contentsOfFile: news, encoding: .utf8)
            #expect(text.contains("growth module_objects") && text.contains("\"ended\""), "\(text)")

            let gate = try await command(["gate", plan], folder)
            #expect(gate.status == 1 && gate.output.contains("NO-GO"), "\(gate.output) \(gate.errors)")
            #expect(gate.output.contains("module_objects grows by at most 2 objects"), "\(gate.output)")
        }
    }
}
