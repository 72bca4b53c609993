// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import Testing

extension LabTests {
    @Suite("The ledger of processes", .serialized)
    struct Ledger {
        private static let exits = 600

        private static func scenario(_ parameters: String) -> String {
            """
            name: ledger
            description: Tasks that are born and die in every way there is.
            steps:
              - load: module
                parameters: log_records=0 \(parameters)
              - workload: fork-storm
                count: 300
                tasks: 16
                life: 1ms
              - workload: threads
                count: 60
                rounds: 2
              - workload: vfork
                count: 60
              - workload: thread-exec
                count: 30
                threads: 3
              - workload: exec-chain
                count: 8
                length: 10
              - name: killed, orphaned
                run: for i in 1 2 3 4; do (sleep 60 & kill -9 $!; wait $!) ; (sleep 0.05 &) ; done; true
              - wait: 300ms
              - unload: module
            """
        }

        @Test(
            "Every exit has one record: forks, threads, vfork, exec by a thread, kills, orphans",
            arguments: ["scope=cpu", "scope=task"], [2, 4])
        func everyExit(parameters: String, cpus: Int) async throws {
            let folder = try TemporaryFolder()
            let scenario = try folder.write(Self.scenario(parameters), to: "ledger.yaml")
            let result = try await LabCommand.runJSON(
                [scenario.string, "--cpus", "\(cpus)"], in: folder.path.appending("results"))
            let run = try result.run()
            #expect(run.verdict == .passed, "\(run.findings) \(run.reason ?? "") \(result.errors)")
            let ledger = try #require(run.ledger)
            #expect(ledger.judged && ledger.exitsOwed >= Self.exits, "\(ledger)")
            #expect(ledger.exitsFound == ledger.exitsOwed, "\(ledger)")
            #expect(ledger.aliveOwed > 10 && ledger.aliveFound == ledger.aliveOwed, "\(ledger)")
            #expect(
                ledger.overruns == 0 && ledger.missingEvents == 0 && ledger.wrongRecords == 0, "\(ledger)")
            let lines = try String(contentsOfFile: "\(run.directory)/ledger.jsonl", encoding: .utf8)
                .split(separator: "\n")
            #expect(lines.count { $0.hasPrefix(#"{"event":"exit""#) } == ledger.exits)
        }
    }
}
