// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import SystemPackage
import Testing

extension LabTests {
    @Suite("Exploring seeds", .serialized, .wholeMachine)
    struct Explore {
        private func report(_ result: LabCommand.Result) throws -> ExploreReport {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            do { return try decoder.decode(ExploreReport.self, from: Data(result.output.utf8)) } catch {
                Issue.record("status \(result.status): \(result.errors)")
                throw error
            }
        }

        private func explore(_ arguments: [String], in folder: TemporaryFolder) async throws
            -> LabCommand.Result
        {
            try await LabCommand.run(
                ["explore", "--json", "--accel", "tcg", "--results", folder.path.appending("results").string]
                    + arguments)
        }

        @Test(
            "Six seeds of a canary: one group with its rate, one folder; going on runs only what is missing")
        func canary() async throws {
            let folder = try TemporaryFolder()
            let file = try folder.write(
                """
                name: warns
                description: Always the same misdeed.
                counters: none
                steps:
                  - load: module
                    parameters: misdeed=warn
                  - run: sleep 0.2
                """, to: "x.yaml")
            let module = ["--module", LabCommand.checkout.appending("kmod/canaries").string]
            let result = try await explore([file.string, "--seeds", "1..6"] + module, in: folder)
            let first = try report(result)
            #expect(result.status == 1)
            #expect(first.verdict == .failed && first.failed == 6 && first.inconclusive.isEmpty)
            let group = try #require(first.groups.first)
            #expect(first.groups.count == 1, "\(first.groups.map(\.finding.title))")
            #expect(group.seeds == [1, 2, 3, 4, 5, 6] && group.rate == HitRate(hits: 6, tries: 6))
            #expect(group.finding.location?.contains("crash.c:") == true, "\(group.finding)")
            let runs = try FileManager.default.contentsOfDirectory(atPath: "\(first.directory)/runs")
            #expect(runs.count == 1 && runs[0].hasSuffix("-s1"), "\(runs)")
            #expect(group.directory?.hasSuffix(runs[0]) == true)

            // A line that was cut off, as a kill would leave it, and one seed more.
            let path = "\(first.directory)/\(CampaignFile.name)"
            var text = try String(contentsOfFile: path, encoding: .utf8)
            text.removeLast(30)
            try text.write(toFile: path, atomically: false, encoding: .utf8)
            let more = try await LabCommand.run(
                ["explore", "--json", "--resume", first.directory, "--seeds", "1..7"])
            let second = try report(more)
            #expect(second.groups.map(\.seeds) == [[1, 2, 3, 4, 5, 6, 7]], "\(more.errors)")
            #expect(second.groups.first?.directory == group.directory)
            let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            #expect(lines.count == 8, "a header and seven seeds: only two were run")

            try folder.write(try folder.read("x.yaml") + "  - wait: 1ms\n", to: "x.yaml")
            let changed = try await LabCommand.run(["explore", "--resume", first.directory])
            #expect(changed.status == 2 && changed.errors.contains("is not what it was"), "\(changed.errors)")
        }

        @Test("Every seed passes: it says how rare a bug may be, and keeps no run folder")
        func clean() async throws {
            let folder = try TemporaryFolder()
            let file = try folder.write(ScenarioText.shell("true"), to: "x.yaml")
            let result = try await explore([file.string, "--seeds", "1..3", "--cpus", "1"], in: folder)
            let report = try report(result)
            #expect(result.status == 0 && report.verdict == .passed && report.passed == 3)
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(report.directory)/runs").isEmpty)
        }

        @Test("Ctrl-C: no guest is left, what was found stays, and it is no pass")
        func interrupted() async throws {
            let folder = try TemporaryFolder()
            let file = try folder.write(ScenarioText.shell("sleep 0.1"), to: "x.yaml")
            let results = folder.path.appending("results")
            let (status, machines) = try await LabCommand.start([
                "explore", file.string, "--seeds", "1..100000", "--accel", "tcg", "--results", results.string,
            ]) { pid in
                var machines: [pid_t] = []
                let some = try await HostProcesses.wait(atMost: .seconds(300)) {
                    machines = HostProcesses.machines(of: pid)
                    return !machines.isEmpty && Self.lines(below: results) > 2
                }
                try #require(some)
                kill(pid, SIGINT)
                return machines
            }
            #expect(status == 3)
            let gone = try await HostProcesses.wait(atMost: .seconds(30)) {
                !machines.contains(where: HostProcesses.isMachine)
            }
            #expect(gone)
            let campaign = try #require(try folder.runFolders().first)
            let runs = try FileManager.default.contentsOfDirectory(
                atPath: campaign.appending("runs").string)
            #expect(runs.isEmpty, "\(runs)")
            let noted = Self.lines(below: results) - 1
            let read = try CampaignFile.resume(in: campaign)
            #expect(read.results.count == noted && read.results.values.allSatisfy { $0.verdict == .passed })
        }

        /// Lines in the file of the only campaign below `results`.
        private static func lines(below results: FilePath) -> Int {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: results.string)) ?? []
            guard let name = names.first else { return 0 }
            let path = results.appending(name).appending(CampaignFile.name).string
            return FileManager.default.contents(atPath: path)?.count { $0 == UInt8(ascii: "\n") } ?? 0
        }
    }
}
