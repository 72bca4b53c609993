// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine
import Testing

extension LabTests {
    /// What scenario files can say, in guests that are restored.
    @Suite("Scenarios", .serialized)
    struct Scenarios {
        @Test(
            "Shipped ones: losses that are stated, unloads at bad moments, no PMU, a PMU that is too small, a known bug"
        )
        func shipped() async throws {
            let folder = try TemporaryFolder()
            let names = ["slow-reader", "unload-phases", "no-pmu", "multiplex", "known-bug"]
            let result = try await LabCommand.runJSON(
                names + ["--keep-going", "--dump", "never"], in: folder.path.appending("results"))
            let runs = try result.report().runs
            #expect(runs.map(\.scenario) == names && result.status == 0)
            for run in runs {
                #expect(run.verdict == .passed, "\(run.scenario): \(run.findings) \(run.reason ?? "")")
            }
            guard runs.count == names.count else { return }
            // What is missing in the numbers of records is what the module says, and what tasks lack.
            let ledger = try #require(runs[0].ledger)
            #expect(runs[0].energy.lost >= 200 && ledger.exitsOwed > ledger.exitsFound)
            #expect(UInt64(ledger.exitsOwed - ledger.exitsFound) <= runs[0].energy.lost)
            #expect(runs[2].energy.totalUj == 0 && runs[2].pmu == .none)
            #expect(runs[4].findings.isEmpty && runs[4].expected?.map(\.crashClass) == [.nullDereference])
        }

        @Test(
            "A module that does not say how many records were lost is caught, though losses are expected",
            .enabled(if: TestScope.isWhole, "part of ci/test --all: it builds another module"))
        func concealedLosses() async throws {
            let folder = try TemporaryFolder()
            let module = try ModuleCopy.make(
                in: folder.path,
                with: [
                    .init(
                        file: "ring.c", right: "\trecord->lost = lost;\n",
                        wrong: "\trecord->lost = lost / 2;\n")
                ])
            let run = try await LabCommand.runJSON(
                ["slow-reader", "--module", module.string], in: folder.path.appending("results")
            ).run()
            #expect(run.verdict == .failed && run.findings.map(\.crashClass) == [.recordsWrong])
            #expect(run.findings.first?.title.contains("the module says that") == true, "\(run.findings)")
        }

        @Test("Every workload does what it says, and says how much that was")
        func workloads() async throws {
            let folder = try TemporaryFolder()
            let scenario = try folder.write(
                """
                name: workloads
                description: A little of each.
                counters: none
                steps:
                  - workload: page-faults
                    count: 3
                    tasks: 2
                    pages: 40
                  - workload: signals
                    count: 300
                  - workload: timers
                    count: 20
                    tasks: 2
                  - workload: cgroup-moves
                    count: 60
                  - workload: reschedule
                    count: 60
                  - together:
                      - { workload: page-faults, count: 0, background: true }
                      - { workload: signals, count: 0, background: true }
                      - { workload: timers, count: 0, background: true }
                      - { workload: cgroup-moves, count: 0, background: true }
                      - { workload: reschedule, count: 0, background: true }
                      - wait: 300ms
                """, to: "x.yaml")
            let result = try await LabCommand.runJSON(
                [scenario.string, "--cpus", "4"], in: folder.path.appending("results"))
            let run = try result.run()
            #expect(run.verdict == .passed, "\(run.findings) \(run.reason ?? "")")
            let outputs = try FileManager.default.contentsOfDirectory(atPath: "\(run.directory)/output")
            let lines = try outputs.map {
                try String(contentsOfFile: "\(run.directory)/output/\($0)", encoding: .utf8)
            }
            for line in [
                "page-faults: 720 started, 720 ended, 0 wrong", "signals: 300 started, 300 ended, 0 wrong",
                "cgroup-moves: 60 started, 60 ended, 0 wrong", "reschedule: 60 started, 60 ended, 0 wrong",
            ] {
                #expect(lines.contains { $0.contains(line) }, "\(line): \(lines)")
            }
            // Each of them once more, ended before it was done.
            #expect(lines.count == 10 && lines.allSatisfy { $0.contains(" 0 wrong") }, "\(lines)")
        }

        @Test("Programs and data ride along, with the libraries they need, and are found")
        func carry() async throws {
            let folder = try TemporaryFolder()
            try folder.write("#!/bin/sh\necho script $(cat /job/data.txt)\n", to: "my-script")
            try folder.write("carried\n", to: "data.txt")
            try FileManager.default.copyItem(
                atPath: "/usr/bin/env", toPath: folder.path.appending("host-env").string)
            let scenario = try folder.write(
                """
                name: carry
                description: Files that ride along.
                counters: none
                carry: [./my-script, data.txt, host-env]
                steps:
                  - run: test "$(my-script)" = "script carried"
                  - run: host-env --version
                """, to: "x.yaml")
            let run = try await LabCommand.runJSON([scenario.string], in: folder.path.appending("results"))
                .run()
            #expect(run.verdict == .passed, "\(run.findings) \(run.reason ?? "")")
        }

        @Test(
            "Another module: what needs no records of it works, and says what it left out; what does is refused"
        )
        func foreign() async throws {
            let folder = try TemporaryFolder()
            try folder.write(
                """
                #include <linux/module.h>
                static int __init start(void) { return 0; }
                static void __exit stop(void) { }
                module_init(start);
                module_exit(stop);
                MODULE_DESCRIPTION("does nothing");
                MODULE_LICENSE("GPL");
                """, to: "idle/idle.c")
            try folder.write("obj-m += idle.o\n", to: "idle/Kbuild")
            let module = ["--module", folder.path.appending("idle").string]
            let results = folder.path.appending("results")
            let run = try await LabCommand.runJSON(["vfork"] + module, in: results).run()
            #expect(run.verdict == .passed, "\(run.findings) \(run.reason ?? "")")
            #expect(run.notes.contains { $0.contains("no such parameter") && $0.contains("log_records=0") })
            #expect(run.notes.contains { $0.contains("at least 700 energy records") }, "\(run.notes)")
            let before = try folder.runFolders().count
            let refused = try await LabCommand.runJSON(["slow-reader"] + module, in: results)
            #expect(refused.status == 2 && refused.errors.contains("slow-reader needs energy records"))
            #expect(try folder.runFolders().count == before, "nothing was booted")
        }
    }
}
