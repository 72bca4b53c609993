// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import Subprocess
import SystemPackage
import Testing

@testable import Reports

/// The page as a browser shows it.
@Suite("The page in a browser", .serialized)
struct BrowserTests {
    private static let browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// What the browser printed: the page after its script has run, and its log.
    private func show(_ page: URL, _ arguments: [String]) async throws -> (page: String, log: String) {
        let profile = page.deletingLastPathComponent().appending(path: "profile").path
        let result = try await Subprocess.run(
            .path(FilePath(try #require(Self.browser))),
            arguments: Arguments(
                [
                    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                    "--hide-scrollbars",
                    "--user-data-dir=\(profile)", "--enable-logging=stderr", "--virtual-time-budget=2000",
                ] + arguments + [page.absoluteString]),
            output: .string(limit: 8 << 20), error: .string(limit: 8 << 20))
        return (result.standardOutput, result.standardError)
    }

    /// A page with a finding, records and a log, in a folder of its own.
    private func withPage(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "browser-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var report = try ReportFixture.report(.failed)
        report.steps[0].startS = 1
        try Data(report.contractJSON().utf8).write(to: folder.appending(path: "run.json"))
        let log =
            "[    1.000000][   T44] <script>document.title='owned'</script>\n[    1.100000][   T44] two\n"
        try Data(log.utf8).write(to: folder.appending(path: "kernel.log"))
        try HTMLReport().write(FilePath(folder.path), roots: [])
        try await body(folder.appending(path: HTMLReport.name))
    }

    @Test(
        "Its script runs, nobody else's does, and the console is silent",
        .enabled(if: browser != nil, "no chromium is installed: ci/setup --checks"))
    func script() async throws {
        try await withPage { page in
            let shown = try await show(page, ["--dump-dom"])
            #expect(shown.page.contains("<p class=\"find\"><input"), "our script shows the search")
            #expect(shown.page.contains("<title>failed: smoke on release</title>"))
            let complaints = shown.log.split(separator: "\n").filter { $0.contains("CONSOLE") }
            #expect(complaints.isEmpty, "\(complaints)")
        }
    }

    @Test(
        "It has a picture on a phone and on a desk, light and dark",
        .enabled(if: browser != nil, "no chromium is installed: ci/setup --checks"),
        arguments: ["500,900", "1200,900"], [[], ["--force-dark-mode"]])
    func picture(size: String, mode: [String]) async throws {
        try await withPage { page in
            let file = page.deletingLastPathComponent().appending(path: "page.png")
            _ = try await show(page, ["--window-size=\(size)", "--screenshot=\(file.path)"] + mode)
            let png = try [UInt8](Data(contentsOf: file))
            // A PNG's header has its width in bytes 16 to 19 (RFC 2083, 11.2.1). An empty page would be a few kilobytes.
            #expect(png.count > 20_000)
            let width = png[16..<20].reduce(0) { $0 << 8 | Int($1) }
            #expect(width == Int(size.split(separator: ",")[0]))
        }
    }
}
