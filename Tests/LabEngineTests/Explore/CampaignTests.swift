// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import SystemPackage
import Testing

@testable import LabEngine

@Suite("A campaign and its file")
struct CampaignTests {
    private func campaign() throws -> Campaign {
        var request = RunRequest(module: "/m", results: "/r")
        request.kernel.source = .tarball("/k.tar.xz", sha256: "ab")
        request.timeout = .milliseconds(1500)
        request.cpus = 3
        return Campaign(
            scenario: "smoke", text: "name: smoke\n", seeds: try #require(SeedSet(text: "1..9")),
            request: request)
    }

    private func result(_ seed: UInt64, _ verdict: Verdict, _ signatures: [String] = []) -> SeedResult {
        let findings = signatures.map { Finding(crashClass: .warning, title: "of \($0)", signature: $0) }
        let request = RunRequest(module: "/m", results: "/r")
        return SeedResult(report(request, seed, verdict, findings))
    }

    private func report(
        _ request: RunRequest, _ seed: UInt64, _ verdict: Verdict, _ findings: [Finding]
    ) -> RunReport {
        RunReport(
            id: "run-\(seed)", scenario: "x", variant: "release", accel: .tcg, pmu: .none, seed: seed,
            cpus: 2, memoryMib: 512, verdict: verdict, reason: verdict == .inconclusive ? "trouble" : nil,
            durationS: 1, findings: findings, energy: .init(), steps: [], notes: [], phases: [],
            directory: "run-\(seed)")
    }

    private func folder() throws -> FilePath {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent(
            "campaign-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        return FilePath(url.path)
    }

    private func remove(_ folder: FilePath) { try? FileManager.default.removeItem(atPath: folder.string) }

    @Test("What was written is read back, and the request is the one that was made")
    func roundTrip() throws {
        let folder = try folder()
        defer { remove(folder) }
        let campaign = try campaign()
        do {
            let file = try CampaignFile.create(in: folder, campaign)
            try file.add(result(1, .passed))
            try file.add(result(2, .failed, ["a", "b"]))
            try file.add(result(3, .inconclusive))
            try file.add(result(3, .passed))
        }
        let read = try CampaignFile.resume(in: folder)
        #expect(read.campaign == campaign)
        #expect(read.results[2] == result(2, .failed, ["a", "b"]))
        #expect(read.results[3]?.verdict == .passed, "the last one counts")
        let request = read.campaign.request(results: "/r")
        #expect(request.kernel.source == .tarball("/k.tar.xz", sha256: "ab"))
        #expect(request.timeout == .milliseconds(1500) && request.cpus == 3 && request.module == "/m")
    }

    @Test("A last line that was cut off anywhere is forgotten, and the next one is whole again")
    func cutOff() throws {
        let folder = try folder()
        defer { remove(folder) }
        try CampaignFile.create(in: folder, campaign()).add(result(1, .passed))
        let path = folder.appending(CampaignFile.name).string
        let whole = try #require(FileManager.default.contents(atPath: path))
        let header = try #require(whole.firstIndex(of: 10)) + 1
        for cut in stride(from: header, to: whole.count, by: 7) {
            try whole.prefix(cut).write(to: URL(fileURLWithPath: path))
            do {
                let file = try CampaignFile.resume(in: folder)
                #expect(file.results.isEmpty)
                try file.add(result(2, .passed))
            }
            #expect(try CampaignFile.resume(in: folder).results.keys.sorted() == [2])
        }
    }

    @Test("A broken line in the middle, and a file without its beginning, are refused with their place")
    func broken() throws {
        let folder = try folder()
        defer { remove(folder) }
        let path = folder.appending(CampaignFile.name)
        #expect(throws: LabError.self) { try CampaignFile.resume(in: folder) }
        try CampaignFile.create(in: folder, campaign()).add(result(1, .passed))
        let whole = try #require(FileManager.default.contents(atPath: path.string))
        var text = String(decoding: whole, as: UTF8.self) + "{\"result\":{}}\n"
        do {
            _ = try CampaignFile.parse(Data(text.utf8), path: path)
            Issue.record("a broken line was accepted")
        } catch { #expect(error.message.contains("campaign.jsonl:3"), "\(error)") }
        text = String(text.split(separator: "\n")[1]) + "\n"
        #expect(throws: LabError.self) { try CampaignFile.parse(Data(text.utf8), path: path) }
    }

    @Test("Two cannot work on one campaign")
    func locked() throws {
        let folder = try folder()
        defer { remove(folder) }
        let file = try CampaignFile.create(in: folder, campaign())
        #expect(throws: LabError.self) { try CampaignFile.resume(in: folder) }
        withExtendedLifetime(file) {}
    }

    @Test("Findings are grouped by signature, the most frequent first; runs without an answer are in no rate")
    func groups() throws {
        let results = [
            result(1, .passed), result(2, .failed, ["a"]), result(3, .failed, ["b", "b"]),
            result(4, .inconclusive), result(5, .failed, ["a", "b"]), result(6, .failed, ["b"]),
        ]
        let report = ExploreReport(
            try campaign(), name: "x", seeds: try #require(SeedSet(text: "1..6")),
            results: results.reversed(),
            ran: 6, jobs: 2, duration: .seconds(3), stopped: nil, directory: "/c"
        ) { $0.run }
        #expect(report.verdict == .failed && report.passed == 1 && report.failed == 4)
        #expect(report.inconclusive == [.init(seed: 4, reason: "trouble")])
        #expect(report.groups.map(\.finding.signature) == ["b", "a"])
        #expect(report.groups.map(\.seeds) == [[3, 5, 6], [2, 5]])
        #expect(report.groups.map(\.directory) == ["run-3", "run-2"])
        #expect(report.groups[0].rate == HitRate(hits: 3, tries: 5))
        #expect(report.seedsPerMinute == 120)
    }

    @Test("It is a pass only when every seed has passed")
    func verdicts() throws {
        func verdict(_ results: [SeedResult]) throws -> Verdict {
            ExploreReport(
                try campaign(), name: "x", seeds: try #require(SeedSet(text: "1..2")), results: results,
                ran: 2, jobs: 1, duration: .seconds(1), stopped: nil, directory: "/c"
            ) { _ in nil }.verdict
        }
        #expect(try verdict([result(1, .passed), result(2, .passed)]) == .passed)
        #expect(try verdict([result(1, .passed)]) == .inconclusive)
        #expect(try verdict([]) == .inconclusive)
        #expect(try verdict([result(1, .passed), result(2, .inconclusive)]) == .inconclusive)
        #expect(try verdict([result(1, .inconclusive), result(2, .failed, ["a"])]) == .failed)
    }

    @Test("The folder of the lowest seed that shows a bug stays, the others go")
    func folders() throws {
        let folder = try folder()
        defer { remove(folder) }
        let file = try CampaignFile.create(in: folder, campaign())
        var ledger = ExploreLedger(file: file, folder: folder, keepsAll: false)
        let request = RunRequest(module: "/m", results: "/r")
        func add(_ seed: UInt64, _ verdict: Verdict, _ signatures: [String]) throws -> [String] {
            let path = Explorer.runs(of: folder).appending("run-\(seed)")
            try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
            let result = result(seed, verdict, signatures)
            return try ledger.add(result, report(request, seed, verdict, [])).map(\.signature)
        }
        #expect(try add(5, .failed, ["a"]) == ["a"])
        #expect(try add(4, .passed, []) == [])
        #expect(try add(3, .failed, ["b"]) == ["b"])
        #expect(try add(2, .failed, ["a"]) == [], "known, but of a lower seed")
        #expect(try add(9, .failed, ["a", "b"]) == [])
        for seed in 10...14 { _ = try add(UInt64(seed), .inconclusive, []) }
        let kept = try FileManager.default.contentsOfDirectory(atPath: Explorer.runs(of: folder).string)
        #expect(kept.sorted() == ["run-10", "run-11", "run-12", "run-2", "run-3"])
    }

    @Test("What differs between two runs' inputs is named")
    func inputs() {
        let inputs = RunInputs(
            kernel: .init(key: "k", variant: "release", release: "6", source: .init(.version(nil))),
            image: [],
            module: .init(folder: "/m", key: "1"), labModules: [], gate: "g", machine: "q", accel: .tcg,
            pmu: .none,
            boot: .restored, cpus: 2, memoryMib: 512, seed: 1, dump: .never)
        var other = inputs
        other.seed = 2
        #expect(inputs.differences(from: other).isEmpty)
        other.module.key = "2"
        #expect(inputs.differences(from: other) == ["the module /m"])
        other = inputs
        other.machine = "r"
        #expect(inputs.differences(from: other).count == 1)
    }
}
