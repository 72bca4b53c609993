// SPDX-License-Identifier: Apache-2.0

import Evidence

/// A pure function from evidence to findings.
///
/// To add one: a file in this folder with a type that conforms, and a line in ``Judges/all``.
protocol Judge: Sendable {
    /// Looks at the evidence.
    ///
    /// - Parameter earlier: What the judges before this one have found.
    func judge(_ evidence: RunEvidence, earlier: [Finding]) -> Judgement
}

/// What a judge has to say.
struct Judgement: Sendable, Equatable {
    /// What is wrong with the module or the kernel.
    var findings: [Finding] = []
    /// Why the evidence does not allow an answer. One doubt is enough to rule a pass out.
    var doubts: [String] = []
    /// What this run could not show, though nobody promised it would.
    var notes: [String] = []

    static let nothing = Judgement()
}

/// All judges in their order, and the verdict they come to.
enum Judges {
    /// The order matters: what the log says comes first, since it explains what the others see.
    static let all: [any Judge] = [
        CrashJudge(), EndingJudge(), StepJudge(), RecordJudge(), EnergyJudge(), LedgerJudge(),
        ConservationJudge(), ResidueJudge(),
        CompletenessJudge(),
    ]

    /// Asks every judge.
    static func judge(_ evidence: RunEvidence) -> Judgement {
        var total = Judgement()
        for judge in all {
            let judgement = judge.judge(evidence, earlier: total.findings)
            total.findings += judgement.findings
            total.doubts += judgement.doubts
            total.notes += judgement.notes
        }
        return total
    }

    /// The verdict: findings outweigh doubts, and doubts outweigh everything else.
    static func verdict(_ judgement: Judgement) -> Verdict {
        if !judgement.findings.isEmpty { return .failed }
        return judgement.doubts.isEmpty ? .passed : .inconclusive
    }
}
