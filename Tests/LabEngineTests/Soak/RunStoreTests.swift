// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import LabEngine
@testable import RunStore

@Suite("The run store")
struct RunStoreTests {
    /// A store in a folder of its own, removed with the value.
    final class Stored {
        let folder = FileManager.default.temporaryDirectory.appending(path: "store-\(UUID().uuidString)")
        let store: RunStore
        let cells: [StoredCell]

        init() throws {
            store = try RunStore(path: folder.appending(path: "deep/runs.sqlite").path)
            let campaign = StoredCampaign(
                id: "c", name: "n", plan: "p", planFile: "f", module: "/m", directory: folder.path,
                maxRuns: 10)
            try store.create(
                campaign,
                cells: ["a", "b"].map {
                    StoredCell(
                        campaign: "c", scenario: $0, variant: "release", cpus: 2, kernel: "default", weight: 1
                    )
                })
            cells = try store.cells(of: "c")
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        func result(_ cell: Int, _ seed: Int64, _ verdict: String, module: String = "m") -> StoredResult {
            StoredResult(
                campaign: "c", cell: cells[cell].id ?? 0, seed: seed, module: module, version: "v",
                verdict: verdict, reason: nil,
                duration: 1, folder: "run-\(cell)-\(seed)", records: 1, energy: 2)
        }

        func finding(_ signature: String) -> StoredFinding {
            StoredFinding(signature: signature, title: "of \(signature)", location: nil)
        }
    }

    @Test("A run is stored once, with what it showed, or not at all")
    func once() throws {
        let stored = try Stored()
        #expect(try stored.store.add(stored.result(0, 1, "failed"), findings: [stored.finding("x")]) == ["x"])
        #expect(throws: (any Error).self) {
            _ = try stored.store.add(stored.result(0, 1, "failed"), findings: [stored.finding("y")])
        }
        #expect(
            try stored.store.signatures(of: "c").map(\.signature) == ["x"],
            "of a run that was refused, nothing is left")
        #expect(try stored.store.seeds(of: stored.cells[0].id ?? 0) == [1])
    }

    @Test("Counts by cell and version, bugs with how often, when and where")
    func counts() throws {
        let stored = try Stored()
        for seed in 1...3 { _ = try stored.store.add(stored.result(0, Int64(seed), "passed"), findings: []) }
        _ = try stored.store.add(
            stored.result(1, 1, "failed"), findings: [stored.finding("x"), stored.finding("y")])
        let again = try stored.store.add(
            stored.result(1, 2, "failed", module: "n"), findings: [stored.finding("x")])
        #expect(again.isEmpty, "it is known already")
        let counts = try stored.store.counts(of: "c")
        #expect(
            counts.map { [$0.passed, $0.failed, $0.inconclusive] } == [[3, 0, 0], [0, 1, 0], [0, 1, 0]])
        let bugs = try stored.store.signatures(of: "c")
        #expect(
            bugs.map(\.signature) == ["x", "y"] && bugs.map(\.runs) == [2, 1] && bugs[0].folder == "run-1-1")
        #expect(bugs[0].first <= bugs[0].last)
        // What the gate counts is one version.
        let campaign = try #require(try stored.store.campaign("c"))
        let keys = Dictionary(
            uniqueKeysWithValues: stored.cells.compactMap { cell in cell.id.map { ($0, "m") } })
        let standing = try SoakStanding(
            campaign, target: 0.5, isAlive: false, store: stored.store, modules: keys)
        #expect(standing.cells.map(\.failed) == [0, 1] && standing.otherVersions == 1)
    }

    @Test("Another process that opens it sees everything, and changes are made one after the other")
    func shared() throws {
        let stored = try Stored()
        _ = try stored.store.add(stored.result(0, 7, "passed"), findings: [])
        let other = try RunStore(path: stored.folder.appending(path: "deep/runs.sqlite").path)
        #expect(try other.folders(of: "c") == ["run-0-7"])
        try other.change("c") { $0.state = .paused }
        #expect(try stored.store.campaign("c")?.state == .paused)
        #expect(try stored.store.change("none") { $0.state = .paused } == nil)
    }
}
