// SPDX-License-Identifier: Apache-2.0

import Evidence
import GuestContract

/// What is billed to tasks must be what the CPUs counted.
struct ConservationJudge: Judge {
    private static let shown = 16

    func judge(_ evidence: RunEvidence, earlier: [Finding]) -> Judgement {
        guard let conservation = evidence.conservation else { return .nothing }
        let kinds = ["cpu", "tasks", "unload"]
        let findings = kinds.compactMap { kind in finding(conservation.flaws.filter { $0.kind == kind }, kind)
        }
        return Judgement(
            findings: findings,
            notes: conservation.notes.map { "counts were not compared with the CPUs': \($0)" })
    }

    private func finding(_ flaws: [Conservation.Flaw], _ kind: String) -> Finding? {
        guard let first = flaws.first else { return nil }
        return Finding(
            crashClass: .energyNotConserved, title: "energy is not conserved: \(first.text)",
            signature: "conservation \(kind)", count: flaws.count,
            evidence: flaws.prefix(Self.shown).map(\.text))
    }
}

extension RunEvidence {
    /// The comparison of what tasks and CPUs counted; nil when the run has nothing to do with it: no record is of
    /// our ABI, or the module did not live as long as it was to.
    var conservation: Conservation? {
        guard ending == .goodbye, recordsAreBinary, let before = snapshots[.beforeLoad],
            let loaded = snapshots[.loaded], let unloading = snapshots[.beforeUnload], loaded.isWhole,
            unloading.isWhole
        else { return nil }
        var material = Conservation.Material(
            records: records, configs: plan.watch.counters.map(\.config), before: before, loaded: loaded,
            unloading: unloading, unloaded: snapshots[.unloaded], scale: guestScale)
        material.tolerance = Double(expectations.thresholds[.conservation] ?? 0) / 1e6
        return Conservation(material)
    }
}
