// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine
import SystemPackage
import Testing

@testable import Reports

/// The page as a browser shows it.
@Suite(
    "The page in a browser", .serialized,
    .enabled(if: Browser.program != nil, "no chromium is installed: ci/setup --checks"))
struct BrowserTests {
    /// A page with all there is on one: a finding with its stack and sources, records, steps, notes, a log.
    private func withPage(_ body: (URL) async throws -> Void) async throws {
        let log = """
            [    1.000000][   T44] <script>document.title='owned'</script>
            [    1.100000][   T44] two \(String(repeating: "x", count: 3000))
            [    1.200000][   T44] three
            [    1.300000][   T44] four

            """
        let names = ["sh", "sha1sum", "a-name-of-fifteen"]
        let folder = try PageFolder(
            .failed, log: log, levels: "3467",
            energy: try (0..<40).map { try PageFolder.record(names[$0 % 3], energy: $0) }.joined())
        try folder.write((1...60).map { "\tline \($0) of a source;" }.joined(separator: "\n"), to: "a.c")
        var report = try ReportFixture.report(.failed)
        report.steps[0].startS = 1
        report.steps[0].message = "it said something"
        report.notes = ["a note"]
        var finding = report.findings[0]
        finding.rule = "a rule of the module"
        finding.count = 3
        finding.evidence.append(String(repeating: "long ", count: 200))
        finding.consequences = ["what came after it"]
        finding.frames = [
            StackFrame(function: "dump_stack", offset: 1, size: 9),
            StackFrame(function: "hook", offset: 1, size: 9, module: "mine", location: "a.c:30"),
            StackFrame(function: "guess", isReliable: false),
        ]
        report.findings = [finding, finding]
        report.expected = [finding]
        try folder.write(try report.contractJSON(), to: "run.json")
        try HTMLReport().write(folder.path, roots: [folder.path])
        try await body(URL(fileURLWithPath: folder.path.string).appending(path: HTMLReport.name))
    }

    @Test("Its script runs, nobody else's does, and the console is silent")
    func script() async throws {
        try await withPage { page in
            let shown = try await Browser().show(page, ["--dump-dom"])
            #expect(shown.page.contains("<p class=\"find\"><input"), "our script shows the search")
            #expect(shown.page.contains("<title>failed: smoke on release</title>"))
            let complaints = shown.log.split(separator: "\n").filter { $0.contains("CONSOLE") }
            #expect(complaints.isEmpty, "\(complaints)")
        }
    }

    @Test(
        "On a phone and on a desk, light and dark: nothing is wider than the screen, and every text can be read",
        arguments: [390, 1200], [false, true])
    func look(width: Int, isDark: Bool) async throws {
        try await withPage { page in
            let look = try await Browser(isDark: isDark).look(of: page, width: width, height: 844)
            #expect(look.isDark == isDark && look.width == width)
            #expect(look.contentWidth <= width)
            // All of the page was looked at.
            #expect(look.texts > 150, "\(look.texts)")
            // WCAG 2.2, success criterion 1.4.3.
            #expect(look.worst.allSatisfy { $0.ratio >= 4.5 }, "\(look.worst)")
        }
    }

    @Test("Its picture is bright by day and dark by night", arguments: [390, 1200])
    func picture(width: Int) async throws {
        try await withPage { page in
            let day = try await Browser().brightness(of: page, width: width, height: 844)
            let night = try await Browser(isDark: true).brightness(of: page, width: width, height: 844)
            #expect((0.8..<1).contains(day), "\(day)")
            #expect((0.02..<0.3).contains(night), "\(night)")
        }
    }

    @Test(
        "What is measured is what is there: a page that ignores the dark, or is too wide or too pale, is noticed"
    )
    func broken() async throws {
        try await withPage { page in
            let html = try String(contentsOf: page, encoding: .utf8)
            let blind = html.replacing("prefers-color-scheme:dark", with: "prefers-color-scheme:none")
            try Data(blind.utf8).write(to: page)
            let dark = Browser(isDark: true)
            #expect(try await dark.brightness(of: page, width: 390, height: 844) > 0.8)
            let broken = html.replacing("--faint:#98a1a9", with: "--faint:#383d42")
                .replacing("<main>", with: "<main><svg width=\"700\" height=\"9\"></svg>")
            try Data(broken.utf8).write(to: page)
            let look = try await dark.look(of: page, width: 390, height: 844)
            #expect(look.contentWidth > 390 && look.worst.contains { $0.ratio < 4.5 })
        }
    }
}
