// SPDX-License-Identifier: Apache-2.0

import RunStore

/// Decides what a campaign does next. Nothing is run or stored here.
struct SoakDesk {
    /// A cell, and what is known of its runs.
    struct Cell {
        let cell: StoredCell
        /// Seeds that have a result.
        var done: Set<Int64>
        /// Runs that passed.
        var passed = 0
        /// Runs that failed.
        var failed = 0
        /// Seeds that are being run.
        var running: Set<Int64> = []
        /// The lowest seed that may still be free.
        var next: Int64 = 1

        /// Runs so far, as a share of its weight: the cell with the least is next.
        var load: Double { Double(done.count + running.count) / cell.weight }
    }

    private(set) var cells: [Cell]

    init(cells: [Cell]) { self.cells = cells }

    /// Takes the next run: the cell that has had the least of its share, and its lowest free seed. The same campaign
    /// goes through the same runs, however often it is interrupted.
    mutating func take(where isPossible: (StoredCell) -> Bool = { _ in true }) -> (
        cell: StoredCell, seed: Int64
    )? {
        let order = cells.indices.sorted { (cells[$0].load, $0) < (cells[$1].load, $1) }
        guard let place = order.first(where: { isPossible(cells[$0].cell) }) else { return nil }
        while cells[place].done.contains(cells[place].next)
            || cells[place].running.contains(cells[place].next)
        {
            cells[place].next += 1
        }
        let seed = cells[place].next
        cells[place].running.insert(seed)
        return (cells[place].cell, seed)
    }

    /// A run is being made already: by others, for one who was here before.
    ///
    /// - Returns: Its cell; nil when it is stored, or there is no such cell.
    mutating func takeUp(_ cell: Int64, seed: Int64) -> StoredCell? {
        guard let place = cells.firstIndex(where: { $0.cell.id == cell }),
            !cells[place].done.contains(seed)
        else { return nil }
        cells[place].running.insert(seed)
        return cells[place].cell
    }

    /// A run is over and stored.
    mutating func finished(_ cell: StoredCell, seed: Int64, _ verdict: Verdict) {
        guard let place = cells.firstIndex(where: { $0.cell.id == cell.id }) else { return }
        cells[place].running.remove(seed)
        cells[place].done.insert(seed)
        switch verdict {
        case .passed: cells[place].passed += 1
        case .failed: cells[place].failed += 1
        case .inconclusive: break
        }
    }

    /// A run was cut off: it is to be run again.
    mutating func gaveUp(_ cell: StoredCell, seed: Int64) {
        guard let place = cells.firstIndex(where: { $0.cell.id == cell.id }) else { return }
        cells[place].running.remove(seed)
        cells[place].next = min(cells[place].next, seed)
    }

    /// Runs that are stored.
    var done: Int { cells.reduce(0) { $0 + $1.done.count } }
    /// Runs that are stored, or on their way.
    var begun: Int { cells.reduce(0) { $0 + $1.done.count + $1.running.count } }

    /// Whether any run has failed.
    var hasFailed: Bool { cells.contains { $0.failed > 0 } }

    /// Whether every cell has shown that it fails less often than this, and none has failed.
    func hasShown(_ rate: Double) -> Bool {
        !hasFailed && !cells.isEmpty
            && cells.allSatisfy { CleanRuns.needed(below: rate, passed: $0.passed, failed: $0.failed) == 0 }
    }

    /// Why the campaign is to end; nil while it goes on.
    ///
    /// - Parameters:
    ///   - now: Seconds since 1970.
    ///   - hasFailed: Whether a run has failed.
    ///   - isConfident: Whether every cell has shown its rate.
    static func ending(
        _ campaign: StoredCampaign, done: Int, now: Double, hasFailed: Bool, isConfident: Bool
    ) -> String? {
        if campaign.state == .stopping { return "stopped" }
        if campaign.untilFailure, hasFailed { return "the first failure" }
        if let most = campaign.maxRuns, done >= most { return "\(most) runs" }
        if let end = campaign.endsAt, now >= end { return "its time is over" }
        if campaign.confidence != nil, isConfident { return "every cell has shown its failure rate" }
        return nil
    }
}
