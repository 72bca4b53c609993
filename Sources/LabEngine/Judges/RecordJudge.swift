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
        let order = RecordOrder(evidence.records.compactMap(\.seq))
        if order.missing > 0 {
            judgement.findings.append(
                finding(
                    .recordsLost, "\(order.missing) energy records were lost before the agent could read them"
                ))
        }
        if let backwards = order.backwards {
            judgement.findings.append(
                finding(
                    .energyWrong,
                    "record \(backwards.second) came after record \(backwards.first): numbers go back")
            )
        }
        return judgement
    }

    private func finding(_ crashClass: CrashClass, _ title: String) -> Finding {
        Finding(crashClass: crashClass, title: title, signature: crashClass.rawValue, evidence: [])
    }
}

/// What the numbers of records say. They count from 0 with each load of the module, without gaps.
struct RecordOrder: Equatable {
    /// Two numbers in the order they came.
    struct Pair: Equatable {
        let first: UInt64
        let second: UInt64
    }

    /// Records that are not there.
    private(set) var missing: UInt64 = 0
    /// The first place where a number is not higher than the one before, nil when there is none.
    private(set) var backwards: Pair?

    init(_ numbers: [UInt64]) {
        var expected: UInt64 = 0
        for number in numbers {
            if number > expected {
                missing = missing.addingReportingOverflow(number - expected).partialValue
            } else if number < expected && number != 0 {
                backwards = backwards ?? Pair(first: expected - 1, second: number)
            }
            expected = number.addingReportingOverflow(1).partialValue
        }
    }
}
