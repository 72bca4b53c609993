// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import Subprocess
import SystemPackage
import Testing

extension LabTests {
    @Suite("What can go wrong in the lab itself", .serialized)
    struct Trust {
        private let canaries = ["--module", LabCommand.checkout.appending("kmod/canaries").string]

        @Test("A guest that never boots")
        func neverBoots() async throws {
            let folder = try TemporaryFolder()
            let scenario = try folder.write(ScenarioText.shell("true"), to: "x.yaml")
            // No guest boots in so short a time.
            let result = try await LabCommand.runJSON(
                [scenario.string, "--cold", "--timeout", "50ms", "--dump", "never"],
                in: folder.path.appending("results"))
            let run = try result.run()
            #expect(result.status == 3 && run.verdict == .inconclusive && run.findings.isEmpty)
            #expect(run.reason?.contains("boot") == true, "\(run.reason ?? "")")
            #expect(run.steps.allSatisfy { $0.status == .notReached })
        }

        @Test("A report that cannot be written")
        func report() async throws {
            let folder = try TemporaryFolder()
            let scenario = try folder.write(ScenarioText.shell("true"), to: "x.yaml")
            let ktap = folder.path.appending("x.ktap").string
            let result = try await LabCommand.runJSON(
                [scenario.string, "--junit", "/nowhere/x.xml", "--ktap", ktap],
                in: folder.path.appending("results"))
            // The run itself is fine, and the report that can be written is. The whole says what is missing.
            #expect(try result.run().verdict == .passed)
            let whole = try result.report()
            #expect(
                whole.verdict == .inconclusive && whole.problems?.first?.contains("/nowhere/x.xml") == true)
            #expect(result.status == 3 && result.errors.contains("/nowhere/x.xml"), "\(result.errors)")
            #expect(try String(contentsOfFile: ktap, encoding: .utf8).hasPrefix("KTAP version 1\n1..1\n"))
        }

        /// Runs the command, and sees to it meanwhile that no run's folder can have a page.
        private func withoutPages(
            _ results: FilePath, _ command: () async throws -> LabCommand.Result
        ) async throws -> LabCommand.Result {
            let blocker = Task {
                while !Task.isCancelled {
                    for case let name as String in FileManager.default.enumerator(atPath: results.string)
                        ?? .init()
                    where name.hasSuffix("/run.json") || name == "run.json" {
                        let page = results.pushing(FilePath(name)).removingLastComponent().appending(
                            "report.html")
                        // A folder that is not empty is replaced by no file.
                        try? FileManager.default.createDirectory(
                            atPath: page.appending("in-the-way").string, withIntermediateDirectories: true)
                    }
                    try? await Task.sleep(for: .milliseconds(20))
                }
            }
            defer { blocker.cancel() }
            return try await command()
        }

        @Test("A page that cannot be written is a reason against a pass, in run.json, too")
        func page() async throws {
            let folder = try TemporaryFolder()
            let scenario = try folder.write(ScenarioText.shell("true"), to: "x.yaml")
            let results = folder.path.appending("results")
            let result = try await withoutPages(results) {
                try await LabCommand.runJSON([scenario.string], in: results)
            }
            let run = try result.run()
            #expect(result.status == 3 && run.verdict == .inconclusive && run.findings.isEmpty)
            #expect(run.reason?.contains("report.html cannot be written") == true, "\(run.reason ?? "")")
            let saved = try folder.savedRun()
            #expect(saved.verdict == .inconclusive && saved.reason == run.reason)
        }

        @Test("Standard output that takes nothing: no answer reached anybody")
        func output() async throws {
            let result = try await Subprocess.run(
                .name("sh"),
                arguments: ["-c", "exec \"$0\" scenario list > /dev/full", LabCommand.executable.string],
                environment: .inherit.updating(["PACCTLAB_HOME": LabCommand.checkout.string]),
                output: .discarded,
                error: .string(limit: 1 << 16))
            #expect(result.terminationStatus == .exited(3), "\(result.terminationStatus)")
            #expect(
                result.standardError.contains("standard output cannot be written"), "\(result.standardError)")
        }

        @Test("A suite without the page of a run, or without a report of the whole, is no pass")
        func suite() async throws {
            let folder = try TemporaryFolder()
            _ = try folder.write(ScenarioText.shell("true"), to: "x.yaml")
            let suite = try folder.write(
                "name: one\ndescription: One run.\nmatrix:\n  - scenarios: [./x.yaml]\n", to: "one.yaml")
            let results = folder.path.appending("results")
            let command = [
                "suite", suite.string, "--json", "--accel", "tcg", "--results", results.string,
                "--no-annotations",
            ]
            let paged = try await withoutPages(results) { try await LabCommand.run(command) }
            #expect(paged.status == 3, "\(paged.errors)")
            #expect(paged.output.contains("report.html cannot be written"))
            let report = try await LabCommand.run(command + ["--ktap", "/nowhere/x.ktap"])
            #expect(report.status == 3 && report.output.contains("\"verdict\" : \"inconclusive\""))
            #expect(report.output.contains("/nowhere/x.ktap") && report.errors.contains("/nowhere/x.ktap"))
        }

        @Test("Two findings in one run are two findings")
        func twoFindings() async throws {
            let folder = try TemporaryFolder()
            let scenario = try folder.write(
                """
                name: two
                description: No record comes, and something stays behind.
                steps:
                  - load: module
                    parameters: misdeed=perf_event_left
                  - run: sleep 0.2
                  - unload: module
                expect:
                  records: 1
                """, to: "two.yaml")
            let result = try await LabCommand.runJSON(
                [scenario.string] + canaries, in: folder.path.appending("results"))
            let run = try result.run()
            #expect(result.status == 1 && run.verdict == .failed)
            #expect(
                Set(run.findings.map(\.crashClass.rawValue)) == ["records_missing", "residue"],
                "\(run.findings.map(\.title))")
        }

        @Test("The guest's clock jumps a day ahead and back: times of steps and records stay what they are")
        func clockJumps() async throws {
            let folder = try TemporaryFolder()
            let scenario = try folder.write(
                """
                name: jumps
                description: Somebody sets the clock.
                steps:
                  - load: module
                    parameters: log_records=0
                  - name: ahead
                    run: date -s @$(($(date +%s) + 86400)); sha1sum /proc/kallsyms > /dev/null
                  - name: back
                    run: date -s @$(($(date +%s) - 172800)); sha1sum /proc/kallsyms > /dev/null
                  - wait: 100ms
                  - unload: module
                expect:
                  records: 2
                """, to: "jumps.yaml")
            let result = try await LabCommand.runJSON([scenario.string], in: folder.path.appending("results"))
            let run = try result.run()
            #expect(run.verdict == .passed, "\(run.reason ?? "") \(run.findings.map(\.title))")
            #expect(run.steps.allSatisfy { (0..<60).contains($0.durationS ?? -1) })
        }

        @Test("A module that hands out no record where some are wanted")
        func zeroRecords() async throws {
            let folder = try TemporaryFolder()
            try folder.write(
                """
                #include <linux/module.h>
                static int __init mute_init(void) { return 0; }
                static void __exit mute_exit(void) { }
                module_init(mute_init);
                module_exit(mute_exit);
                MODULE_LICENSE("GPL");
                MODULE_DESCRIPTION("Says nothing");
                """, to: "mute/mute.c")
            try folder.write("obj-m += mute.o\n", to: "mute/Kbuild")
            let scenario = try folder.write(
                """
                name: silent
                description: Records are wanted.
                counters: none
                steps:
                  - load: module
                  - run: "true"
                  - unload: module
                expect:
                  records: 1
                """, to: "silent.yaml")
            let result = try await LabCommand.runJSON(
                [scenario.string, "--module", folder.path.appending("mute").string],
                in: folder.path.appending("results"))
            let run = try result.run()
            #expect(result.status == 1 && run.verdict == .failed && run.energy.records == 0)
            #expect(run.findings.first?.crashClass.rawValue == "records_missing", "\(run.findings)")
        }
    }
}
