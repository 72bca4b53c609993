// SPDX-License-Identifier: Apache-2.0

import Evidence

/// The records that the scenario wants must have come, in order and without a gap; and where there is a gap, the
/// module must say so.
struct RecordJudge: Judge {
    func judge(_ evidence: RunEvidence, earlier: [Finding]) -> Judgement {
        guard earlier.isEmpty, evidence.ending == .goodbye else { return .nothing }
        var judgement = Judgement()
        if let problem = evidence.recordProblem {
            judgement.findings.append(
                finding(.energyWrong, "the record device handed out something that is no record: \(problem)"))
        }
        judgeNumber(evidence, &judgement)
        judgeLosses(evidence, &judgement)
        return judgement
    }

    private func judgeNumber(_ evidence: RunEvidence, _ judgement: inout Judgement) {
        let wanted = evidence.expectations.minimumRecords
        guard evidence.records.count < wanted else { return }
        if evidence.records.isEmpty, !evidence.keepsRecords, evidence.expectations.recordsAreOptional {
            judgement.notes.append(
                "the scenario wants at least \(wanted) energy records, which \(evidence.moduleUnderTest ?? "the module")"
                    + " does not keep: that was not judged")
            return
        }
        judgement.findings.append(
            finding(
                .recordsMissing,
                "\(evidence.records.count) energy records came, and the scenario wants at least \(wanted)"))
    }

    private func judgeLosses(_ evidence: RunEvidence, _ judgement: inout Judgement) {
        let order = RecordOrder(evidence.records.compactMap(\.seq))
        let wanted = evidence.expectations.lost
        if order.missing > 0, wanted == nil {
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
        if evidence.recordsAreBinary {
            for flaw in LossStatement.flaws(in: evidence.records) {
                judgement.findings.append(finding(.recordsWrong, flaw))
            }
        }
        if let wanted, !wanted.contains(Int64(clamping: order.missing)) {
            judgement.findings.append(
                finding(
                    .expectationMissed,
                    "\(order.missing) energy records were lost, and the scenario wants \(wanted.text)"))
        }
    }

    private func finding(_ crashClass: CrashClass, _ title: String) -> Finding {
        Finding(crashClass: crashClass, title: title, signature: crashClass.rawValue, evidence: [])
    }
}

/// What a module says about records that nobody could read, held against the numbers of those that were read.
enum LossStatement {
    /// Lives of the module whose last record states another number of losses than there are gaps before it.
    ///
    /// Only what was missing when the last record was made is in it, so that the comparison is exact.
    static func flaws(in records: [EnergyRecord]) -> [String] {
        lives(of: records).compactMap { life in
            let missing = RecordOrder(life.compactMap(\.seq)).missing
            guard let lost = life.last?.lost, lost != missing else { return nil }
            return "the module says that \(lost) energy records were lost, and \(missing) are missing"
        }
    }

    /// How many were lost in all lives of the module, as it says.
    static func total(of records: [EnergyRecord]) -> UInt64 {
        lives(of: records).reduce(0) { $0.addingReportingOverflow($1.last?.lost ?? 0).partialValue }
    }

    /// Records of each life of the module: numbers begin anew with each load. Those without a number are left out.
    private static func lives(of records: [EnergyRecord]) -> [[EnergyRecord]] {
        var lives: [[EnergyRecord]] = []
        var last: UInt64?
        for record in records {
            guard let seq = record.seq else { continue }
            if last.map({ seq <= $0 }) ?? true { lives.append([]) }
            lives[lives.count - 1].append(record)
            last = seq
        }
        return lives
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
