// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine
import Testing

extension LabTests {
    @Suite("The main path", .serialized)
    struct Smoke {
        @Test("smoke passes, with records, and leaves a whole run folder", arguments: ["release", "debug"])
        func smoke(variant: String) async throws {
            let folder = try TemporaryFolder()
            let junit = folder.path.appending("junit.xml")
            let result = try await LabCommand.runJSON(
                ["--variant", variant, "--junit", junit.string], in: folder.path.appending("results"))
            let run = try result.run()
            #expect(result.status == 0, "\(result.errors)\n\(run.findings) \(run.reason ?? "")")
            #expect(run.verdict == .passed)
            #expect(run.scenario == "smoke" && run.variant == variant)
            #expect(run.accel == .tcg && run.pmu == .simulated)
            #expect(run.kernel?.hasPrefix("6.18") == true)
            #expect(run.energy.records > 5)
            #expect(run.energy.lost == 0)
            #expect(run.energy.maxErrorUj.map { $0 <= 1 } == true)
            #expect(run.steps.allSatisfy { $0.status == .passed })
            #expect(run.guestReadyS != nil)
            for name in ["run.json", "console.log", "kernel.log", "energy.jsonl", "domain.xml", "job/plan"] {
                let path = "\(run.directory)/\(name)"
                #expect(FileManager.default.fileExists(atPath: path), "\(name)")
            }
            let lines = try String(contentsOfFile: "\(run.directory)/energy.jsonl", encoding: .utf8)
                .split(separator: "\n")
            #expect(lines.count == run.energy.records)
            #expect(lines.contains { $0.contains("stress-ng") })
            #expect(try folder.read("junit.xml").contains("<testsuite "))
        }

        @Test("A module that only prints has its records read from the kernel log")
        func printingModule() async throws {
            let folder = try TemporaryFolder()
            try folder.write(
                """
                #include <linux/module.h>
                #include <linux/sched.h>
                static int __init start(void)
                {
                \t/* Of a task that really exits: the one that loads the module. */
                \tpr_info("mine:on_exit():7: Process exiting: PID %d, COMM \\"sha1sum\\", energy estimate 5781682 (uJ)\\n",
                \t\tcurrent->pid);
                \tpr_info("mine:on_exit():8: Event counts for exiting PID %d:\\n", current->pid);
                \tpr_info("mine:on_exit():9: [0]: count=8455301134, diff=623288545\\n");
                \tpr_info("mine:on_exit():9: [1]: count=26733799528, diff=1972372571\\n");
                \treturn 0;
                }
                static void __exit stop(void) { }
                module_init(start);
                module_exit(stop);
                MODULE_DESCRIPTION("prints one record");
                MODULE_LICENSE("GPL");
                """, to: "mine/mine.c")
            try folder.write("obj-m += mine.o\n", to: "mine/Kbuild")
            let scenario = try folder.write(
                """
                name: printing
                description: Load and unload.
                counters: none
                steps:
                  - load: module
                  - unload: module
                expect:
                  records: 1
                """, to: "printing.yaml")
            let result = try await LabCommand.runJSON(
                [scenario.string, "--module", folder.path.appending("mine").string],
                in: folder.path.appending("results"))
            let run = try result.run()
            #expect(run.verdict == .passed, "\(run.findings) \(run.reason ?? "")")
            #expect(run.energy.records == 1)
            #expect(run.energy.totalUj == 5_781_682)
            #expect(run.energy.maxErrorUj == nil, "its model is its own")
            let record = try String(contentsOfFile: "\(run.directory)/energy.jsonl", encoding: .utf8)
            #expect(record.contains("sha1sum") && record.contains("26733799528"))
        }

        @Test("Two at once, same cache, same module: both right")
        func twoAtOnce() async throws {
            let folder = try TemporaryFolder()
            let scenario = try folder.write(ScenarioText.shell("sleep 1"), to: "x.yaml")
            let results = folder.path.appending("results")
            async let first = LabCommand.runJSON([scenario.string], in: results)
            async let second = LabCommand.runJSON([scenario.string], in: results)
            let runs = [try await first.run(), try await second.run()]
            #expect(runs.allSatisfy { $0.verdict == .passed })
            #expect(runs[0].id != runs[1].id)
            #expect(try folder.runFolders().count == 2)
        }
    }
}
