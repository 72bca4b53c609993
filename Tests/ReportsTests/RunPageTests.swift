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
    private func page(_ folder: PageFolder) throws -> String {
        try HTMLReport().html(StoredRun(folder: folder.path, roots: [folder.path]))
    }

    @Test("Whatever a guest calls itself or logs is text, not markup")
    func hostile() throws {
        let evil = "</div><script>alert(1)</script>\"'><img src=x onerror=y>"
        let folder = try PageFolder(
            .failed, log: "[    1.000000][   T44] \(evil)\n[    1.500000][   T44] \u{1B}[31mred\n",
            levels: "36",
            energy: try PageFolder.record(evil))
        let html = try page(folder)
        #expect(html.components(separatedBy: "<script").count == 2, "only ours")
        #expect(!html.contains("<img") && !html.contains("\u{1B}"))
        #expect(html.contains("&lt;script&gt;alert(1)"))
        #expect(html.contains("kernel panic: &lt;boom&gt; &amp;"))
    }

    @Test("Nothing outside is asked for, and only its own script may run")
    func selfContained() throws {
        let html = try page(try PageFolder(.passed, energy: PageFolder.record("sh")))
        #expect(!html.contains("http://") && !html.contains("https://") && !html.contains("src="))
        let policy = try #require(html.firstMatch(of: /script-src 'nonce-([a-z0-9]+)'/)?.1)
        #expect(policy.count > 16 && html.contains("<script nonce=\"\(policy)\">"))
        #expect(!html.contains("style="), "the policy forbids style attributes")
        let again = try page(try PageFolder(.passed))
        #expect(!again.contains(policy), "a nonce is used once")
    }

    @Test("Verdict, reason, steps, records and the colour of log lines are there")
    func content() throws {
        let passed = try page(
            try PageFolder(
                .passed,
                log: "[    1.000000][   T44] fine\n[    1.100000][   T44] odd\n[    1.200000][   T44] bad\n",
                levels: "643", energy: try PageFolder.record("sha1sum") + PageFolder.record("sh", energy: 3)))
        #expect(passed.contains("<header class=\"passed\">") && passed.contains("smoke on release"))
        #expect(passed.contains("sha1sum") && passed.contains("width=\"42.9\""), "3 of 7")
        #expect(passed.contains("<div class=\"warn\">[    1.100000][   T44] odd</div>"))
        #expect(passed.contains("<div class=\"bad\">[    1.200000][   T44] bad</div>"))
        #expect(passed.contains("load &lt;it&gt;"))
        #expect(try page(try PageFolder(.inconclusive)).contains("disk full"))
    }

    @Test("The line to blame is shown in its source, and no file outside of the sources ever is")
    func source() throws {
        let folder = try PageFolder(.failed)
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

    @Test(
        "A stack is decoded: each function with its place, inlined ones too, and the source around the module's"
    )
    func stack() throws {
        let folder = try PageFolder(.failed)
        try folder.write((1...40).map { "line \($0)" }.joined(separator: "\n"), to: "a.c")
        var report = try ReportFixture.report(.failed)
        report.findings[0].frames = [
            StackFrame(function: "dump_stack", offset: 0x5d, size: 0x80),
            StackFrame(
                function: "hook", symbol: "hook.cold", offset: 0x12, size: 0x34, module: "mine",
                location: "a.c:30",
                inlined: [
                    .init(function: "list_del<T>", location: "include/linux/list.h:9"),
                    .init(function: "take", location: "a.c:8"),
                ]),
            StackFrame(function: "old_call", offset: 1, size: 2, isReliable: false),
        ]
        try folder.write(try report.contractJSON(), to: "run.json")
        let html = try folder.html()
        let items = try #require(html.firstMatch(of: /<ol class="stack">(.*?)<\/ol>/.dotMatchesNewlines())?.1)
            .components(separatedBy: "<li ").dropFirst()
        try #require(items.count == 5, "\(items)")
        let lines = Array(items)
        #expect(
            lines[0].contains("class=\"kernel\"") && lines[0].contains("<b>dump_stack</b>+0x5d/0x80</code>"))
        #expect(lines[1].contains("class=\"module\"") && lines[1].contains("list_del&lt;T&gt;"))
        #expect(
            lines[1].contains("include/linux/list.h:9") && lines[1].contains("inlined")
                && !lines[1].contains("<table"))
        // What is to blame is above, and not shown twice.
        #expect(
            lines[2].contains("a.c:8") && lines[2].contains("the line above") && !lines[2].contains("<table"))
        #expect(lines[3].contains("<details open>") && lines[3].contains("<b>hook</b>.cold+0x12/0x34 [mine]"))
        #expect(lines[3].contains("<tr class=\"guilty\"><td>30</td><td>line 30</td></tr>"))
        #expect(
            lines[3].contains("<td>25</td>") && lines[3].contains("<td>35</td>")
                && !lines[3].contains("<td>36</td>"))
        #expect(lines[4].contains("class=\"guess\"") && lines[4].contains("a guess"))
        #expect(!(try PageFolder(.failed).html()).contains("Stack, innermost first"), "an older run has none")
    }

    @Test("The timeline has a bar for each step where it was, and CPU time where tasks ran")
    func timeline() throws {
        var report = try ReportFixture.report(.passed)
        report.steps[0].startS = 1
        report.steps[0].durationS = 1
        let folder = try PageFolder(
            .passed, log: "[    3.000000][   T44] end\n", energy: try PageFolder.record("sh"))
        try folder.write(try report.contractJSON(), to: "run.json")
        let timeline = try #require(Timeline(try StoredRun(folder: folder.path, roots: [])))
        // From 1 s to 3 s on 914 units: a step of a second is half of them.
        #expect(timeline.bars.map(\.width) == ["457.0"] && timeline.bars.map(\.x) == ["86.0"])
        // Half a second of CPU time in a second, with two CPUs: a quarter of the height, up to the middle.
        #expect(timeline.load.contains("543.0"), "\(timeline.load)")
        #expect(timeline.ticks.map(\.style) == ["record", "info"])
        #expect(timeline.axis.map(\.text).contains("2.0 s"), "\(timeline.axis.map(\.text))")
        let silent = try PageFolder(.inconclusive)
        let nothing = Timeline(try StoredRun(folder: silent.path, roots: []))
        #expect(nothing == nil)
    }
}
