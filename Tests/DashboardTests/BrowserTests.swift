// SPDX-License-Identifier: Apache-2.0

import DashboardFixture
import Foundation
import RunStore
import Subprocess
import SystemPackage
import Testing

@testable import Dashboard

/// Pages as a browser shows them.
@Suite("The dashboard in a browser", .serialized)
struct BrowserTests {
    private static let browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }
    private static let missing: Comment = "no chromium is installed: ci/setup --checks"

    /// What browser.py is asked.
    private struct Question: Encodable {
        var url: String
        var width = 1200
        var dark = false
        var script = true
        /// What the page has to show, sooner or later.
        var wait = ""
    }

    /// What it answers.
    private struct Shown: Decodable {
        var html: String
        var text: String
        var width: Int
        var paper: String
        var log: [String]
    }

    private func show(_ questions: [Question], _ sampled: Sampled) async throws -> [Shown] {
        let lines = try questions.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
        let result = try await Subprocess.run(
            .name("python3"),
            arguments: [
                LiveServer.checkout.appending("Tests/DashboardTests/browser.py").string,
                try #require(Self.browser), sampled.folder.appending(path: "profile").path,
            ], input: .string(lines.joined(separator: "\n")), output: .string(limit: 32 << 20),
            error: .string(limit: 1 << 16))
        let shown = try result.standardOutput.split(separator: "\n").map {
            try JSONDecoder().decode(Shown.self, from: Data($0.utf8))
        }
        try #require(shown.count == questions.count, "\(result.standardError)")
        return shown
    }

    /// Pages of all kinds, and what each has to show.
    private func pages(_ sampled: Sampled) throws -> [(path: String, text: String)] {
        let bug = try #require(try sampled.store.signatures(of: "sample").first)
        return [
            ("", "Campaigns"), ("campaigns/sample", "clean runs to go"),
            ("campaigns/sample/runs?verdict=failed", "WARNING in pacct_hook"),
            (String(Address.signature("sample", bug.signature).dropFirst()), bug.title),
            ("campaigns/sample/versions", "against the one before"),
            ("campaigns/sample/runs/800", "task-exit on debug"), ("campaigns/sample/runs/1", "is gone"),
            ("nothing", "Not Found"),
        ]
    }

    @Test(
        "Each page fits a phone and a desk, light and dark, with and without JavaScript, and the browser has no complaint",
        .enabled(if: browser != nil, missing))
    func fits() async throws {
        let sampled = try Sampled(runs: 800, reports: 1)
        _ = try await LiveServer.with(sampled.folder) { server in
            for page in try pages(sampled) {
                let questions = [
                    (360, true, true), (360, false, false), (1200, false, true), (1200, true, false),
                ].map {
                    Question(
                        url: server.link + page.path, width: $0.0, dark: $0.1, script: $0.2, wait: page.text)
                }
                let shown = try await show(questions, sampled)
                for (question, shown) in zip(questions, shown) {
                    #expect(shown.text.contains(page.text), "\(question)")
                    #expect(shown.width <= question.width, "it is wider than its window: \(question)")
                    // The browser says itself that an address has nothing.
                    #expect(shown.log.filter { !$0.contains("status of 404") }.isEmpty, "\(question)")
                }
                #expect(shown[0].paper == shown[3].paper && shown[1].paper == shown[2].paper)
                #expect(shown[0].paper != shown[1].paper, "dark is not light")
            }
        }
    }

    @Test("A page that is open follows the campaign by itself", .enabled(if: browser != nil, missing))
    func live() async throws {
        let sampled = try Sampled(runs: 20)
        _ = try await LiveServer.with(sampled.folder) { server in
            let (before, after) = ("20 of 200\u{202F}000 runs", "25 of 200\u{202F}000 runs")
            let page = Question(url: server.link + "campaigns/sample", wait: after)
            async let shown = show([page], sampled)
            // It is there by then, on any machine that is not much slower; where not, the text is there from the first.
            try await Task.sleep(for: .seconds(4))
            #expect(try await server.curl("/campaigns/sample").contains(before))
            for seed in 1000..<1005 { try sampled.add(Int64(seed), "failed") }
            #expect(try await shown.first?.text.contains(after) == true)
        }
    }

    @Test(
        "Without JavaScript a campaign that goes on is looked at again", .enabled(if: browser != nil, missing)
    )
    func withoutScript() async throws {
        let sampled = try Sampled(runs: 20)
        _ = try await LiveServer.with(sampled.folder) { server in
            let off = Question(url: server.link + "campaigns/sample", script: false, wait: "Cells")
            #expect(try await show([off], sampled).first?.html.contains("http-equiv=\"refresh\"") == true)
            try sampled.store.change("sample") { $0.state = .ended }
            #expect(try await show([off], sampled).first?.html.contains("http-equiv=\"refresh\"") == false)
        }
    }
}
