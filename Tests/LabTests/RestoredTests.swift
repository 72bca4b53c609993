// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine
import Testing

extension LabTests {
    /// A restored guest is worth as much as one that was booted.
    @Suite("Restored and booted", .serialized)
    struct Restored {
        /// What counts of a run.
        private struct Outcome: Equatable {
            let verdict: Verdict
            let signatures: [String]
            let steps: [String]

            init(_ run: RunReport) {
                verdict = run.verdict
                signatures = run.findings.map(\.signature).sorted()
                steps = run.steps.map { "\($0.name): \($0.status.rawValue)" }
            }
        }

        private static let some = ["smoke", "trivial", "fork-storm", "hotplug"]
        private static let variants = TestScope.isWhole ? ["release", "debug"] : ["release"]

        @Test("The shipped scenarios come to the same", arguments: variants)
        func scenarios(variant: String) async throws {
            let folder = try TemporaryFolder()
            let files = try FileManager.default.contentsOfDirectory(
                atPath: LabCommand.checkout.appending("scenarios").string)
            let names = files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(".yaml".count)) }
                .sorted()
                // All of them twice would take minutes, and other tests do the same loads.
                .filter { Self.some.contains($0) || TestScope.isWhole }
            #expect(names.contains("smoke") && names.count >= Self.some.count)
            func outcomes(_ more: [String]) async throws -> [String: Outcome] {
                let result = try await LabCommand.runJSON(
                    names + ["--keep-going", "--variant", variant] + more,
                    in: folder.path.appending("results"))
                let runs = try result.report().runs
                return Dictionary(uniqueKeysWithValues: runs.map { ($0.scenario, Outcome($0)) })
            }
            let (restored, booted) = try await (outcomes([]), outcomes(["--cold"]))
            #expect(restored.count == names.count)
            for name in names { #expect(restored[name] == booted[name], "\(name)") }
        }

        @Test("What misbehaves is caught the same way")
        func canaries() async throws {
            let folder = try TemporaryFolder()
            let some =
                TestScope.isWhole
                ? [] : ["oops", "wild_pointer", "panic", "warn", "hang_irq_off", "refuse", "perf_event_left"]
            func caught(_ more: [String]) async throws -> [String: String] {
                let result = try await LabCommand.run(
                    ["canaries", "--json", "--variant", "release", "--results"]
                        + [folder.path.appending("results").string] + more + some)
                let decoder = JSONDecoder()
                decoder.keyDecodingStrategy = .convertFromSnakeCase
                let report = try decoder.decode(CanariesReport.self, from: Data(result.output.utf8))
                return Dictionary(
                    uniqueKeysWithValues: report.canaries.map {
                        ($0.name, "\($0.verdict) \($0.found?.rawValue ?? "") \($0.location ?? "")")
                    })
            }
            let (restored, booted) = try await (caught([]), caught(["--cold"]))
            #expect(!restored.isEmpty)
            #expect(restored == booted)
        }
    }
}
