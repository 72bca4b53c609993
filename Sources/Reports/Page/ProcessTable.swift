// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine

/// Energy per process, as the page of a run shows it.
struct ProcessTable {
    private static let shown = 1000
    private static let open = 20
    /// More counts than any core type has.
    private static let eventsShown = 32

    /// The heads of the columns of counts.
    let events: [String]
    /// Those with most energy.
    let first: [RunPage.Process]
    /// The next ones, folded away.
    let others: [RunPage.Process]
    /// What is not in the table, nil when all is.
    let left: String?

    /// Those of a run's records that there is room for.
    init(_ run: StoredRun) {
        let count = min(Self.eventsShown, run.records.map(\.counts.count).max() ?? 0)
        events = (0..<count).map { "[\($0)]" }
        let sorted = run.records.sorted { ($0.energyUj, $0.pid) > ($1.energyUj, $1.pid) }
        let most = Double(max(1, sorted.first?.energyUj ?? 1))
        var room = PageAllowance(RunPage.Limit.records)
        var rows: [RunPage.Process] = []
        for record in sorted.prefix(Self.shown) {
            guard let row = Self.row(record, most, events: count, &room) else { break }
            rows.append(row)
        }
        first = Array(rows.prefix(Self.open))
        others = Array(rows.dropFirst(Self.open))
        let all = max(run.records.count, run.report.energy.records)
        var left = RunPage.left(all - rows.count, "records", in: "\(run.folder.appending("energy.jsonl"))")
        if run.recordsAreCut {
            left = [left, "Only the first \(run.records.count) were looked at."].compactMap(\.self)
                .joined(separator: " ")
        }
        self.left = left
    }

    private static func row(
        _ record: EnergyRecord, _ most: Double, events: Int, _ room: inout PageAllowance
    ) -> RunPage.Process? {
        let flags = record.flags.names.joined(separator: " ")
        let markup = 300 + flags.utf8.count + events * 52
        guard let name = room.take(record.comm, limit: 256, markup: markup) else { return nil }
        return RunPage.Process(
            name: name, pid: "\(record.pid)",
            time: record.runtimeNs.map { TerminalReport.time(Double($0) / 1e9) } ?? "-",
            energy: "\(record.energyUj)",
            share: String(format: "%.1f", max(0, Double(record.energyUj) / most * 100)),
            counts: (0..<events).map { $0 < record.counts.count ? "\(record.counts[$0])" : "" }, flags: flags)
    }
}
