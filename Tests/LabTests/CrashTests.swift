// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine
import Testing

extension LabTests {
    @Suite("What a guest may do", .serialized)
    struct Crash {
        private func run(_ misdeed: String, variant: String = "release") async throws -> RunReport {
            let folder = try TemporaryFolder()
            let scenario = try folder.write(ScenarioText.canary(misdeed), to: "x.yaml")
            let result = try await LabCommand.runJSON(
                [scenario.string, "--variant", variant], in: folder.path.appending("results"))
            let run = try result.run()
            #expect(result.status == run.verdict.exitStatus)
            return run
        }

        @Test(
            "A crash is a failure, with its class and its lines",
            arguments: [
                ("panic", CrashClass.panic, "canary: panic on purpose"),
                ("oops", .nullDereference, "start_oops"),
                ("bug", .kernelBug, "kernel BUG"),
                ("warn", .warning, "canary: warning on purpose"),
                ("kill_init", .panic, "Attempted to kill init"),
            ])
        func crash(misdeed: String, expected: CrashClass, line: String) async throws {
            let run = try await run(misdeed)
            #expect(run.verdict == .failed, "\(run.reason ?? "")")
            let finding = try #require(run.findings.first)
            #expect(finding.crashClass == expected, "\(finding.title)")
            #expect(finding.evidence.contains { $0.contains(line) }, "\(finding.evidence)")
        }

        @Test("A triple fault says nothing and is found all the same")
        func tripleFault() async throws {
            let run = try await run("triple_fault")
            #expect(run.verdict == .failed, "\(run.reason ?? "")")
            #expect(run.findings.first?.crashClass == .tripleFault)
        }

        @Test("A hang with interrupts off fails, with the stacks of the CPUs", arguments: ["hang_irq_off"])
        func hang(misdeed: String) async throws {
            let run = try await run(misdeed)
            #expect(run.verdict == .failed, "\(run.reason ?? "")")
            let finding = try #require(run.findings.first)
            #expect(finding.evidence.contains { $0.contains("hang") }, "\(finding.title) \(finding.evidence)")
        }

        @Test("A module that refuses to load: its errno and its lines")
        func refuse() async throws {
            let run = try await run("refuse")
            #expect(run.verdict == .failed)
            let finding = try #require(run.findings.first)
            #expect(finding.crashClass == .moduleRefused)
            #expect(finding.title.contains("ENODEV"), "\(finding.title)")
            #expect(finding.evidence.contains { $0.contains("canary") })
        }

        @Test("A module that floods the log is stopped at the cap, and failed")
        func flood() async throws {
            let folder = try TemporaryFolder()
            let text = ScenarioText.canary("log_flood", limit: "30m").replacing("sleep 3", with: "sleep 1000")
            let scenario = try folder.write(text, to: "x.yaml")
            let run = try await LabCommand.runJSON([scenario.string], in: folder.path.appending("results"))
                .run()
            #expect(run.verdict == .failed, "\(run.reason ?? "")")
            #expect(run.findings.first?.crashClass == .logFlood, "\(run.findings.map(\.title))")
            #expect(try Self.size(of: run.directory) < 128 << 20)
        }

        @Test("A program that floods its output is cut, which is said, and still passes")
        func outputFlood() async throws {
            let folder = try TemporaryFolder()
            let scenario = try folder.write(
                ScenarioText.shell("head -c 1073741824 /dev/zero", limit: "30m"), to: "x.yaml")
            let run = try await LabCommand.runJSON([scenario.string], in: folder.path.appending("results"))
                .run()
            #expect(run.verdict == .passed, "\(run.findings.map(\.title)) \(run.reason ?? "")")
            #expect(run.notes.contains { $0.contains("were not kept") }, "\(run.notes)")
            #expect(try Self.size(of: run.directory) < 8 << 20)
        }

        /// Bytes of all files in a folder.
        private static func size(of folder: String) throws -> Int {
            try FileManager.default.subpathsOfDirectory(atPath: folder).reduce(0) { sum, name in
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
                return sum + ((attributes[.size] as? Int) ?? 0)
            }
        }
    }
}
