// SPDX-License-Identifier: Apache-2.0

import Evidence

/// The energy of every record must be the closed form of its counts, to a microjoule.
///
/// Only for records whose model is known: those of our ABI. A module that only prints may use any
/// coefficients, so that there is nothing to compare with.
struct EnergyJudge: Judge {
    private static let tolerance: UInt64 = 1
    private static let shown = 8

    func judge(_ evidence: RunEvidence, earlier: [Finding]) -> Judgement {
        guard evidence.recordsAreBinary else { return .nothing }
        let wrong = evidence.records.filter { ($0.closedFormError ?? 0) > Self.tolerance }
        guard let first = wrong.first else { return .nothing }
        let lines = wrong.prefix(Self.shown).map { record in
            "\(record.comm) (\(record.pid)): recorded \(record.energyUj) µJ, its counts come to"
                + " \(EnergyArithmetic.energy(of: record) ?? 0) µJ"
        }
        let finding = Finding(
            crashClass: .energyWrong,
            title: "the energy of \(wrong.count) records is not that of their counts,"
                + " first \(first.comm) (\(first.pid))",
            signature: "energy_wrong closed-form", count: wrong.count, evidence: lines)
        return Judgement(findings: [finding])
    }
}

extension EnergyRecord {
    /// How far the recorded energy is from the closed form of the counts, microjoules; nil when they are of
    /// a model that the lab does not know.
    var closedFormError: UInt64? {
        EnergyArithmetic.error(self)?.magnitude
    }

    /// `PACCT_TABLE_INTEL_PCORE` in kmod/pacct_energy/pacct_energy.h: the only one that energy was ever fitted for.
    static let pCoreTable: UInt16 = 2
}
