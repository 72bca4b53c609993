// SPDX-License-Identifier: Apache-2.0

import Evidence

/// A pure function from evidence to findings.
///
/// To add one: a file in this folder with a type that conforms, its name in ``JudgeName``, and a line in
/// ``Judges/judge(named:)``.
protocol Judge: Sendable {
    /// Looks at the evidence.
    ///
    /// - Parameter earlier: What the judges before this one have found.
    /// - Throws: Whatever keeps it from judging. The run has no answer then.
    func judge(_ evidence: RunEvidence, earlier: [Finding]) throws -> Judgement
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
    static func judge(named name: JudgeName) -> any Judge {
        switch name {
        case .crash: CrashJudge()
        case .ending: EndingJudge()
        case .steps: StepJudge()
        case .records: RecordJudge()
        case .energy: EnergyJudge()
        case .ledger: LedgerJudge()
        case .conservation: ConservationJudge()
        case .residue: ResidueJudge()
        case .growth: GrowthJudge()
        case .expectations: ExpectationJudge()
        case .completeness: CompletenessJudge()
        }
    }

    /// Asks every judge but those that the scenario does without, which is noted. One that throws is a doubt: nobody
    /// knows what it would have found.
    static func judge(
        _ evidence: RunEvidence, by judges: (JudgeName) -> any Judge = judge(named:)
    ) -> Judgement {
        var total = Judgement()
        for name in JudgeName.allCases {
            if name.maySwitchOff, evidence.expectations.judgesOff.contains(name) {
                total.notes.append(
                    "not judged, since the scenario switches the judge \"\(name.rawValue)\" off: \(name.summary)"
                )
                continue
            }
            let earlier = total.findings.filter {
                !ExpectationCheck.isHarmless($0, evidence.expectations.finding)
            }
            let judgement: Judgement
            do { judgement = try judges(name).judge(evidence, earlier: earlier) } catch {
                total.doubts.append("the judge \"\(name.rawValue)\" could not judge: \(error)")
                continue
            }
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
