// SPDX-License-Identifier: Apache-2.0

import DashboardFixture
import Foundation
import RunStore
import Testing

@testable import Dashboard

@Suite("Pages of the dashboard")
struct PageTests {
    @Test("Every page is there, with what it is about")
    func pages() async throws {
        let sampled = try Sampled(runs: 1200, reports: 2)
        let bug = try #require(try sampled.store.signatures(of: "sample").first)
        let pages: [(String, [String])] = [
            ("/", ["/campaigns/sample", "its process is gone"]),
            (
                "/campaigns/sample",
                [
                    "smoke/release/2cpu", bug.title, "clean runs to go",
                    "module_objects in task-exit/debug/2cpu",
                    "1\u{202F}200 of 200\u{202F}000 runs",
                ]
            ),
            ("/campaigns/sample/runs", ["/campaigns/sample/runs/1200", "rel=\"next\""]),
            (Address.signature("sample", bug.signature), [bug.title, "Module versions", "222222222222"]),
            ("/campaigns/sample/versions", ["333333333333", "µJ"]),
            ("/campaigns/sample/runs/1200", ["task-exit on debug", "href=\"/campaigns/sample\""]),
            ("/campaigns/sample/runs/1", ["Its report is gone", "smoke/release/2cpu/s1"]),
        ]
        for (path, texts) in pages {
            let answer = try await sampled.ask(path)
            #expect(answer.status == 200, "\(path)")
            for text in texts { #expect(answer.text.contains(text), "\(path): \(text)") }
            #expect(answer.header("Content-Security-Policy").contains("default-src 'none'"))
            #expect(answer.header("X-Content-Type-Options") == "nosniff")
        }
    }

    @Test("Style and script are known by a number that no two answers share")
    func nonce() async throws {
        let sampled = try Sampled(runs: 1)
        var seen: Set<String> = []
        for _ in 0..<2 {
            let answer = try await sampled.ask("/campaigns/sample")
            let policy = answer.header("Content-Security-Policy")
            let nonce = try #require(policy.firstMatch(of: /script-src 'nonce-([0-9a-f]+)'/)?.1)
            #expect(
                answer.text.contains("<script nonce=\"\(nonce)\">")
                    && answer.text.contains("<style nonce=\"\(nonce)\">"))
            #expect(!policy.contains("unsafe"))
            seen.insert(String(nonce))
        }
        #expect(seen.count == 2)
    }

    @Test(
        "What a guest wrote is text: in a page, in a link, in an attribute, also with an accent on its quotation mark"
    )
    func escaping() async throws {
        let sampled = try Sampled()
        let hostile = "<img src=x onerror=alert(1)>&\"\u{301} autofocus onfocus=alert(2) x='\u{1B}[31m"
        let id = try sampled.add(
            1, "failed", reason: hostile,
            findings: [StoredFinding(signature: hostile, title: hostile, location: hostile)])
        let escaped = Address.encoded(hostile)
        for path in [
            "/campaigns/sample", "/campaigns/sample/runs", "/campaigns/sample/runs/\(id)",
            "/campaigns/sample/signatures/\(escaped)", "/campaigns/sample/runs?signature=\(escaped)",
            "/campaigns/sample/runs?scenario=\(escaped)&variant=\(escaped)", "/\(escaped)",
            "/campaigns/\(escaped)",
        ] {
            let text = try await sampled.ask(path).text
            #expect(!text.contains("<img") && !text.contains("\u{1B}"), "\(path)")
            #expect(!text.unicodeScalars.split(separator: "\"").contains { $0.first == "\u{301}" }, "\(path)")
        }
    }

    @Test("A way through all runs, page by page, loses and repeats none; filters hold")
    func paging() async throws {
        let sampled = try Sampled(runs: 500)
        for filter in [
            "", "verdict=failed", "variant=debug", "scenario=smoke&variant=release&verdict=passed",
        ] {
            var seen: [Int] = []
            var path: String? = "/campaigns/sample/runs?limit=7&\(filter)"
            while let next = path {
                let text = try await sampled.ask(next).text
                seen += text.matches(of: /<tr><td><a href="\/campaigns\/sample\/runs\/(\d+)">/).compactMap {
                    Int($0.1)
                }
                path = text.firstMatch(of: /<a href="([^"]+)" rel="next">/).map {
                    String($0.1).replacing("&amp;", with: "&")
                }
            }
            let cells = Dictionary(uniqueKeysWithValues: sampled.sample.cells.map { ($0.id ?? 0, $0) })
            let wanted = try sampled.store.runs(of: "sample", limit: 1000).filter { run in
                (!filter.contains("failed") || run.verdict == "failed")
                    && (!filter.contains("passed") || run.verdict == "passed")
                    && (!filter.contains("debug") || cells[run.cell]?.variant == "debug")
                    && (!filter.contains("release") || cells[run.cell]?.variant == "release")
                    && (!filter.contains("smoke") || cells[run.cell]?.scenario == "smoke")
            }.compactMap { $0.id.map(Int.init) }
            #expect(!wanted.isEmpty && seen == wanted, "\(filter)")
        }
    }

    @Test("Addresses of nothing are 404, wrong questions 400, both as a page")
    func errors() async throws {
        let sampled = try Sampled(runs: 1)
        for path in [
            "/x", "/campaigns/x", "/campaigns/x/runs", "/campaigns/sample/runs/2", "/campaigns/sample/runs/x",
            "/campaigns/sample/runs/-1", "/campaigns/sample/runs/99999999999999999999",
            "/campaigns/sample/signatures/x", "/campaigns/sample/signatures/%ff", "/campaigns/x/versions",
        ] {
            let answer = try await sampled.ask(path)
            #expect(answer.status == 404 && answer.header("Content-Type").hasPrefix("text/html"), "\(path)")
        }
        for query in [
            "limit=0", "limit=501", "limit=x", "before=-1", "verdict=good", "x=1", "verdict=%zz",
            "limit=1&limit=2",
        ] {
            #expect(try await sampled.ask("/campaigns/sample/runs?\(query)").status == 400, "\(query)")
        }
        #expect(
            try await sampled.ask("/campaigns/sample/runs?verdict=&variant=").status == 200,
            "as a form sends it")
    }
}
