// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import Testing

extension LabTests {
    @Suite("Counters of a guest", .serialized)
    struct Pmu {
        private func ask(_ arguments: [String], status: Int32 = 0) async throws -> PmuReport {
            let folder = try TemporaryFolder()
            let result = try await LabCommand.run(
                ["pmu", "--json", "--accel", "tcg", "--results", folder.path.appending("results").string]
                    + arguments)
            #expect(result.status == status, "\(result.errors)\n\(result.output)")
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(PmuReport.self, from: Data(result.output.utf8))
        }

        private func events(_ report: PmuReport) throws -> [PmuReport.Event] {
            try #require(report.cores.first).events
        }

        @Test("Every event counts, and the counts say where they come from")
        func counts() async throws {
            let report = try await ask([])
            #expect(report.verdict == .passed && report.pmu == .simulated && report.scope == "cpu")
            #expect(try events(report).map(\.state) == Array(repeating: .counts, count: 8))
            #expect(try events(report).allSatisfy { $0.count > 1_000_000 && $0.share == 1 })
            #expect(report.cores.first?.cpus == [0, 1])
            #expect(!report.host.reason.isEmpty)
            #expect(report.run.energy.maxErrorUj.map { $0 <= 1 } == true)
        }

        @Test("Refused with its error, zero, and all others count", arguments: ["cpu", "task"])
        func refused(scope: String) async throws {
            let report = try await ask([
                "--sim-parameters", "refuse_errno=95 refuse=0x1d3 rates=0x121:0", "--parameters",
                "scope=\(scope)",
            ])
            #expect(report.scope == scope)
            for event in try events(report) {
                switch event.config {
                case 0x1d3: #expect(event.state == .refused && event.error == "EOPNOTSUPP")
                case 0x121: #expect(event.state == .zero && event.error == nil)
                default: #expect(event.state == .counts, "\(event)")
                }
            }
        }

        @Test("Eight events on four counters have one for half of the time")
        func multiplexed() async throws {
            let report = try await ask(["--sim-parameters", "nr_counters=4"])
            for event in try events(report) {
                #expect(event.state == .multiplexed && event.count > 0)
                #expect(event.share.map { $0 > 0.3 && $0 < 0.7 } == true, "\(event)")
            }
        }

        @Test("A guest without a PMU says so")
        func none() async throws {
            let report = try await ask(["--counters", "none"])
            #expect(report.pmu == .none && report.run.pmu == .none)
            #expect(try events(report).allSatisfy { $0.state == .absent && $0.count == 0 })
        }

        @Test("A module that does not say what it counts is no answer, nor is a simulation that refuses")
        func noAnswer() async throws {
            let silent = try await ask(
                ["--module", LabCommand.checkout.appending("kmod/baseline").string], status: 3)
            #expect(silent.verdict == .inconclusive && silent.run.verdict == .passed)
            #expect(silent.run.energy.records > 10, "a module that only prints has its records read")
            let refused = try await ask(["--sim-parameters", "width=5"], status: 3)
            #expect(refused.reason?.contains("EINVAL") == true)
        }
    }
}
