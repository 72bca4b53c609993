// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine
import SystemPackage
import Testing

extension LabTests {
    @Suite("After a crash", .serialized)
    struct PostmortemOfGuests {
        /// Loads the module under test, makes some records, and then does the misdeed of the canary.
        private static func scenario(_ misdeed: String, parameters: String = "", between: String = "true")
            -> String
        {
            """
            name: after-\(misdeed.replacing("_", with: "-"))
            description: The canary \(misdeed), with the module under test at work.
            counters: none
            steps:
              - load: module
                parameters: "\(parameters)"
              - name: work
                run: |
                  \(between)
              - load: canary
                parameters: misdeed=\(misdeed)
                limit: 20s
            """
        }

        private func run(
            _ scenario: String, _ arguments: [String] = [], in folder: TemporaryFolder
        ) async throws -> RunReport {
            let file = try folder.write(scenario, to: "x.yaml")
            let result = try await LabCommand.runJSON(
                [file.string] + arguments, in: folder.path.appending("results"))
            let run = try result.run()
            #expect(run.verdict == .failed, "\(run.reason ?? "") \(result.errors)")
            return run
        }

        private func text(_ run: RunReport) throws -> String {
            try String(contentsOfFile: "\(run.directory)/postmortem.txt", encoding: .utf8)
        }

        @Test("The dump of a panic opens, and says where, with what loaded and what logged")
        func panic() async throws {
            let folder = try TemporaryFolder()
            let run = try await run(Self.scenario("oops", between: "sha1sum /bin/busybox"), in: folder)
            #expect(run.notes.isEmpty, "\(run.notes)")
            let dump = try #require(run.dump)
            #expect(dump.missing == nil)
            let file = try #require(dump.file)
            let size = try FileManager.default.attributesOfItem(atPath: "\(run.directory)/\(file)")
            #expect(size[.ownerAccountID] as? UInt32 == getuid())
            #expect(try #require(dump.bytes) < Int64(run.memoryMib) << 20, "\(dump)")
            #expect(!FileManager.default.fileExists(atPath: "\(run.directory)/vmcore"))

            let text = try text(run)
            #expect(text.contains("which panicked"))
            #expect(
                text.contains(
                    /start_oops\+0x[0-9a-f]+\/0x[0-9a-f]+ \[canary\]  .*kmod\/canaries\/crash\.c:\d+/))
            #expect(text.contains(/canary: coming[^=]*0xffffffff[0-9a-f]+  \.text/))
            #expect(text.contains("misdeed=oops"))
            #expect(text.contains(/tasks traced: [1-9]/))
            #expect(text.contains("Linux version 6.18"), "the log's first line")
            #expect(text.contains("BUG: kernel NULL pointer dereference"))
            #expect(!text.contains("could not be read"), "\(text)")

            let results = ["--results", folder.path.appending("results").string]
            let release = try await LabCommand.run(
                ["debug", "latest", "-c", "print(prog['init_uts_ns'].name.release.string_().decode())"]
                    + results)
            #expect(release.status == 0, "\(release.errors)")
            #expect(release.output == "\(run.kernel ?? "")\n")
            // A variable of the module, through its own debug information, where the guest had loaded it.
            let inside = try await LabCommand.run(
                ["debug", run.directory, "-c", "print(prog['chosen'].name.string_().decode())"] + results)
            #expect(inside.output == "oops\n", "\(inside.errors)")
            let names = try FileManager.default.contentsOfDirectory(atPath: run.directory)
            #expect(!names.contains { $0.hasPrefix(".") }, "\(names)")
        }

        @Test("gdb reads the same dump, the module's variables included")
        func gdb() async throws {
            let folder = try TemporaryFolder()
            let run = try await run(Self.scenario("panic"), in: folder)
            let result = try await LabCommand.run([
                "debug", run.directory, "--gdb", "-c", "print chosen->name",
            ])
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.contains("\"panic\""), "\(result.output)")
        }

        @Test("A silent hang of every CPU is a finding with the stack of the loop")
        func hang() async throws {
            let folder = try TemporaryFolder()
            let run = try await run(Self.scenario("hang_irq_off_all"), in: folder)
            let finding = try #require(run.findings.first)
            #expect(finding.function == "spin_irq_off", "\(finding.title)")
            #expect(finding.location?.hasPrefix("kmod/canaries/hang.c:") == true, "\(finding.location ?? "")")
            #expect(finding.evidence.contains { $0.contains("spin_irq_off") })
            let parts = try text(run).components(separatedBy: "== ")
            let cpus = try #require(parts.count > 1 ? parts[1] : nil, "\(parts)")
            let stacks = cpus.components(separatedBy: " spin_irq_off+").count - 1
            #expect(stacks == run.cpus, "each CPU spins there")
        }

        @Test("Records that nobody had read are recovered from the ring, and marked")
        func records() async throws {
            let folder = try TemporaryFolder()
            // A frozen agent reads nothing: what happens from then on is in the ring alone.
            let scenario = """
                name: unread
                description: Nobody reads the records, and then the kernel panics.
                counters: none
                steps:
                  - load: module
                  - name: freeze the agent, work, panic
                    run: |
                      mkdir /sys/fs/cgroup/frozen
                      echo 1 >/sys/fs/cgroup/frozen/cgroup.procs
                      echo 1 >/sys/fs/cgroup/frozen/cgroup.freeze
                      for i in 1 2 3 4 5 6 7 8; do /bin/busybox true; done
                      sleep 1
                      insmod /job/canary.ko misdeed=panic
                  - load: canary
                    parameters: misdeed=panic
                """
            let run = try await run(scenario, in: folder)
            let lines = try String(contentsOfFile: "\(run.directory)/energy.jsonl", encoding: .utf8)
                .split(separator: "\n")
            let marked = lines.filter { $0.contains("\"recovered\":true") }
            #expect(marked.count == run.energy.recovered ?? 0)
            #expect(marked.count >= 8)
            #expect(lines.count == run.energy.records + marked.count)
            // Together they are what the ring says was written: nothing twice, nothing lost.
            let head = try #require(try text(run).firstMatch(of: /ring: (\d+) records written/)?.output.1)
            #expect(Int(head) == lines.count)
        }

        @Test("Without a dump that is said, in the report and in postmortem.txt")
        func never() async throws {
            let folder = try TemporaryFolder()
            let run = try await run(Self.scenario("panic"), ["--dump", "never"], in: folder)
            #expect(run.dump?.file == nil && run.dump?.missing == "--dump never")
            #expect(run.notes.contains("no memory dump: --dump never"))
            #expect(try text(run).contains("no memory dump: --dump never"))
            let names = try FileManager.default.contentsOfDirectory(atPath: run.directory)
            #expect(!names.contains { $0.hasPrefix("vmcore") }, "\(names)")
            let debug = try await LabCommand.run(["debug", run.directory])
            #expect(debug.status == 2 && debug.errors.contains("--dump never"), "\(debug.errors)")
        }

        @Test("--dump always keeps the memory of a guest that did its work, too")
        func always() async throws {
            let folder = try TemporaryFolder()
            let file = try folder.write(ScenarioText.shell("sleep 1"), to: "x.yaml")
            let result = try await LabCommand.runJSON(
                [file.string, "--dump", "always"], in: folder.path.appending("results"))
            let run = try result.run()
            #expect(run.verdict == .passed, "\(run.findings) \(run.reason ?? "") \(result.errors)")
            #expect(run.dump?.file != nil, "\(run.notes)")
            #expect(try text(run).contains("its agent did its whole plan"))
        }

        @Test("A triple fault leaves no memory, which is said")
        func tripleFault() async throws {
            let folder = try TemporaryFolder()
            let run = try await run(Self.scenario("triple_fault"), in: folder)
            #expect(run.dump?.missing?.contains("gone") == true, "\(String(describing: run.dump))")
        }

        @Test("A debug kernel knows which locks were held")
        func locks() async throws {
            let folder = try TemporaryFolder()
            try folder.write(
                """
                #include <linux/module.h>
                #include <linux/mutex.h>
                #include <linux/panic.h>
                static DEFINE_MUTEX(held_by_the_test);
                static int __init start(void)
                {
                \tmutex_lock(&held_by_the_test);
                \tpanic("with a lock held");
                }
                module_init(start);
                MODULE_DESCRIPTION("panics with a lock held");
                MODULE_LICENSE("GPL");
                """, to: "holder/holder.c")
            try folder.write("obj-m += holder.o\n", to: "holder/Kbuild")
            let scenario = """
                name: holder
                description: A module that panics with a lock held.
                counters: none
                steps:
                  - load: module
                """
            let run = try await run(
                scenario, ["--variant", "debug", "--module", folder.path.appending("holder").string],
                in: folder)
            let text = try text(run)
            #expect(
                text.contains(/locks held[^=]*held_by_the_test[^=]*taken at [a-z_]+\+0x[0-9a-f]+ \[holder\]/),
                "\(text.prefix(6000))")
        }
    }
}
