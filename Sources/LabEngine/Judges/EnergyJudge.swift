// SPDX-License-Identifier: Apache-2.0

import Evidence
import GuestContract

/// The energy of every record must be the closed form of its counts, to a microjoule; its times and flags must go
/// together; and where the PMU is simulated, its counts must be those of its time.
///
/// Only for records whose model is known: those of our ABI. A module that only prints may use any
/// coefficients, so that there is nothing to compare with.
struct EnergyJudge: Judge {
    /// Microjoules, when the scenario says nothing else.
    private static let tolerance: Int64 = 1
    private static let shown = 8

    func judge(_ evidence: RunEvidence, earlier: [Finding]) -> Judgement {
        guard evidence.recordsAreBinary else { return .nothing }
        var judgement = Judgement()
        let tolerance = UInt64(max(0, evidence.expectations.thresholds[.energy] ?? Self.tolerance))
        let wrong = evidence.records.filter { ($0.closedFormError ?? 0) > tolerance }.map { record in
            "\(record.comm) (\(record.pid)): recorded \(record.energyUj) µJ, its counts come to"
                + " \(EnergyArithmetic.energy(counts: record.counts)) µJ"
        }
        judgement.add(
            "the energy of \(wrong.count) records is not that of their counts", "closed-form", wrong)
        let contradictions = evidence.records.flatMap { $0.contradictions(scale: evidence.guestScale) }
        judgement.add(
            "\(contradictions.count) records contradict themselves", "contradiction", contradictions)
        judgeCounts(evidence, &judgement)
        judgeMissing(evidence, &judgement)
        return judgement
    }

    private func judgeCounts(_ evidence: RunEvidence, _ judgement: inout Judgement) {
        guard evidence.provenance == .simulated else { return }
        guard let form = evidence.closedForm else {
            judgement.notes.append(
                "counts were not compared with their closed form: only the module knows it")
            return
        }
        let flaws = form.flaws(of: evidence.records)
        judgement.add("the counts of \(flaws.count) records are not those of their time", "counts", flaws)
    }

    /// Tasks that lived while every CPU was counted, and were not counted all the time.
    private func judgeMissing(_ evidence: RunEvidence, _ judgement: inout Judgement) {
        guard let window = evidence.countingWindow else { return }
        let records = Conservation.Material.lastLife(of: evidence.records)
        let missing = records.filter { $0.shouldBeWhole(in: window) }.compactMap(\.missingTime)
        guard !missing.isEmpty else { return }
        if let excuse = evidence.excuseForMissingTime {
            judgement.notes.append("\(missing.count) tasks were not counted all the time: \(excuse)")
        } else {
            judgement.add("\(missing.count) tasks were not counted all the time", "missing-time", missing)
        }
    }
}

extension Judgement {
    fileprivate mutating func add(_ title: String, _ rule: String, _ lines: [String]) {
        guard let first = lines.first else { return }
        findings.append(
            Finding(
                crashClass: .energyWrong, title: "\(title), first \(first)",
                signature: "energy_wrong \(rule)",
                count: lines.count, evidence: Array(lines.prefix(8))))
    }
}

extension EnergyRecord {
    /// How far the recorded energy is from the closed form of the counts, microjoules; nil when they are of
    /// a model that the lab does not know.
    var closedFormError: UInt64? {
        table == Self.pCoreTable ? EnergyArithmetic.error(self)?.magnitude : nil
    }

    /// `PACCT_TABLE_INTEL_PCORE` in kmod/pacct_energy/pacct_energy.h: the only one that energy was ever fitted for.
    static let pCoreTable: UInt16 = 2
}

extension RunEvidence {
    /// The closed form of the simulated counters; nil when the plan does not tell.
    var closedForm: ClosedForm? {
        guard let pmu = plan.simulatedPMU, let module = moduleUnderTest,
            let configs = plan.modelConfigs(of: module)
        else { return nil }
        return ClosedForm(pmu: pmu, configs: configs, scale: guestScale)
    }

    /// When the module was loaded for the last time, and nothing had begun to take it away; nil when that is not known.
    var countingWindow: CountingWindow? {
        guard let start = snapshots[.loaded]?.boottime, let end = snapshots[.beforeUnload]?.boottime else {
            return nil
        }
        // Who has just exited is switched out for the last time a little later.
        let margin = UInt64(100_000_000 * guestScale)
        return CountingWindow(start: start, end: end > margin ? end - margin : 0)
    }

    /// Why tasks may rightly not have been counted all the time: the module says so itself, or CPUs went away.
    fileprivate var excuseForMissingTime: String? {
        if log.lines.contains(where: { $0.contains("is now offline") }) { return "CPUs went offline" }
        if records.contains(where: { !($0.refused ?? []).isEmpty }) { return "the PMU refused counters" }
        let values = snapshots[.beforeUnload]?.statistics(1)?.values ?? [:]
        for name in ["forks_missed", "orphans", "read_errors"] {
            if let count = values[name], count > 0 { return "the module's statistics say \(name) \(count)" }
        }
        return nil
    }
}
