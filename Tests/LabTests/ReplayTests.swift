// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine
import SystemPackage
import Testing

extension LabTests {
    @Suite("Doing a run again", .serialized)
    struct Replay {
        private func report(_ result: LabCommand.Result) throws -> ReplayReport {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            do { return try decoder.decode(ReplayReport.self, from: Data(result.output.utf8)) } catch {
                Issue.record("status \(result.status): \(result.errors)")
                throw error
            }
        }

        private func replay(_ run: String, in folder: TemporaryFolder) async throws -> LabCommand.Result {
            try await LabCommand.run([
                "replay", run, "--json", "--results", folder.path.appending("results").string,
            ])
        }

        @Test(
            "smoke is identical, restored and cold, with one CPU and with two", arguments: [false, true],
            [1, 2])
        func smoke(cold: Bool, cpus: Int) async throws {
            let folder = try TemporaryFolder()
            let run = try await LabCommand.runJSON(
                ["smoke", "--seed", "7", "--cpus", "\(cpus)"] + (cold ? ["--cold"] : []),
                in: folder.path.appending("results")
            ).run()
            #expect(run.verdict == .passed, "\(run.findings) \(run.reason ?? "")")
            let result = try await replay("latest", in: folder)
            let report = try report(result)
            #expect(
                report.verdict == .passed,
                "\(report.files.compactMap { $0.difference }) \(report.reason ?? "")")
            #expect(result.status == 0)
            #expect(report.original == run.directory || report.original.hasSuffix(run.id))
            #expect(report.files.allSatisfy { ($0.bytes ?? 0) > 0 }, "\(report.files)")
            #expect(report.run.id != run.id && report.run.seed == 7)
        }

        @Test("Sources that changed since do not matter; a console that differs is shown")
        func changed() async throws {
            let folder = try TemporaryFolder()
            let module = folder.path.appending("warner")
            try folder.write(
                """
                #include <linux/module.h>
                static int __init start(void)
                {
                \tWARN_ON(1);
                \treturn 0;
                }
                module_init(start);
                MODULE_DESCRIPTION("warns");
                MODULE_LICENSE("GPL");
                """, to: "warner/warner.c")
            try folder.write("obj-m += warner.o\n", to: "warner/Kbuild")
            let scenario = try folder.write(
                """
                name: warns
                description: A misdeed.
                counters: none
                steps:
                  - load: module
                """, to: "x.yaml")
            let run = try await LabCommand.runJSON(
                [scenario.string, "--module", module.string], in: folder.path.appending("results")
            ).run()
            #expect(run.findings.map(\.crashClass) == [.warning], "\(run.findings)")
            try folder.write("not C\n", to: "warner/warner.c")
            try folder.write("nothing: at all\n", to: "x.yaml")
            let same = try report(try await replay(run.directory, in: folder))
            #expect(same.verdict == .passed && same.sameFindings, "\(same.files) \(same.reason ?? "")")

            let console = "\(run.directory)/console.log"
            let text = try String(contentsOfFile: console, encoding: .utf8)
            try text.replacing("WARNING", with: "WORNING", maxReplacements: 1)
                .write(toFile: console, atomically: true, encoding: .utf8)
            let result = try await replay(run.directory, in: folder)
            let other = try report(result)
            #expect(result.status == 1 && other.verdict == .failed)
            let file = try #require(other.files.first { $0.name == "console.log" })
            #expect(!file.isIdentical)
            #expect(file.difference?.first.first?.contains("WORNING") == true)
            #expect(file.difference?.second.first?.contains("WARNING") == true)
            #expect(other.files.filter { !$0.isIdentical }.count == 1)
        }

        @Test("A folder that is none, and a run that lost its job, are wrong input, with a way out")
        func wrong() async throws {
            let folder = try TemporaryFolder()
            let none = try await replay("nothing-there", in: folder)
            #expect(none.status == 2 && none.errors.contains("latest"), "\(none.errors)")
            let file = try folder.write(ScenarioText.shell("true"), to: "x.yaml")
            let run = try await LabCommand.runJSON([file.string], in: folder.path.appending("results")).run()
            try FileManager.default.removeItem(atPath: "\(run.directory)/job/job.cpio")
            let lost = try await replay(run.directory, in: folder)
            #expect(lost.status == 2 && lost.errors.contains("whole job"), "\(lost.errors)")
        }
    }
}
