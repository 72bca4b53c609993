// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import SystemPackage
import Testing

extension LabTests {
    @Suite("Replays in gdb", .serialized)
    struct LiveReplays {
        private func run(
            _ misdeed: String, cpus: Int, in folder: TemporaryFolder
        ) async throws -> RunReport {
            let file = try folder.write(
                """
                name: crash
                description: The canary \(misdeed).
                counters: none
                steps:
                  - load: module
                    parameters: misdeed=\(misdeed)
                  - run: "true"
                """, to: "x.yaml")
            let module = LabCommand.checkout.appending("kmod/canaries").string
            return try await LabCommand.runJSON(
                [file.string, "--module", module, "--cpus", "\(cpus)", "--dump", "never"],
                in: folder.path.appending("results")
            ).run()
        }

        private func gdb(_ run: RunReport, _ arguments: [String]) async throws -> LabCommand.Result {
            try await LabCommand.run(["replay", run.directory, "--gdb"] + arguments)
        }

        @Test(
            "It stops before the instruction that crashes, with the module's lines, in the very same run",
            arguments: [1, 2])
        func oops(cpus: Int) async throws {
            let folder = try TemporaryFolder()
            let run = try await run("oops", cpus: cpus, in: folder)
            #expect(run.findings.first?.location?.contains("crash.c:") == true, "\(run.findings)")
            let line = try #require(run.findings.first?.location?.split(separator: ":").last)
            let commands = try folder.write("bt\nx/i $pc\ninfo registers rax\n", to: "look.gdb")
            let result = try await gdb(run, ["--command", commands.string, "-c", "print chosen->name"])
            // Each stop may shift the turns of several CPUs. It stops where it should; whether the guest came there as it
            // did in the run, it says.
            #expect(result.status == 0 || (cpus > 1 && result.status == 1), "\(result.errors)")
            #expect(
                result.output.contains(try Regex("#0 .*start_oops .*crash.c:\(line)\\n")), "\(result.output)")
            #expect(result.output.contains(/#1 .*canary_init .*main.c:[0-9]+\n/))
            #expect(result.output.contains("do_init_module"))
            // Not yet done: it is about to write through this register.
            #expect(result.output.contains(#/=> 0x[0-9a-f]+ <start_oops\+[0-9]+>:\s+movl?\s/#))
            #expect(result.output.contains(#/rax +0x0\s/#))
            #expect(result.output.contains("\"oops\""))
            let same = result.errors.contains("console was the run's so far")
            #expect(same == (result.status == 0), "\(result.errors)")
            #expect(same || result.errors.contains("console differs from the run's"), "\(result.errors)")
            #expect(!result.errors.contains("all 0 bytes"))
        }

        @Test("A panic, which names no instruction, is stopped at with its stack")
        func panic() async throws {
            let folder = try TemporaryFolder()
            let run = try await run("panic", cpus: 1, in: folder)
            let result = try await gdb(run, ["-c", "bt"])
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.contains(/#0 .*vpanic/), "\(result.output)")
            #expect(result.output.contains(/#[0-9]+ .*start_panic .*crash.c:[0-9]+/))
        }

        @Test("It stops at a function of a module, and at a time, and the run goes on as it did")
        func elsewhere() async throws {
            let folder = try TemporaryFolder()
            let run = try await run("none", cpus: 1, in: folder)
            #expect(run.verdict == .passed, "\(run.findings) \(run.reason ?? "")")
            let symbol = try await gdb(
                run, ["--at", "canary_init", "-c", "bt 1", "-c", "next", "-c", "next"])
            #expect(
                symbol.status == 0 && symbol.output.contains(/#0 .*canary_init .*main.c/), "\(symbol.errors)")
            let start = try await gdb(run, ["-c", "print init_uts_ns.name.release"])
            #expect(start.output.contains(run.kernel ?? "?"), "\(start.output)")
            // The first line of a module's, with the guest's time in brackets.
            let log = try String(contentsOfFile: "\(run.directory)/kernel.log", encoding: .utf8)
            let stamp = try #require(log.firstMatch(of: /\[ *([0-9.]+)\]\[[^\n]*[a-z_]+: loading/)?.output.1)
            let time = try #require(Double(stamp))
            let result = try await gdb(
                run,
                [
                    "--at-time", "\(time)", "-c",
                    "print (unsigned long)((struct clock_event_device *)$rdi)->next_event",
                ])
            let shown = try #require(result.output.firstMatch(of: /\$1 = ([0-9]+)/)?.output.1)
            let nanoseconds = try #require(Double(shown))
            #expect(nanoseconds >= time * 1e9 && nanoseconds < time * 1e9 + 1e9, "\(result.output)")
            #expect(result.errors.contains("console was the run's so far"), "\(result.errors)")
        }

        @Test("A function that is never reached is said, and nothing is left running")
        func never() async throws {
            let folder = try TemporaryFolder()
            let run = try await run("none", cpus: 1, in: folder)
            let result = try await gdb(run, ["--at", "no_such_function_at_all", "-c", "bt"])
            #expect(result.status == 3, "\(result.output)")
            #expect(result.output.contains("over before it got there"), "\(result.output)")
            let json = try await LabCommand.run(["replay", run.directory, "--at", "panic"])
            #expect(json.status == 2 && json.errors.contains("--gdb"))
        }
    }
}
