// SPDX-License-Identifier: Apache-2.0

import Evidence
import GuestContract

/// Nothing of a module may be left once it is unloaded.
struct ResidueJudge: Judge {
    /// Lines of the kernel's that go with the finding.
    private static let shown = 60

    func judge(_ evidence: RunEvidence, earlier: [Finding]) -> Judgement {
        // After a crash, or a failed unload, everything may still be there.
        guard evidence.ending == .goodbye, evidence.moduleWasUnloaded else { return .nothing }
        guard let residue = evidence.residue else {
            return Judgement(doubts: ["the snapshots from before and after the module's life are not whole"])
        }
        var items = residue.items
        // A kernel that has complained is tainted by that.
        if !earlier.isEmpty { items.removeAll { $0.kind == .taint } }
        return Judgement(
            findings: findings(items, module: evidence.moduleUnderTest ?? ""), doubts: residue.doubts)
    }

    /// One finding for each kind of thing.
    private func findings(_ items: [Residue.Item], module: String) -> [Finding] {
        Residue.Kind.allCases.compactMap { kind in
            let left = items.filter { $0.kind == kind }
            guard let first = left.first else { return nil }
            let rest = left.count > 1 ? ", and \(left.count - 1) more" : ""
            return Finding(
                crashClass: kind == .leak ? .memoryLeak : .residue,
                title: "\(module) left behind: \(first.text)\(rest)",
                signature: "residue \(kind.rawValue)", count: left.count,
                evidence: Array(left.flatMap { [$0.text] + $0.evidence }.prefix(Self.shown)))
        }
    }
}

extension RunEvidence {
    /// Whether the plan's last unload of the module under test was done.
    var moduleWasUnloaded: Bool {
        guard let order = plan.watch.snapshots.first(where: { $0.moment == .unloaded }) else { return false }
        return steps[order.step]?.status == .passed
    }

    /// What the module has left; nil when the snapshots do not tell.
    var residue: Residue? {
        guard let module = moduleUnderTest, let before = snapshots[.beforeLoad], before.isWhole,
            let after = snapshots[.unloaded], after.isWhole
        else { return nil }
        return Residue(
            .init(before: before, loaded: snapshots[.loaded], after: after, end: snapshots[.end]),
            module: module)
    }
}
