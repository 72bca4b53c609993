// SPDX-License-Identifier: Apache-2.0

import Artifacts
import DashboardFixture
import Foundation
import HTTPTypes
import LabEngine
import Logging
import RunStore
import SystemPackage
import Testing

@testable import Dashboard

/// A store with a sample campaign in a folder of its own, removed with the value.
final class Sampled: Sendable {
    let folder = FileManager.default.temporaryDirectory.appending(path: "dashboard-\(UUID().uuidString)")
    let sample: SampleStore

    var store: RunStore { sample.store }
    var cell: Int64 { sample.cells[0].id ?? 0 }

    init(runs: Int = 0, reports: Int = 0) throws {
        let store = try RunStore(path: folder.appending(path: "pacctlab/runs.sqlite").path)
        sample = try SampleStore(store, results: folder.appending(path: "results"))
        try sample.fill(runs: runs, reports: reports)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// A run that ends now.
    @discardableResult
    func add(
        _ seed: Int64, _ verdict: String = "passed", folder: String = "", reason: String? = nil,
        findings: [StoredFinding] = []
    ) throws -> Int64 {
        let result = StoredResult(
            campaign: sample.campaign, cell: cell, seed: seed, module: SampleStore.versions[0],
            version: SampleStore.versions[0],
            verdict: verdict, reason: reason, duration: 1, folder: folder, records: 1, energy: 2)
        _ = try store.add(result, findings: findings)
        return try #require(try store.lastRun(of: sample.campaign))
    }

    /// The dashboard of it.
    func dashboard(address: String = "127.0.0.1", token: Token? = nil) throws -> Dashboard {
        let paths = LabPaths(
            cache: FilePath(folder.appending(path: "cache").path), state: FilePath(folder.path))
        return try Dashboard(
            store: store,
            library: SoakLibrary(home: LabHome(root: FilePath(folder.path)), paths: paths), port: 0,
            rule: AccessRule(address: address, token: token), logger: Logger(label: "test"))
    }

    /// Asks it.
    func ask(
        _ path: String, token: Token? = nil, method: HTTPRequest.Method = .get, headers: HTTPFields = [:]
    ) async throws -> Answer {
        try await Asker(dashboard(token: token))(path, method: method, headers: headers)
    }
}

/// What came back.
struct Answer {
    var status: Int
    var headers: HTTPFields
    var text: String

    func header(_ name: String) -> String { HTTPField.Name(name).flatMap { headers[$0] } ?? "" }

    /// The JSON document.
    func json() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }
}
