// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import Testing

extension LabTests {
    @Suite("Smaller scenarios", .serialized)
    struct Minimize {
        @Test("Of a long scenario with one mistake in it, one step remains, which shows it by itself")
        func one() async throws {
            let folder = try TemporaryFolder()
            let scenario = try folder.write(
                """
                name: long
                description: Much that does not matter.
                counters: none
                steps:
                  - run: "true"
                  - repeat: 4
                    steps:
                      - wait: 2s
                      - load: module
                        parameters: misdeed=warn
                      - unload: module
                  - run: echo done
                  - workload: fork-storm
                """, to: "long.yaml")
            let results = folder.path.appending("results")
            let module = LabCommand.checkout.appending("kmod/canaries").string
            let run = try await LabCommand.runJSON([scenario.string, "--module", module], in: results).run()
            let finding = try #require(run.findings.first)
            let small = folder.path.appending("small.yaml").string
            let result = try await LabCommand.run(
                ["minimize", run.directory, "--output", small, "--results", results.string, "--seeds", "1"])
            #expect(result.status == 0, "\(result.errors)")
            #expect(try folder.runFolders().count == 1, "what was tried leaves no folders")
            let text = try folder.read("small.yaml")
            #expect(text.contains("load: module") && text.contains("misdeed=warn"), "\(text)")
            #expect(
                !text.contains("unload") && !text.contains("fork-storm") && !text.contains("wait:"), "\(text)"
            )
            #expect(result.output.contains("1 of 2 CPUs"), "\(result.output)")
            let again = try await LabCommand.runJSON([small, "--module", module, "--cpus", "1"], in: results)
                .run()
            #expect(again.findings.first?.signature == finding.signature)
        }

        @Test("A run that found nothing is wrong usage")
        func nothing() async throws {
            let folder = try TemporaryFolder()
            let run = try await LabCommand.runJSON(["trivial"], in: folder.path.appending("results")).run()
            let result = try await LabCommand.run(["minimize", run.directory])
            #expect(result.status == 2 && result.errors.contains("found nothing"), "\(result.errors)")
        }
    }
}
