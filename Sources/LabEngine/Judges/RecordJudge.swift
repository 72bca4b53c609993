// SPDX-License-Identifier: Apache-2.0

import Evidence

/// The records that the scenario wants must have come, in order and without a gap.
struct RecordJudge: Judge {
    func judge(_ evidence: RunEvidence, earlier: [Finding]) -> Judgement {
        guard earlier.isEmpty, evidence.ending == .goodbye else { return .nothing }
        var judgement = Judgement()
        if let problem = evidence.recordProblem {
            judgement.findings.append(
                finding(.energyWrong, "the record device handed out something that is no record: \(problem)"))
        }
        let wanted = evidence.expectations.minimumRecords
        if evidence.records.count < wanted {
            judgement.findings.append(
                finding(
                    .recordsMissing,
                    "\(evidence.records.count) energy records came, and the scenario wants at least \(wanted)"
                ))
        }
        let sequence = evidence.records.compactMap(\.seq)
        let missing = zip(sequence, sequence.dropFirst()).reduce(UInt64(0)) { sum, pair in
            pair.1 > pair.0 ? sum + (pair.1 - pair.0 - 1) : sum
        }
        if missing > 0 {
            judgement.findings.append(
                finding(.recordsLost, "\(missing) energy records were lost before the agent could read them"))
        }
        if let backwards = zip(sequence, sequence.dropFirst()).first(where: { $0.1 <= $0.0 }) {
            judgement.findings.append(
                finding(
                    .energyWrong, "record \(backwards.1) came after record \(backwards.0): numbers go back"))
        }
        return judgement
    }

    private func finding(_ crashClass: CrashClass, _ title: String) -> Finding {
        Finding(crashClass: crashClass, title: title, signature: crashClass.rawValue, evidence: [])
    }
}
