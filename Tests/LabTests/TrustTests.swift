// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
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
            // The run itself is fine, and the report that can be written is.
            #expect(try result.run().verdict == .passed)
            #expect(result.status == 3 && result.errors.contains("/nowhere/x.xml"), "\(result.errors)")
            #expect(try String(contentsOfFile: ktap, encoding: .utf8).hasPrefix("KTAP version 1\n1..1\n"))
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
