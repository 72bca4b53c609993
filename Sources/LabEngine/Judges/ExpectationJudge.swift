// SPDX-License-Identifier: Apache-2.0

import Evidence

/// The energy must be within the bounds that the scenario gives. A bound on nothing at all is not kept.
struct ExpectationJudge: Judge {
    func judge(_ evidence: RunEvidence, earlier: [Finding]) -> Judgement {
        guard evidence.ending == .goodbye else { return .nothing }
        var judgement = Judgement()
        if let bounds = evidence.expectations.energy {
            judgement.add(bounds, "all records", evidence.records)
        }
        for (comm, bounds) in evidence.expectations.energyOfProcesses.sorted(by: { $0.key < $1.key }) {
            judgement.add(bounds, "processes named \(comm)", evidence.records.filter { $0.comm == comm })
        }
        return judgement
    }
}

extension Judgement {
    fileprivate mutating func add(_ bounds: NumberBounds, _ what: String, _ records: [EnergyRecord]) {
        let title: String
        if records.isEmpty {
            title = "there is no energy record of \(what), and the scenario wants \(bounds.text) µJ"
        } else {
            let sum = records.totalEnergyUj
            if bounds.contains(sum) { return }
            title = "the energy of \(what) is \(sum) µJ, and the scenario wants \(bounds.text)"
        }
        findings.append(
            Finding(
                crashClass: .expectationMissed, title: title,
                signature: "\(CrashClass.expectationMissed.rawValue) energy of \(what)"))
    }
}

extension [EnergyRecord] {
    /// Their energy together, microjoules; what 64 bits cannot hold is the least or highest number there is.
    var totalEnergyUj: Int64 {
        reduce(0) { sum, record in
            let (total, overflow) = sum.addingReportingOverflow(record.energyUj)
            return overflow ? (record.energyUj < 0 ? .min : .max) : total
        }
    }
}
