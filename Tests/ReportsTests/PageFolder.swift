// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine
import SystemPackage

@testable import Reports

/// A run's folder as a run leaves it, removed with the value.
final class PageFolder {
    let path: FilePath

    init(_ verdict: Verdict, log: String = "", levels: String = "", energy: String = "") throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "page-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = FilePath(url.path)
        try write(try ReportFixture.report(verdict).contractJSON(), to: "run.json")
        if !log.isEmpty { try write(log, to: "kernel.log") }
        if !levels.isEmpty { try write(levels, to: "kernel.levels") }
        if !energy.isEmpty { try write(energy, to: "energy.jsonl") }
    }

    deinit { try? FileManager.default.removeItem(atPath: path.string) }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path.appending(name).string))
    }

    /// The page that is made of it.
    func html() throws -> String { try HTMLReport().html(StoredRun(folder: path, roots: [path])) }

    /// A record, as a line of `energy.jsonl`.
    static func record(_ comm: String, energy: Int = 7, counts: [UInt64] = [1, 2]) throws -> String {
        var record = EnergyRecord(seq: 0, comm: comm, pid: 71, energyUj: Int64(energy), counts: counts)
        record.startNs = 1_000_000_000
        record.exitNs = 2_000_000_000
        record.runtimeNs = 500_000_000
        return try record.contractJSON(pretty: false) + "\n"
    }
}
