// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import Testing

extension LabTests {
    /// Another seed is another order of events, and finds what most orders hide.
    @Suite("Seeds", .serialized)
    struct Seeds {
        @Test(
            "Another seed loads at another moment; with nothing varied only the seed's random numbers differ")
        func differ() async throws {
            let folder = try TemporaryFolder()
            func loadedAt(_ seed: String, vary: Bool) async throws -> Double {
                let scenario = try folder.write(
                    """
                    name: load
                    description: Load and unload.
                    vary: \(vary)
                    steps:
                      - load: module
                      - unload: module
                    """, to: "load-\(vary).yaml")
                let run = try await LabCommand.runJSON(
                    [scenario.string, "--seed", seed], in: folder.path.appending("results")
                ).run()
                #expect(run.verdict == .passed, "\(run.findings.map(\.title)) \(run.reason ?? "")")
                #expect(!run.notes.contains { $0.contains("not perturbed") }, "\(run.notes)")
                return try #require(run.steps.first { $0.name == "load module" }?.durationS)
            }
            let varied = try await (loadedAt("1", vary: true), loadedAt("2", vary: true))
            #expect(varied.0 != varied.1)
            let still = try await (loadedAt("1", vary: false), loadedAt("2", vary: false))
            #expect(abs(still.0 - still.1) < 0.005)
        }

        @Test("CPUs go offline and come back while they are disturbed, and nobody minds")
        func hotplug() async throws {
            let folder = try TemporaryFolder()
            for variant in TestScope.isWhole ? ["release", "debug"] : ["release"] {
                let run = try await LabCommand.runJSON(
                    ["hotplug", "--variant", variant, "--seed", "5"], in: folder.path.appending("results")
                ).run()
                #expect(run.verdict == .passed, "\(run.findings.map(\.title)) \(run.reason ?? "")")
            }
        }

        @Test("A race of two instructions: missed with nothing varied, found by seeds, and then every time")
        func race() async throws {
            let folder = try TemporaryFolder()
            func scenario(vary: Bool) throws -> String {
                try folder.write(
                    """
                    name: race
                    description: Two threads and a slot.
                    vary: \(vary)
                    counters: none
                    steps:
                      - load: module
                        parameters: misdeed=race
                      - unload: module
                    """, to: "race-\(vary).yaml"
                ).string
            }
            let common = [
                "--module", LabCommand.checkout.appending("kmod/canaries").string, "--results",
                folder.path.appending("campaigns").string, "--json",
            ]
            let missed = try await LabCommand.run(
                ["explore", try scenario(vary: false), "--seeds", TestScope.isWhole ? "1..200" : "1..10"]
                    + common)
            #expect(missed.status == 0, "\(missed.output)")
            let found = try await LabCommand.run(
                ["explore", try scenario(vary: true), "--seeds", "1..200", "--stop-at-first"] + common)
            #expect(found.status == 1, "\(found.output)")
            let campaign = try #require(
                try JSONSerialization.jsonObject(with: Data(found.output.utf8)) as? [String: Any])
            let group = try #require((campaign["groups"] as? [[String: Any]])?.first)
            let finding = try #require(group["finding"] as? [String: Any])
            #expect((finding["location"] as? String)?.contains("race.c:") == true, "\(finding)")
            let run = try #require(group["directory"] as? String)
            for _ in 0..<3 {
                let replay = try await LabCommand.run(
                    ["replay", run, "--results", folder.path.appending("replays").string])
                #expect(replay.status == 0, "\(replay.output)")
            }
        }
    }
}
