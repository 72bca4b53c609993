// SPDX-License-Identifier: Apache-2.0

import DashboardFixture
import Foundation
import RunStore
import Subprocess
import SystemPackage
import Testing

@testable import Dashboard

/// The command itself, asked over the network.
@Suite("pacctlab serve", .serialized)
struct LiveTests {
    /// What ci/setup --checks puts there.
    private static let tools: FilePath = {
        let environment = ProcessInfo.processInfo.environment
        let cache = environment["XDG_CACHE_HOME"] ?? "\(environment["HOME"] ?? "")/.cache"
        return FilePath("\(cache)/pacctlab/api-checks/bin")
    }()
    private static let hasTools = FileManager.default.isExecutableFile(
        atPath: tools.appending("schemathesis").string)

    @Test(
        "It prints its address, answers in its own name alone, and ends with Ctrl-C though somebody listens")
    func life() async throws {
        let sampled = try Sampled(runs: 20)
        let (events, status) = try await LiveServer.with(sampled.folder) { server in
            #expect(server.link.firstMatch(of: /^http:\/\/127\.0\.0\.1:\d+\/$/) != nil, "\(server.link)")
            #expect(try await server.curl("/").contains("/campaigns/sample"))
            let other = try await server.curl(
                "/api/campaigns", ["--include", "--header", "Host: evil.example"])
            #expect(other.hasPrefix("HTTP/1.1 421") && !other.contains("sample"))
            let long = try await server.curl(
                "/", ["--include", "--header", "X: " + String(repeating: "x", count: 40_000)])
            #expect(!long.contains("200 OK"), "headers have a limit")
            // A listener that is there when Ctrl-C comes; curl ends with the connection.
            let file = sampled.folder.appending(path: "events")
            let events = Task {
                try await server.curl(
                    "/api/events?campaign=sample",
                    ["--no-buffer", "--max-time", "200", "--output", file.path])
            }
            try await waitUntil(file, has: "\"last_run\":20")
            try sampled.add(4711, "failed")
            try await waitUntil(file, has: "\"last_run\":21")
            return events
        }
        _ = try await events.value
        #expect(status == .exited(0))
    }

    /// Waits until a text is in a file; a minute and a half at most, and then says what is there.
    private func waitUntil(_ file: URL, has text: String) async throws {
        let deadline = ContinuousClock.now + .seconds(90)
        var found = ""
        while !found.contains(text), ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(50))
            found =
                FileManager.default.contents(atPath: file.path).map { String(decoding: $0, as: UTF8.self) }
                ?? ""
        }
        try #require(found.contains(text), "\(found)")
    }

    @Test("Who listens for others wants the token that is printed")
    func token() async throws {
        let sampled = try Sampled(runs: 1)
        let (_, status) = try await LiveServer.with(sampled.folder, ["--listen", "0.0.0.0"]) { server in
            let parts = try #require(server.link.firstMatch(of: /:(\d+)\/\?token=([0-9a-f]{48})$/))
            let local = LiveServer(link: "http://127.0.0.1:\(parts.1)/", process: server.process)
            #expect(try await local.curl("/", ["--include"]).hasPrefix("HTTP/1.1 401"))
            let header = ["--include", "--header", "Authorization: Bearer \(parts.2)"]
            #expect(try await local.curl("/api/campaigns", header).hasPrefix("HTTP/1.1 200"))
            // As a browser does it: the cookie comes with the way on.
            let jar = sampled.folder.appending(path: "jar").path
            let page = try await local.curl(
                "/?token=\(parts.2)", ["--location", "--cookie-jar", jar, "--cookie", jar])
            #expect(page.contains("/campaigns/sample"))
        }
        #expect(status == .exited(0))
    }

    @Test(
        "schemathesis finds nothing in what the API's document says",
        .enabled(if: hasTools, "schemathesis is not installed: ci/setup --checks"))
    func schemathesis() async throws {
        let sampled = try Sampled(runs: 300)
        _ = try await LiveServer.with(sampled.folder) { server in
            let result = try await Subprocess.run(
                .path(Self.tools.appending("schemathesis")),
                arguments: Arguments([
                    "--config-file",
                    LiveServer.checkout.appending("Tests/DashboardTests/schemathesis.toml").string, "run",
                    "\(server.link)api/openapi.json", "--max-examples", "25", "--seed", "7", "--no-color",
                    // It never ends: its own test is above.
                    "--exclude-path", "/api/events", "--request-timeout", "30", "--max-failures", "3",
                ]), workingDirectory: FilePath(sampled.folder.path), output: .string(limit: 1 << 22),
                error: .combinedWithOutput)
            #expect(result.terminationStatus == .exited(0), "\(result.standardOutput.suffix(6000))")
            #expect(result.standardOutput.contains("Tested: 8"), "every address was asked")
        }
    }

    @Test(
        "Prometheus' own parser reads the metrics",
        .enabled(if: hasTools, "prometheus_client is not installed: ci/setup --checks"))
    func prometheus() async throws {
        let sampled = try Sampled(runs: 50)
        let text = try await sampled.ask("/metrics").text
        let program = """
            import sys
            from prometheus_client.parser import text_string_to_metric_families as read
            families = {f.name: f for f in read(sys.stdin.read())}
            print(int(sum(s.value for s in families['pacctlab_runs'].samples)), len(families))
            """
        let result = try await Subprocess.run(
            .path(Self.tools.appending("python")), arguments: ["-c", program], input: .string(text),
            output: .string(limit: 4096), error: .string(limit: 4096))
        #expect(result.standardOutput == "50 4\n", "\(result.standardError)")
    }
}
