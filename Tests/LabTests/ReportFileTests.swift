// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import SystemPackage
import Testing

extension LabTests {
    @Suite("Reports of runs", .serialized)
    struct ReportFiles {
        private let canaries = ["--module", LabCommand.checkout.appending("kmod/canaries").string]

        /// A repository with a module in it that does not compile: no guest is needed to say so.
        private func write(_ repository: String, in folder: TemporaryFolder) throws {
            try folder.write("obj-m += tiny.o\n", to: "\(repository)/drivers/tiny/Kbuild")
            try folder.write(
                """
                #include <linux/module.h>
                static int __init tiny_init(void) { return 0; }
                module_init(tiny_init);
                int broken(this is no C);
                MODULE_LICENSE("GPL");
                """, to: "\(repository)/drivers/tiny/tiny.c")
        }

        @Test(
            "An annotation is on the line from whatever folder, and one outside of the repository is on none")
        func annotations() async throws {
            let folder = try TemporaryFolder()
            try write("project", in: folder)
            try folder.write("ref: refs/heads/main\n", to: "project/.git/HEAD")
            let scenario = try folder.write(ScenarioText.shell("true"), to: "x.yaml").string
            let results = folder.path.appending("results").string
            let project = folder.path.appending("project")
            for (working, module) in [
                (project, "drivers/tiny"), (project.appending("drivers"), "tiny"),
                (project.appending("drivers/tiny"), "."), (folder.path, "project/drivers/tiny"),
            ] {
                let quality = folder.path.appending("quality.json")
                let result = try await LabCommand.run(
                    [
                        "run", scenario, "--module", module, "--results", results, "--accel", "tcg",
                        "--annotations",
                        "--code-quality", quality.string,
                    ], environment: ["GITHUB_WORKSPACE": "", "CI_PROJECT_DIR": ""], from: working)
                #expect(result.status == 1, "\(result.errors)")
                let line = result.errors.split(separator: "\n").first { $0.hasPrefix("::error ") }
                #expect(
                    line?.hasPrefix("::error file=drivers/tiny/tiny.c,line=4,") == true, "\(result.errors)")
                #expect(try folder.read("quality.json").contains("\"path\" : \"drivers/tiny/tiny.c\""))
            }
            try write("loose", in: folder)
            let result = try await LabCommand.run(
                ["run", scenario, "--module", "loose/drivers/tiny", "--results", results, "--annotations"],
                environment: ["GITHUB_WORKSPACE": project.string], from: folder.path)
            let line = result.errors.split(separator: "\n").first { $0.hasPrefix("::error ") }
            #expect(line?.hasPrefix("::error title=") == true, "\(result.errors)")
            #expect(line?.contains("tiny.c:4, which is outside of the repository") == true)
        }

        /// The pages below a folder, by the folder of their run.
        private func pages(below folder: FilePath) -> [FilePath] {
            let all =
                FileManager.default.enumerator(atPath: folder.string)?.compactMap { $0 as? String } ?? []
            return all.filter { $0.hasSuffix("/report.html") }.sorted().map { folder.pushing(FilePath($0)) }
        }

        private func expect(_ page: FilePath?, _ command: String) throws {
            let html = try String(
                contentsOfFile: try #require(page, "\(command) left no page").string, encoding: .utf8)
            #expect(html.contains("<b>start_oops</b>+0x"), "\(command): the stack is not decoded")
            #expect(html.contains("/* guilty: oops */"), "\(command): the source is not shown")
        }

        @Test(
            "explore, watch, canaries and replay leave the page of a run that failed, and report writes it again"
        )
        func everywhere() async throws {
            let folder = try TemporaryFolder()
            let scenario = try folder.write(
                """
                name: oopses
                description: A NULL pointer is followed.
                counters: none
                steps:
                  - load: module
                    parameters: misdeed=oops
                  - run: sleep 0.2
                """, to: "oopses.yaml"
            ).string
            func results(_ name: String) -> FilePath { folder.path.appending(name) }
            let explored = try await LabCommand.run(
                [
                    "explore", scenario, "--seeds", "1", "--accel", "tcg", "--results",
                    results("explore").string,
                ]
                    + canaries)
            #expect(explored.status == 1, "\(explored.errors)")
            let page = try #require(pages(below: results("explore")).first, "\(explored.output)")
            try expect(page, "explore")
            let watched = try await LabCommand.run(
                [
                    "watch", "--once", "--plain", scenario, "--variant", "release", "--results",
                    results("watch").string,
                ]
                    + canaries)
            #expect(watched.status == 1, "\(watched.errors)")
            try expect(pages(below: results("watch")).first, "watch")
            let caught = try await LabCommand.run([
                "canaries", "oops", "--results", results("canaries").string,
            ])
            #expect(caught.status == 0, "\(caught.output)")
            try expect(pages(below: results("canaries")).first, "canaries")
            let run = page.removingLastComponent()
            let replayed = try await LabCommand.run([
                "replay", run.string, "--results", results("replay").string,
            ])
            #expect(replayed.status == 0, "\(replayed.output)\(replayed.errors)")
            try expect(pages(below: results("replay")).first, "replay")
            try FileManager.default.removeItem(atPath: page.string)
            let again = try await LabCommand.run(["report", run.string])
            #expect(again.status == 0 && again.output.contains(page.string), "\(again.errors)")
            try expect(page, "report")
        }
    }
}
