// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import SystemPackage
import Testing

extension LabTests {
    @Suite("Suites", .serialized, .wholeMachine)
    struct Suites {
        private func suite(
            _ arguments: [String], in folder: TemporaryFolder
        ) async throws -> (status: Int32, report: SuiteReport) {
            let result = try await LabCommand.run(
                ["suite", "--json", "--accel", "tcg", "--results", folder.path.appending("results").string]
                    + arguments)
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            do {
                return (result.status, try decoder.decode(SuiteReport.self, from: Data(result.output.utf8)))
            } catch {
                Issue.record("status \(result.status): \(result.errors)")
                throw error
            }
        }

        /// Two scenarios, of which the second warns with the module of the canaries.
        private func write(in folder: TemporaryFolder) throws -> FilePath {
            _ = try folder.write(ScenarioText.shell("true"), to: "fine.yaml")
            _ = try folder.write(
                """
                name: warns
                description: Always the same misdeed.
                counters: none
                steps:
                  - load: module
                    parameters: misdeed=warn
                  - run: sleep 0.2
                """, to: "warns.yaml")
            return try folder.write(
                """
                name: two
                description: One that is fine, and one that is not.
                matrix:
                  - scenarios: [./fine.yaml, ./warns.yaml]
                    cpus: [1, 2]
                """, to: "two.yaml")
        }

        private var module: [String] { ["--module", LabCommand.checkout.appending("kmod/canaries").string] }

        @Test(
            "Four runs, two guests at once: those that fail are done once more, fail again, and are not flaky"
        )
        func matrix() async throws {
            let folder = try TemporaryFolder()
            let (status, report) = try await suite([try write(in: folder).string] + module, in: folder)
            #expect(status == 1 && report.verdict == .failed)
            #expect(report.runs.map(\.verdict) == [.passed, .failed, .passed, .failed], "\(report.cells)")
            #expect(report.runs.map(\.cpus) == [1, 1, 2, 2] && report.flaky.isEmpty && report.left.isEmpty)
            for run in report.runs {
                #expect(FileManager.default.fileExists(atPath: "\(run.directory)/run.json"))
                #expect(run.directory.hasPrefix(report.directory))
            }
            #expect(report.runs[1].findings.first?.location?.contains("crash.c:") == true)
        }

        @Test(
            "Only a part of it, and nothing else, when asked: a shard; the rest of the filters leave nothing: no pass"
        )
        func parts() async throws {
            let folder = try TemporaryFolder()
            let file = try write(in: folder).string
            let (status, report) = try await suite([file, "--shard", "1/4"] + module, in: folder)
            #expect(
                status == 0 && report.verdict == .passed && report.cells.count == 1 && report.shard == "1/4")
            let (empty, nothing) = try await suite([file, "--variant", "rt"] + module, in: folder)
            #expect(empty == 3 && nothing.verdict == .inconclusive && nothing.runs.isEmpty)
            #expect(nothing.problems.first?.contains("nothing was run") == true)
        }

        @Test("Since a revision with nothing changed, nothing is run, and that is no pass")
        func since() async throws {
            let folder = try TemporaryFolder()
            // What is not committed counts as changed, so that this test knows only the two ends.
            let changed = try await LabCommand.run(["suite", "quick", "--list", "--since", "HEAD"])
            #expect(changed.status == 0 && changed.output.contains(" runs"))
            let wrong = try await LabCommand.run(["suite", "quick", "--list", "--since", "no-such-revision"])
            #expect(wrong.status != 0 && wrong.errors.contains("no-such-revision"), "\(wrong.errors)")
            let misspelt = try await LabCommand.run(["suite", "quikc"])
            #expect(misspelt.status == 2 && misspelt.errors.contains("quick"), "\(misspelt.errors)")
            let bad = try folder.write("name: x\ndescription: y\nmatrix: []\n", to: "bad.yaml")
            let badly = try await LabCommand.run(["suite", bad.string])
            #expect(badly.status == 2 && badly.errors.contains("bad.yaml:3:9"), "\(badly.errors)")
        }
    }
}
