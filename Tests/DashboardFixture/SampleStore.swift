// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import Reports
import RunStore
import SystemPackage
import TestSupport

/// A store with a campaign as a long night leaves it: cells, failures, versions of the module, and reports of the last runs.
/// The same seed is the same campaign.
public struct SampleStore: Sendable {
    /// When it began, seconds since 1970.
    public static let begin = 1_700_000_000.0
    /// Keys of the module's versions, in their order.
    public static let versions = ["1", "2", "3"].map { String(repeating: $0, count: 64) }
    private static let scenarios = ["smoke", "fork-storm", "load-loop", "exec-chain", "task-exit"]
    private static let variants = ["release", "debug"]
    private static let plan = """
        name: sample
        description: A campaign that nobody ran.
        matrix:
          - tags: [quick]
        gate:
          failure_rate: 2%
        """

    /// Where it is.
    public let store: RunStore
    /// Its id.
    public let campaign: String
    /// Where run folders are.
    public let directory: URL
    /// Its cells, as they are stored.
    public let cells: [StoredCell]

    /// Makes the campaign in a store; run folders go below `results`.
    public init(_ store: RunStore, results: URL, campaign: String = "sample") throws {
        (self.store, self.campaign) = (store, campaign)
        directory = results.appending(path: campaign)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        var stored = StoredCampaign(
            id: campaign, name: "sample", plan: Self.plan, planFile: "sample.yaml", module: "/module",
            directory: directory.path, maxRuns: 200_000)
        stored.created = Self.begin
        try store.create(
            stored,
            cells: Self.scenarios.flatMap { scenario in
                Self.variants.map {
                    StoredCell(
                        campaign: campaign, scenario: scenario, variant: $0, cpus: 2, kernel: "default",
                        weight: 1)
                }
            })
        cells = try store.cells(of: campaign)
    }

    /// Adds runs, each in a transaction of its own, as a campaign does.
    ///
    /// - Parameter reports: So many of the last ones have a folder with `run.json` and `report.html`.
    public func fill(runs: Int, reports: Int = 0, seed: UInt64 = 1) throws {
        var generator = SeededGenerator(seed: seed)
        for number in 0..<runs {
            let place = number % cells.count
            let cell = cells[place]
            let version = min(Self.versions.count - 1, number * Self.versions.count / max(1, runs))
            // The last cell fails most, the second version more than the others.
            let risk = 0.002 * Double(place) + (version == 1 ? 0.01 : 0)
            let draw = Double.random(in: 0..<1, using: &generator)
            let verdict = draw < risk ? "failed" : draw > 0.999 ? "inconclusive" : "passed"
            let base = Int64(800_000 + 20_000 * place + 5_000 * version)
            var result = StoredResult(
                campaign: campaign, cell: cell.id ?? 0, seed: Int64(number / cells.count + 1),
                module: Self.versions[version], version: Self.versions[version], verdict: verdict,
                reason: verdict == "inconclusive" ? "QEMU was killed by signal 9" : nil,
                duration: Double.random(in: 2..<5, using: &generator), folder: "run-\(number)",
                records: 60 + place,
                energy: base + Int64.random(in: -4000...4000, using: &generator))
            result.ended = Self.begin + Double(number)
            result.isWhole = number >= runs - reports
            let bug = Int.random(in: 0..<12, using: &generator)
            // Every twentieth run of a cell is long enough for a trend. The last cell leaks with the second version.
            let trends =
                number / cells.count % 20 == 0 ? Self.trends(place, version, of: cells.count, &generator) : []
            _ = try store.add(
                result, findings: verdict == "failed" ? [Self.finding(bug)] : [], trends: trends)
            if number >= runs - reports {
                try Self.writeReport(
                    directory.appending(path: result.folder), cell, seed: result.seed, verdict: verdict)
            }
        }
    }

    private static func trends(
        _ place: Int, _ version: Int, of cells: Int, _ generator: inout SeededGenerator
    ) -> [StoredTrend] {
        func trend(_ series: String, slope: Double, mean: Double) -> StoredTrend {
            StoredTrend(
                series: series, slope: slope + Double.random(in: -0.5...0.5, using: &generator),
                standardError: 0.3, degreesOfFreedom: 20,
                mean: mean + Double.random(in: -2...2, using: &generator), forks: 20_000)
        }
        return [
            trend(
                "module_objects", slope: place == cells - 1 && version == 1 ? 10 : 0,
                mean: 120 + Double(place)),
            trend("hook_switch", slope: 0, mean: 300 + Double(20 * version)),
        ]
    }

    /// One of a dozen bugs.
    public static func finding(_ number: Int) -> StoredFinding {
        StoredFinding(
            signature: "warning|pacct_hook_\(number)|WARNING in pacct_hook_\(number)",
            title: "WARNING in pacct_hook_\(number)", location: "kmod/pacct_energy/hooks.c:\(number + 80)")
    }

    /// A run's folder as the lab leaves it.
    public static func writeReport(
        _ folder: URL, _ cell: StoredCell, seed: Int64, verdict: String
    ) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let json = """
            {"id":"\(folder.lastPathComponent)","scenario":"\(cell.scenario)","variant":"\(cell.variant)","accel":"tcg",
             "accel_reason":"no KVM","pmu":"simulated","seed":\(seed),"cpus":2,"memory_mib":512,"verdict":"\(verdict)",
             "reason":null,"duration_s":2.1,"guest_ready_s":0.6,"findings":[],
             "energy":{"records":1,"lost":0,"total_uj":5,"max_error_uj":0},
             "steps":[{"name":"load module","status":"passed","duration_s":0.4,"start_s":1,"depth":0}],
             "notes":[],"phases":[],"directory":"\(folder.path)"}
            """
        try Data(json.utf8).write(to: folder.appending(path: "run.json"))
        try HTMLReport().write(FilePath(folder.path), roots: [])
    }
}
