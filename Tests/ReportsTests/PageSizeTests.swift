// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine
import SystemPackage
import Testing

@testable import Reports

/// However much a guest wrote, its page opens on a phone, and says what it leaves out and where that is.
@Suite("The size of a page")
struct PageSizeTests {
    private static let stamp = "[    1.000000][   T44] "

    @Test("A log of many lines: the beginning, the end, and how many lines are left out between")
    func manyLines() throws {
        let lines = (0..<40_000).map { "[    1.\(String(format: "%06d", $0))][   T44] line \($0)\n" }.joined()
        let energy = try (0..<1200).map { try PageFolder.record("task\($0)", energy: $0) }.joined()
        let folder = try PageFolder(.passed, log: lines, energy: energy)
        let html = try folder.html()
        #expect(html.utf8.count < 2 << 20)
        #expect(html.contains("line 0<") && html.contains("line 39999<"))
        #expect(html.contains("34000 lines are left out here; \(folder.path)/kernel.log has them"))
        #expect(html.contains("200 more records are in \(folder.path)/energy.jsonl"))
    }

    @Test(
        "A log of 12 MB in long lines, of characters that are escaped and of others",
        arguments: ["\"", "<", "x", "\u{1}"])
    func longLines(character: String) throws {
        let line = Self.stamp + String(repeating: character, count: 50_000) + "end\n"
        let log = Self.stamp + "first\n" + String(repeating: line, count: 250) + Self.stamp + "last\n"
        let folder = try PageFolder(.failed, log: log)
        let html = try folder.html()
        #expect(html.utf8.count < HTMLReport.limit, "\(html.utf8.count)")
        #expect(html.contains("first</div>") && html.contains("last</div>"))
        #expect(!html.contains("end</div>") && html.contains("more bytes are left out</div>"))
        #expect(html.contains("Lines that are very long are cut. \(folder.path)/kernel.log has them whole."))
    }

    @Test("Many lines of a kilobyte, as many as a kernel can log: bounded, and the last ones are there")
    func fullLines() throws {
        let text = String(repeating: "\"", count: 1000)
        let log = (0..<12_000).map { "\(Self.stamp)\($0) \(text)\n" }.joined()
        let folder = try PageFolder(.failed, log: log)
        let html = try folder.html()
        #expect(html.utf8.count < HTMLReport.limit, "\(html.utf8.count)")
        let cut = try #require(html.firstMatch(of: /\.\.\. ([0-9]+) lines are left out here/)?.1)
        let shown = html.matches(of: /T44\] [0-9]+ &quot;/).count
        #expect(try #require(Int(cut)) + shown == 12_000)
        #expect(html.contains("T44] 0 &quot;") && html.contains("T44] 11999 &quot;"))
    }

    @Test("Findings, steps, notes and records of any length and number")
    func everythingElse() throws {
        let long = String(repeating: "<\"&'", count: 2000)
        var report = try ReportFixture.report(.failed)
        var finding = report.findings[0]
        (finding.title, finding.rule) = (long, long)
        finding.evidence = Array(repeating: long, count: 150)
        finding.consequences = Array(repeating: long, count: 50)
        finding.frames = Array(
            repeating: StackFrame(
                function: long, module: long, location: "a.c:1", inlined: [.init(function: long)]),
            count: 10)
        report.findings = Array(repeating: finding, count: 20)
        report.expected = [finding]
        report.reason = long
        report.notes = Array(repeating: long, count: 50)
        report.residue?.unseen = [long]
        report.scenario = long
        report.kernel = long
        var step = report.steps[0]
        (step.name, step.message, step.status) = (long, long, .failed)
        (step.startS, step.durationS) = (1, 1)
        report.steps = Array(repeating: step, count: 50)
        let record = try PageFolder.record(long, counts: Array(repeating: .max, count: 900))
        let folder = try PageFolder(.failed, energy: String(repeating: record, count: 100))
        try folder.write(try report.contractJSON(), to: "run.json")
        let html = try folder.html()
        #expect(html.utf8.count < HTMLReport.limit, "\(html.utf8.count)")
        #expect(html.firstMatch(of: /[0-9]+ more findings are in run\.json/) != nil)
        #expect(html.firstMatch(of: /[0-9]+ more lines of evidence/) != nil)
        #expect(html.contains("run.json has all"))
    }

    @Test("What fits is shown as it is, to the last byte")
    func allowance() {
        #expect(PageAllowance.clipped("a<b", to: 6) == "a<b")
        #expect(PageAllowance.clipped("a<b", to: 5) == "a< … 1 more bytes are left out")
        #expect(PageAllowance.clipped("\u{1B}[", to: 4) == "\u{FFFD}[")
        var room = PageAllowance(10)
        #expect(room.take("123", markup: 2) == "123" && room.left == 5)
        #expect(room.take("&", markup: 1) == nil && room.take("1", markup: 0) == nil, "no holes")
    }

    @Test("A run.json without end, and one that is no file, are refused")
    func hostileFolder() throws {
        let folder = try PageFolder(.passed)
        let file = folder.path.appending("run.json").string
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
        // Sparse: it takes no room.
        try handle.truncate(atOffset: 8 << 30)
        try handle.close()
        #expect(throws: LabError.self) { try folder.html() }
        try FileManager.default.removeItem(atPath: file)
        #expect(mkfifo(file, 0o600) == 0)
        #expect(throws: LabError.self) { try folder.html() }
    }
}
