// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine
import SystemPackage
import Testing

@testable import Reports

/// The page of a run, from a folder as a run leaves it.
@Suite("The page of a run")
struct RunPageTests {
    /// A run's folder, removed with the value.
    private final class Folder {
        let path: FilePath

        init(_ verdict: Verdict, log: String = "", levels: String = "", energy: String = "") throws {
            let url = FileManager.default.temporaryDirectory.appending(path: "page-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            path = FilePath(url.path)
            try write(try ReportFixture.report(verdict).contractJSON(), to: "run.json")
            if !log.isEmpty { try write(log, to: "kernel.log") }
            if !levels.isEmpty { try write(levels, to: "kernel.levels") }
            if !energy.isEmpty { try write(energy, to: "energy.jsonl") }
        }

        deinit { try? FileManager.default.removeItem(atPath: path.string) }

        func write(_ text: String, to name: String) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path.appending(name).string))
        }
    }

    private func page(_ folder: Folder) throws -> String {
        try HTMLReport().html(StoredRun(folder: folder.path, roots: [folder.path]))
    }

    private func record(_ comm: String, energy: Int = 7) throws -> String {
        var record = EnergyRecord(seq: 0, comm: comm, pid: 71, energyUj: Int64(energy), counts: [1, 2])
        record.startNs = 1_000_000_000
        record.exitNs = 2_000_000_000
        record.runtimeNs = 500_000_000
        return try record.contractJSON(pretty: false) + "\n"
    }

    @Test("Whatever a guest calls itself or logs is text, not markup")
    func hostile() throws {
        let evil = "</div><script>alert(1)</script>\"'><img src=x onerror=y>"
        let folder = try Folder(
            .failed, log: "[    1.000000][   T44] \(evil)\n[    1.500000][   T44] \u{1B}[31mred\n",
            levels: "36",
            energy: try record(evil))
        let html = try page(folder)
        #expect(html.components(separatedBy: "<script").count == 2, "only ours")
        #expect(!html.contains("<img") && !html.contains("\u{1B}"))
        #expect(html.contains("&lt;script&gt;alert(1)"))
        #expect(html.contains("kernel panic: &lt;boom&gt; &amp;"))
    }

    @Test("Nothing outside is asked for, and only its own script may run")
    func selfContained() throws {
        let html = try page(try Folder(.passed, energy: record("sh")))
        #expect(!html.contains("http://") && !html.contains("https://") && !html.contains("src="))
        let policy = try #require(html.firstMatch(of: /script-src 'nonce-([a-z0-9]+)'/)?.1)
        #expect(policy.count > 16 && html.contains("<script nonce=\"\(policy)\">"))
        #expect(!html.contains("style="), "the policy forbids style attributes")
        let again = try page(try Folder(.passed))
        #expect(!again.contains(policy), "a nonce is used once")
    }

    @Test("Verdict, reason, steps, records and the colour of log lines are there")
    func content() throws {
        let passed = try page(
            try Folder(
                .passed,
                log: "[    1.000000][   T44] fine\n[    1.100000][   T44] odd\n[    1.200000][   T44] bad\n",
                levels: "643", energy: try record("sha1sum") + record("sh", energy: 3)))
        #expect(passed.contains("<header class=\"passed\">") && passed.contains("smoke on release"))
        #expect(passed.contains("sha1sum") && passed.contains("width=\"42.9\""), "3 of 7")
        #expect(passed.contains("<div class=\"warn\">[    1.100000][   T44] odd</div>"))
        #expect(passed.contains("<div class=\"bad\">[    1.200000][   T44] bad</div>"))
        #expect(passed.contains("load &lt;it&gt;"))
        #expect(try page(try Folder(.inconclusive)).contains("disk full"))
    }

    @Test("The line to blame is shown in its source, and no file outside of the sources ever is")
    func source() throws {
        let folder = try Folder(.failed)
        try folder.write((1...20).map { "line \($0) <x>" }.joined(separator: "\n"), to: "a.c")
        let html = try page(folder)
        #expect(html.contains("<tr class=\"guilty\"><td>8</td><td>line 8 &lt;x&gt;</td></tr>"))
        #expect(html.contains("line 3 &lt;x&gt;") && !html.contains("line 2 &lt;x&gt;"))
        for location in ["/etc/passwd:1", "../../etc/passwd:1", "a.c:99", "a.c:0", "a.c", "b.c:1"] {
            var report = try ReportFixture.report(.failed)
            report.findings[0].location = location
            try folder.write(try report.contractJSON(), to: "run.json")
            let run = try StoredRun(folder: folder.path, roots: [folder.path])
            #expect(run.sources.isEmpty, "\(location)")
        }
    }

    @Test("A log of any length makes a page of bounded size, and says what it leaves out")
    func bounded() throws {
        let lines = (0..<40_000).map { "[    1.\(String(format: "%06d", $0))][   T44] line \($0)\n" }.joined()
        let energy = try (0..<1200).map { try record("task\($0)", energy: $0) }.joined()
        let html = try page(try Folder(.passed, log: lines, energy: energy))
        #expect(html.utf8.count < 2 << 20)
        #expect(
            html.contains("line 0<") && html.contains("line 39999<")
                && html.contains("34000 lines are left out"))
        #expect(html.contains("200 more records are in energy.jsonl"))
    }

    @Test("The timeline has a bar for each step where it was, and CPU time where tasks ran")
    func timeline() throws {
        var report = try ReportFixture.report(.passed)
        report.steps[0].startS = 1
        report.steps[0].durationS = 1
        let folder = try Folder(.passed, log: "[    3.000000][   T44] end\n", energy: try record("sh"))
        try folder.write(try report.contractJSON(), to: "run.json")
        let timeline = try #require(Timeline(try StoredRun(folder: folder.path, roots: [])))
        // From 1 s to 3 s on 914 units: a step of a second is half of them.
        #expect(timeline.bars.map(\.width) == ["457.0"] && timeline.bars.map(\.x) == ["86.0"])
        // Half a second of CPU time in a second, with two CPUs: a quarter of the height, up to the middle.
        #expect(timeline.load.contains("543.0"), "\(timeline.load)")
        #expect(timeline.ticks.map(\.style) == ["record", "info"])
        #expect(timeline.axis.map(\.text).contains("2.0 s"), "\(timeline.axis.map(\.text))")
        let silent = try Folder(.inconclusive)
        let nothing = Timeline(try StoredRun(folder: silent.path, roots: []))
        #expect(nothing == nil)
    }
}
