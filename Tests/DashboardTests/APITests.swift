// SPDX-License-Identifier: Apache-2.0

import Artifacts
import DashboardFixture
import Foundation
import Hummingbird
import LabEngine
import RunStore
import SystemPackage
import Testing

@testable import Dashboard

@Suite("The dashboard's API")
struct APITests {
    @Test("Campaigns, one campaign, its runs, bugs and versions, as the store has them")
    func values() async throws {
        let sampled = try Sampled(runs: 600)
        let list = try await sampled.ask("/api/campaigns").json()
        let campaign = try #require((list["campaigns"] as? [[String: Any]])?.first)
        let counts = try sampled.store.counts(of: "sample")
        #expect(campaign["id"] as? String == "sample")
        #expect(campaign["failed"] as? Int == counts.reduce(0) { $0 + $1.failed })
        #expect(campaign["passed"] as? Int == counts.reduce(0) { $0 + $1.passed })
        let one = try await sampled.ask("/api/campaigns/sample").json()
        #expect(((one["standing"] as? [String: Any])?["cells"] as? [Any])?.count == 10)
        let runs = try await sampled.ask("/api/campaigns/sample/runs?verdict=failed&limit=3").json()
        let failed = try #require(runs["runs"] as? [[String: Any]])
        #expect(failed.count == 3 && failed.allSatisfy { ($0["findings"] as? [Any])?.count == 1 })
        #expect(runs["next"] as? Int == failed[2]["run"] as? Int)
        let run = try await sampled.ask("/api/campaigns/sample/runs/\(failed[0]["run"] ?? 0)").json()
        #expect(run["seed"] as? Int == failed[0]["seed"] as? Int)
        let bugs = try await sampled.ask("/api/campaigns/sample/signatures").json()
        let bug = try #require((bugs["signatures"] as? [[String: Any]])?.first)
        let name = try #require(bug["signature"] as? String)
        let history = try await sampled.ask("/api/campaigns/sample/signatures/\(Address.encoded(name))")
            .json()
        #expect(history["runs"] as? Int == bug["runs"] as? Int)
        let places = try #require(history["places"] as? [[String: Any]])
        #expect(places.reduce(0) { $0 + ($1["runs"] as? Int ?? 0) } == history["runs"] as? Int)
        let versions = try await sampled.ask("/api/campaigns/sample/versions").json()
        #expect((versions["versions"] as? [Any])?.count == 30)
    }

    @Test("What is wrong is said in a problem document")
    func problems() async throws {
        let sampled = try Sampled(runs: 1)
        for (path, status) in [
            ("/api/x", 404), ("/api/campaigns/x", 404), ("/api/campaigns/sample/runs/7", 404),
            ("/api/campaigns/sample/signatures/x", 404), ("/api/campaigns/sample/runs?limit=0", 400),
            ("/api/campaigns/sample/runs?verdict=", 400), ("/api/campaigns?limit=01", 400),
            ("/api/events", 400), ("/api/events?campaign=x", 404), ("/metrics?x=1", 400),
        ] {
            let answer = try await sampled.ask(path)
            #expect(answer.status == status, "\(path)")
            #expect(answer.header("Content-Type") == "application/problem+json", "\(path)")
            #expect(try answer.json()["status"] as? Int == status, "\(path)")
        }
    }

    @Test("The document has every address of the API, and none that is not there")
    func document() async throws {
        let sampled = try Sampled(runs: 1)
        let document = try await sampled.ask("/api/openapi.json").json()
        #expect(document["openapi"] as? String == "3.1.0")
        let paths = try #require(document["paths"] as? [String: Any])
        #expect(paths.count == 9)
        for path in paths.keys where !path.contains("signature}") && path != "/api/events" {
            let address = path.replacing("{campaign}", with: "sample").replacing("{run}", with: "1")
            #expect(try await sampled.ask(address).status == 200, "\(address)")
        }
        let closed = try await sampled.ask(
            "/api/openapi.json", token: .random()
        ).status
        #expect(closed == 401)
    }

    @Test("Prometheus' labels are escaped, and the numbers are the store's")
    func metrics() async throws {
        let sampled = try Sampled(runs: 100)
        let text = try await sampled.ask("/metrics").text
        let total = text.matches(of: /pacctlab_runs_total\{[^}]*\} (\d+)/).compactMap { Int($0.1) }.reduce(
            0, +)
        #expect(total == 100)
        #expect(text.contains("pacctlab_campaign_state{campaign=\"sample\",state=\"running\"} 1"))
        #expect(Metrics.escaped("a\\b\"c\nd") == "a\\\\b\\\"c\\nd")
    }

    @Test("What is counted is counted again when a run has ended, and when somebody changed the campaign")
    func fresh() async throws {
        let sampled = try Sampled(runs: 10)
        let ask = Asker(try sampled.dashboard())
        func standing() async throws -> String { try await ask("/api/campaigns/sample").text }
        let before = try await standing()
        #expect(try await standing() == before)
        try sampled.add(999, "failed")
        let after = try await standing()
        #expect(after != before)
        try sampled.store.change("sample") { $0.state = .paused }
        #expect(try await standing().contains("\"state\":\"paused\""))
    }

    @Test("So many may listen at once; one more is told to come back, and one who goes makes room")
    func listeners() async throws {
        let sampled = try Sampled(runs: 1)
        let board = Board(
            store: sampled.store, library: SoakLibrary(home: LabHome(root: FilePath(sampled.folder.path))))
        let endpoint = Events(board, seats: 1).endpoint
        let call = Endpoint.Call(
            address: "/api/events", parts: [:],
            query: try Query("campaign=sample", known: endpoint.query, emptyIsAbsent: false))
        var first: Response? = try await endpoint.answer(call)
        #expect(first?.status == .ok)
        await #expect(throws: Problem.self) { _ = try await endpoint.answer(call) }
        first = nil
        #expect(try await endpoint.answer(call).status == .ok)
    }
}
