// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import SystemPackage
import Testing

extension LabTests {
    @Suite("Overhead", .serialized)
    struct Bench {
        private func measure(_ arguments: [String], in folder: TemporaryFolder) async throws -> OverheadReport
        {
            let result = try await LabCommand.run(
                ["bench", "overhead", "--json", "--results", folder.path.appending("results").string]
                    + arguments)
            #expect(result.status == 0, "\(result.errors)")
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(OverheadReport.self, from: Data(result.output.utf8))
        }

        @Test("The module costs something, less than one list does, the same at 10 tasks and at 300")
        func overhead() async throws {
            let folder = try TemporaryFolder()
            let report = try await measure(
                [
                    "--tasks", "10,300", "--parameters", "scope=cpu log_records=0", "--baseline",
                    LabCommand.checkout.appending("kmod/baseline").string, "--baseline-parameters",
                    "log_records=0",
                ], in: folder)
            #expect(report.verdict == .passed && report.pmu == .simulated)
            #expect(report.rows.map(\.subject).first == "without")
            let rows = try report.rows.map { row in
                try [10, 300].map { try #require(report.figures(row, at: $0)) }
            }
            try #require(rows.count == 3)
            for figures in rows.joined() {
                #expect(figures.contextSwitch.median > 500 && figures.contextSwitch.samples > 500)
                #expect(figures.fork.median > figures.contextSwitch.median)
                #expect(figures.backgroundPerMs > 0)
            }
            let (without, with, list) = (rows[0], rows[1], rows[2])
            for place in 0..<2 {
                #expect(without[place].contextSwitch.median < with[place].contextSwitch.median)
                #expect(with[place].contextSwitch.median < list[place].contextSwitch.median)
                #expect(without[place].fork.median < with[place].fork.median)
                #expect(with[place].fork.median < list[place].fork.median)
            }
            let growth = with[1].contextSwitch.median - with[0].contextSwitch.median
            #expect(abs(growth) < 0.02 * with[0].contextSwitch.median, "flat")
            #expect(list[1].contextSwitch.median > list[0].contextSwitch.median + 300, "one list is not")
            let account = try #require(with[1].accountBytes)
            #expect(account > 200 && list[1].accountBytes == nil)
            #expect(try folder.read("results/overhead.svg").contains("</svg>"))
        }

        @Test("The same again is the same to the instruction")
        func repeatable() async throws {
            let folder = try TemporaryFolder()
            let arguments = ["--tasks", "10,100", "--parameters", "scope=cpu log_records=0"]
            let first = try await measure(arguments, in: folder)
            let second = try await measure(arguments, in: folder)
            #expect(first.rows.map(\.figures) == second.rows.map(\.figures))
            #expect(first.rows.map(\.run.id) != second.rows.map(\.run.id))
        }

        @Test("A module that crashes is a finding, and the kernel's own figures are there all the same")
        func crash() async throws {
            let folder = try TemporaryFolder()
            let result = try await LabCommand.run([
                "bench", "overhead", "--json", "--tasks", "10", "--results",
                folder.path.appending("results").string, "--module",
                LabCommand.checkout.appending("kmod/canaries").string, "--parameters", "misdeed=oops",
            ])
            #expect(result.status == 1, "\(result.errors)")
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let report = try decoder.decode(OverheadReport.self, from: Data(result.output.utf8))
            #expect(report.verdict == .failed)
            #expect(report.rows.map(\.figures.count) == [1, 0])
            #expect(report.rows.last?.run.findings.first?.location?.contains("crash.c") == true)
        }

        @Test("A guest that has no memory for the tasks is no answer")
        func noMemory() async throws {
            let folder = try TemporaryFolder()
            let result = try await LabCommand.run([
                "bench", "overhead", "--json", "--tasks", "20000", "--memory", "384", "--results",
                folder.path.appending("results").string, "--parameters", "scope=cpu log_records=0",
            ])
            #expect(result.status == 3, "\(result.output)")
        }

        @Test(
            "Numbers of tasks that make no sense are wrong usage", arguments: ["", "0", "10,", "x", "99999"])
        func usage(tasks: String) async throws {
            let result = try await LabCommand.run(["bench", "overhead", "--tasks", tasks])
            #expect(result.status == 2)
            #expect(result.errors.contains("--tasks"))
        }
    }
}
