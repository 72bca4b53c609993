// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine
import Testing

extension LabTests {
    /// Whether the lab notices what it claims to notice, and nothing else.
    @Suite("Canaries", .serialized, .wholeMachine)
    struct Canaries {
        /// Kernels of the other variants take long to build.
        private static let variants =
            TestScope.isWhole ? ["release", "debug", "kcsan", "rt"] : ["release", "debug"]
        private static let cleanSeeds: ClosedRange<UInt64> = 11...(TestScope.isWhole ? 60 : 15)

        @Test("Every canary is caught, with the right class, the right line and the right rule")
        func all() async throws {
            let folder = try TemporaryFolder()
            let result = try await LabCommand.run(
                ["canaries", "--json", "--results", folder.path.appending("results").string]
                    + Self.variants.flatMap { ["--variant", $0] })
            let report = try Self.report(result)
            #expect(report.canaries.count > (TestScope.isWhole ? 40 : 38))
            for canary in report.canaries {
                #expect(
                    canary.verdict == .passed,
                    """
                    \(canary.name) on \(canary.variant): \(canary.reason ?? ""), found \
                    \(canary.found?.rawValue ?? "nothing") at \(canary.location ?? "no place"): \(canary.title ?? "")
                    """)
            }
            #expect(result.status == 0)
            #expect(report.verdict == .passed)
            let refused = try #require(report.canaries.first { $0.name == "refuse" })
            #expect(refused.title?.contains("ENODEV") == true, "\(refused.title ?? "")")
            let flood = try #require(report.canaries.first { $0.name == "log_flood" })
            #expect(try Self.size(of: flood.directory) < 128 << 20)
        }

        @Test("A module that behaves: not one finding, whatever the seed", arguments: cleanSeeds)
        func clean(seed: UInt64) async throws {
            let folder = try TemporaryFolder()
            let run = try await LabCommand.runJSON(
                ["--seed", String(seed)], in: folder.path.appending("results")
            ).run()
            #expect(run.verdict == .passed, "\(run.findings.map(\.title)) \(run.reason ?? "")")
            #expect(run.seed == seed)
        }

        @Test("Ctrl-C: no guest is left, and it is no pass")
        func interrupted() async throws {
            let folder = try TemporaryFolder()
            let arguments = ["canaries", "log_flood", "--results", folder.path.appending("results").string]
            let (status, machines) = try await LabCommand.start(arguments) { pid in
                var machines: [pid_t] = []
                let started = try await HostProcesses.wait(atMost: .seconds(300)) {
                    machines = HostProcesses.machines(of: pid)
                    return !machines.isEmpty
                }
                try #require(started)
                kill(pid, SIGINT)
                return machines
            }
            #expect(status == 3)
            let gone = try await HostProcesses.wait(atMost: .seconds(30)) {
                !machines.contains(where: HostProcesses.isMachine)
            }
            #expect(gone)
        }

        @Test("The list names every canary, and a name that is none is wrong usage")
        func list() async throws {
            let result = try await LabCommand.run(["canaries", "--list", "--variant", "debug"])
            #expect(result.status == 0)
            #expect(result.output.contains("use_after_free") && !result.output.contains("triple_fault"))
            let wrong = try await LabCommand.run(["canaries", "use_after_fee"])
            #expect(wrong.status == 2)
            #expect(wrong.errors.contains("use_after_free"), "\(wrong.errors)")
        }

        @Test("A program that floods its output is cut, which is said, and still passes")
        func outputFlood() async throws {
            let folder = try TemporaryFolder()
            let scenario = try folder.write(
                ScenarioText.shell("head -c 268435456 /dev/zero", limit: "30m"), to: "x.yaml")
            let run = try await LabCommand.runJSON([scenario.string], in: folder.path.appending("results"))
                .run()
            #expect(run.verdict == .passed, "\(run.findings.map(\.title)) \(run.reason ?? "")")
            #expect(run.notes.contains { $0.contains("were not kept") }, "\(run.notes)")
            #expect(try Self.size(of: run.directory) < 8 << 20)
        }

        // MARK: - helpers

        private static func report(_ result: LabCommand.Result) throws -> CanariesReport {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            do {
                return try decoder.decode(CanariesReport.self, from: Data(result.output.utf8))
            } catch {
                Issue.record("status \(result.status): \(result.errors)")
                throw error
            }
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
