// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import Subprocess
import SystemPackage
import Testing

extension LabTests {
    @Suite("Bisecting", .serialized)
    struct Bisect {
        private static func module(_ body: String) -> String {
            """
            #include <linux/module.h>
            static int __init tiny_init(void)
            {
            \(body)
            \treturn 0;
            }
            static void __exit tiny_exit(void) { }
            module_init(tiny_init);
            module_exit(tiny_exit);
            MODULE_LICENSE("GPL");
            MODULE_DESCRIPTION("A module with a history");

            """
        }

        /// Versions of the module, oldest first. The sixth is the one that breaks it.
        private static let history = [
            ("Begin", module("")), ("Say hello", module("\tpr_info(\"hello\\n\");")),
            ("Say it louder", module("\tpr_info(\"HELLO\\n\");")),
            ("Do not compile", module("\tthis is no C;")),
            ("Compile again", module("\tpr_info(\"hello again\\n\");")),
            ("Check what cannot be", module("\tWARN_ON(system_state != SYSTEM_BOOTING);")),
            ("Say goodbye", module("\tpr_info(\"bye\\n\");\n\tWARN_ON(system_state != SYSTEM_BOOTING);")),
        ]

        private static func git(_ arguments: [String], in folder: FilePath) async throws -> String {
            let result = try await Subprocess.run(
                .name("git"),
                arguments: Arguments(
                    ["-C", folder.string, "-c", "user.name=Test", "-c", "user.email=test@example.org"]
                        + arguments),
                output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
            try #require(result.terminationStatus == .exited(0), "\(arguments): \(result.standardError)")
            return result.standardOutput
        }

        private static func repository(in folder: TemporaryFolder) async throws -> FilePath {
            let scenario = """
                name: load
                description: Load it and unload it.
                counters: none
                steps:
                  - load: module
                  - unload: module
                """
            _ = try folder.write(scenario, to: "load.yaml")
            _ = try folder.write("obj-m += tiny.o\n", to: "repo/driver/Kbuild")
            let root = folder.path.appending("repo")
            _ = try await git(["init", "--quiet"], in: root)
            for (subject, text) in history {
                _ = try folder.write(text, to: "repo/driver/tiny.c")
                _ = try await git(["add", "-A"], in: root)
                _ = try await git(["commit", "--quiet", "-m", subject], in: root)
            }
            return root
        }

        @Test(
            "Of seven commits, one of which does not compile, the one that warns; the checkout is as it was")
        func finds() async throws {
            let folder = try TemporaryFolder()
            let root = try await Self.repository(in: folder)
            // Work that is not committed stays, and decides nothing.
            _ = try folder.write("int unfinished = ;\n", to: "repo/driver/tiny.c")
            let before = try await Self.git(["status", "--porcelain", "--branch"], in: root)
            let result = try await LabCommand.run([
                "bisect", "--json", "--accel", "tcg", "--good", "HEAD~6",
                folder.path.appending("load.yaml").string,
                "--module", root.appending("driver").string, "--results",
                folder.path.appending("results").string,
            ])
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            try #require(result.status == 0, "\(result.errors)")
            let report = try decoder.decode(BisectReport.self, from: Data(result.output.utf8))
            #expect(
                report.verdict == .passed && report.firstBad?.subject == "Check what cannot be",
                "\(result.errors)")
            #expect(report.finding?.crashClass.rawValue == "warning", "\(String(describing: report.finding))")
            #expect(
                report.steps.contains { $0.subject == "Do not compile" && $0.outcome == .skip },
                "\(report.steps)")
            #expect(report.steps.prefix(2).map(\.outcome) == [.bad, .good], "both ends are tried first")
            // Nothing is left: no work tree, no refs of a bisection, and what was not committed is still there.
            #expect(try await Self.git(["status", "--porcelain", "--branch"], in: root) == before)
            #expect(try await Self.git(["worktree", "list"], in: root).split(separator: "\n").count == 1)
            #expect(!FileManager.default.fileExists(atPath: "\(report.directory)/tree"))
        }

        @Test("Ends that are not what they are said to be, and names that are none, are wrong input")
        func wrongEnds() async throws {
            let folder = try TemporaryFolder()
            let root = try await Self.repository(in: folder)
            let arguments = [
                folder.path.appending("load.yaml").string, "--module", root.appending("driver").string,
                "--results",
                folder.path.appending("results").string, "--accel", "tcg",
            ]
            for (ends, words) in [
                (["--good", "HEAD~1", "--bad", "HEAD"], "HEAD~1, which should be good, is not"),
                (["--good", "HEAD~6", "--bad", "HEAD~5"], "HEAD~5, which should be bad, is not"),
                (["--good", "HEAD", "--bad", "HEAD~6"], "is not behind"),
                (["--good", "no-such"], "names no commit"),
            ] {
                let result = try await LabCommand.run(["bisect"] + ends + arguments)
                #expect(result.status == 2 && result.errors.contains(words), "\(result.errors)")
            }
            #expect(try await Self.git(["worktree", "list"], in: root).split(separator: "\n").count == 1)
        }
    }
}
