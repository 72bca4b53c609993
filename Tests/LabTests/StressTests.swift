// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine
import Testing

extension LabTests {
    @Suite("Under load", .serialized)
    struct Stress {
        private func run(_ text: String, _ load: StressLoad, in folder: TemporaryFolder) async throws
            -> RunReport
        {
            let scenario = try folder.write(text, to: "x.yaml")
            let result = try await LabCommand.runJSON(
                [scenario.string, "--variant", load.variant, "--cpus", "\(load.cpus)"],
                in: folder.path.appending("results"))
            let run = try result.run()
            #expect(
                run.verdict == .passed,
                "\(run.findings.map(\.title)) \(run.findings.first?.evidence ?? []) \(run.reason ?? "")")
            #expect(run.steps.allSatisfy { $0.status == .passed })
            return run
        }

        @Test("One record for every process and thread, none lost", arguments: StressLoad.all)
        func processes(load: StressLoad) async throws {
            let folder = try TemporaryFolder()
            let run = try await run(load.processScenario, load, in: folder)
            #expect(run.energy.lost == 0)
            #expect(run.energy.records >= load.expectedRecords)
            // What the workloads themselves say they did.
            let outputs = try FileManager.default.contentsOfDirectory(atPath: "\(run.directory)/output")
            let lines = try outputs.map {
                try String(contentsOfFile: "\(run.directory)/output/\($0)", encoding: .utf8)
            }
            for number in [load.processes, load.threads] {
                let line = "\(number) started, \(number) ended, 0 wrong"
                #expect(lines.contains { $0.contains(line) }, "\(line): \(lines)")
            }
        }

        @Test("Loads and unloads at any moment leave nothing behind", arguments: StressLoad.all)
        func cycles(load: StressLoad) async throws {
            let folder = try TemporaryFolder()
            let run = try await run(load.cycleScenario, load, in: folder)
            for name in ["cycles in a storm", "cycles during hotplug"] {
                let step = try #require(run.steps.first { $0.name == name })
                #expect(step.message == "\(load.cycles) of \(load.cycles) rounds")
            }
            guard load.hasFaults else { return }
            let step = try #require(run.steps.first { $0.name == "one allocation fails" })
            #expect(step.message?.contains("failures injected") == true, "\(step)")
        }

        @Test("A kernel without fault injection says so, and that is no pass")
        func noFaults() async throws {
            let folder = try TemporaryFolder()
            let text = """
                name: no-faults
                description: Faults on a kernel that cannot.
                counters: none
                steps:
                  - fault: failslab
                    steps:
                      - wait: 1ms
                """
            let scenario = try folder.write(text, to: "x.yaml")
            let result = try await LabCommand.runJSON([scenario.string], in: folder.path.appending("results"))
            let run = try result.run()
            #expect(run.verdict == .inconclusive && result.status == 3)
            #expect(run.reason?.contains("cannot inject") == true, "\(run.reason ?? "")")
        }

        @Test("A step beside others fails for itself, and ends neither them nor the run")
        func together() async throws {
            let folder = try TemporaryFolder()
            let text = """
                name: together
                description: Three at once, one of which fails.
                counters: none
                steps:
                  - together:
                      - {name: sleeps, run: sleep 1}
                      - {name: fails, run: echo no >&2; exit 3}
                      - {name: goes on, workload: ping-pong, count: 0, background: true}
                  - {name: in vain, wait: 1ms}
                  - {name: at last, check: /proc/sys/kernel/pid_max, at_least: 301, always: true}
                """
            let scenario = try folder.write(text, to: "x.yaml")
            let run = try await LabCommand.runJSON([scenario.string], in: folder.path.appending("results"))
                .run()
            #expect(run.verdict == .failed)
            #expect(run.findings.map(\.title) == ["fails: exit status 3: no"])
            #expect(run.steps.map(\.status) == [.failed, .passed, .failed, .passed, .skipped, .passed])
            #expect(run.steps.map(\.depth) == [0, 1, 1, 1, 0, 0])
        }
    }
}
