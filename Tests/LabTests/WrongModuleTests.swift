// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine
import Testing

extension LabTests {
    /// Copies of our module with one mistake each, of the kind that nothing but its numbers can give away.
    @Suite("A wrong module is caught", .serialized)
    struct WrongModule {
        private static let scenario = """
            name: short-and-long
            description: Many short processes beside long ones.
            counters: simulated
            steps:
              - load: module
              - name: long processes
                run: stress-ng --cpu 2 --timeout 1s --quiet
              - name: short processes
                run: for i in 1 2 3 4 5 6 7 8 9 10; do echo $i | sha1sum > /dev/null; done
              - unload: module
            expect:
              records: 20
            """

        /// Many processes that are gone before the worker looks for those without an account.
        private static let storm = """
            name: storm
            description: Very short processes.
            counters: simulated
            steps:
              - load: module
                parameters: log_records=0
              - workload: fork-storm
                count: 600
                tasks: 8
                share: true
              - wait: 200ms
              - unload: module
            """

        /// No mistake: there is no memory for the account of every third task.
        private static let noMemory = ModuleCopy.Mistake(
            file: "hooks.c", right: "\tt = pacct_pool_get();\n",
            wrong: "\tt = task->pid % 3 ? pacct_pool_get() : NULL;\n")

        private func run(
            _ mistakes: [ModuleCopy.Mistake], _ scenario: String = scenario
        ) async throws -> RunReport {
            let folder = try TemporaryFolder()
            let module = try ModuleCopy.make(in: folder.path, with: mistakes)
            let scenario = try folder.write(scenario, to: "x.yaml")
            return try await LabCommand.runJSON(
                [scenario.string, "--module", module.string], in: folder.path.appending("results")
            ).run()
        }

        /// The finding of a judge, which must have numbers.
        private func finding(_ signature: String, _ run: RunReport) throws -> Finding {
            #expect(run.verdict == .failed, "\(run.reason ?? "")")
            let finding = try #require(
                run.findings.first { $0.signature == signature },
                "\(signature) is not among \(run.findings.map(\.title))")
            #expect(finding.title.contains { $0.isNumber } && !finding.evidence.isEmpty)
            return finding
        }

        @Test("The same scenario passes with the module as it is, and its counts are compared")
        func right() async throws {
            let run = try await run([])
            #expect(run.verdict == .passed, "\(run.findings) \(run.reason ?? "")")
            #expect(run.conservation?.compared == true, "\(run.notes)")
            #expect((run.conservation?.blur ?? 1) < 0.05)
            #expect(run.residue?.items == 0)
        }

        @Test("One that drops the last slice before the exit")
        func lastSlice() async throws {
            let run = try await run([
                .init(
                    file: "counters_cpu.c", right: "\t\tsums->count[i] += diff;\n",
                    wrong: "\t\tif (!t->dead)\n\t\t\tsums->count[i] += diff;\n")
            ])
            #expect(try finding("energy_wrong counts", run).count >= 10, "each short process lacks it")
            let lost = try finding("conservation tasks", run)
            #expect(lost.crashClass == .energyNotConserved && lost.title.contains("are missing"))
        }

        @Test("One that overwrites a difference instead of adding it")
        func overwrites() async throws {
            let run = try await run([
                .init(
                    file: "counters_cpu.c", right: "\t\tsums->count[i] += diff;\n",
                    wrong: "\t\tsums->count[i] = diff;\n")
            ])
            #expect(try finding("energy_wrong counts", run).evidence.contains { $0.contains("stress-ng") })
            #expect(try finding("conservation tasks", run).title.contains("are missing"))
        }

        @Test("One that bills a process with what a dead one had counted")
        func successor() async throws {
            let run = try await run([
                .init(
                    file: "pool.c", right: "\t\tmemset(t, 0, pacct_pool_object_size());\n",
                    wrong: "\t\tmemset(t, 0, offsetof(struct traced_task, counted_ns));\n")
            ])
            #expect(try finding("energy_wrong contradiction", run).title.contains("counted for"))
            #expect(try finding("conservation tasks", run).title.contains("too many"))
        }

        @Test("One with the wrong sign of a coefficient")
        func sign() async throws {
            let run = try await run([
                .init(
                    file: "pacct_energy.h", right: "RAW(0x20, 0x01), -239221,",
                    wrong: "RAW(0x20, 0x01), 239221,")
            ])
            let finding = try finding("energy_wrong closed-form", run)
            #expect(finding.title.contains("its counts come to") && finding.count > 10)
            #expect(run.findings.count == 1, "its counts are right: \(run.findings.map(\.title))")
        }

        @Test("Without memory for an account a task still has its record")
        func allocationFails() async throws {
            let run = try await run([Self.noMemory], Self.storm)
            #expect(run.verdict == .passed, "\(run.findings) \(run.reason ?? "")")
            let ledger = try #require(run.ledger)
            #expect(ledger.exitsOwed >= 600 && ledger.exitsFound == ledger.exitsOwed, "\(ledger)")
        }

        @Test("One that loses exits when there is no memory")
        func losesExits() async throws {
            let run = try await run(
                [Self.noMemory, .init(file: "hooks.c", right: "\tpacct_record_orphan(task);\n", wrong: "")],
                Self.storm)
            let finding = try finding("records_missing ledger", run)
            #expect(finding.count > 20 && finding.title.contains("have no energy record"), "\(finding.title)")
        }
    }
}
