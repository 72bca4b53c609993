// SPDX-License-Identifier: Apache-2.0

import RunStore

extension Board {
    /// Runs that a request asks for.
    ///
    /// - Parameter usually: How many, where it does not say.
    /// - Returns: The runs, and where the next page begins; nil on the last one.
    func runs(
        _ snapshot: Snapshot, _ query: Query, usually: Int64
    ) throws -> (runs: [StoredResult], next: Int64?) {
        let (variant, scenario) = (query[.variant], query[.scenario])
        let cells =
            variant == nil && scenario == nil
            ? nil
            : snapshot.cells.filter { cell in
                variant.map { cell.variant == $0 } ?? true && scenario.map { cell.scenario == $0 } ?? true
            }.compactMap(\.id)
        let limit = Int(query.number(.limit) ?? usually)
        let filter = RunFilter(verdict: query[.verdict], cells: cells, signature: query[.showing])
        // One more tells whether there is another page.
        let found = try store.runs(
            of: snapshot.campaign.id, filter, before: query.number(.before), limit: limit + 1)
        let runs = Array(found.prefix(limit))
        return (runs, found.count > limit ? runs.last?.id : nil)
    }

    /// The time that a campaign has run.
    func span(_ snapshot: Snapshot) throws -> HistorySpan {
        let last = try snapshot.lastRun.flatMap { try store.run($0, of: snapshot.campaign.id) }
        return HistorySpan(snapshot.campaign, last: last?.ended ?? 0)
    }

    /// The history of a bug.
    ///
    /// - Throws: ``Problem`` with status 404 when the campaign has not seen it.
    func history(_ signature: String, _ snapshot: Snapshot, _ span: HistorySpan) throws -> SignatureHistory {
        guard
            let found = try store.history(
                of: signature, in: snapshot.campaign.id, from: span.from, slot: span.slot)
        else {
            throw Problem.notFound("The campaign \"\(snapshot.campaign.id)\" has not seen that bug.")
        }
        return found
    }
}
