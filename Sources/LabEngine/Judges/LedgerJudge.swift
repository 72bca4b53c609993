// SPDX-License-Identifier: Apache-2.0

import Evidence

/// Every task that exits while the module is loaded has exactly one energy record, and every record is of such a task:
/// the module's records against the agent's ledger of forks and exits.
///
/// A ledger that misses events proves nothing, and a module that is not judged does not pass.
struct LedgerJudge: Judge {
    func judge(_ evidence: RunEvidence, earlier: [Finding]) -> Judgement {
        guard evidence.ending == .goodbye, let module = evidence.moduleUnderTest else { return .nothing }
        let windows = evidence.processes.windows.filter { $0.module == module }
        guard evidence.hasRecordABI || !evidence.records.isEmpty else { return .nothing }
        guard evidence.plan.keepsLedger else {
            return Judgement(notes: [
                "the plan wants no ledger of processes: records were not held against it"
            ])
        }
        let doubts = Self.doubts(evidence)
        if !doubts.isEmpty {
            let text = "the ledger of processes cannot be relied upon: \(doubts.joined(separator: ", "))"
            return evidence.hasRecordABI
                ? Judgement(doubts: [text])
                : Judgement(notes: ["\(text); the module's records were not held against it"])
        }
        guard !windows.isEmpty else {
            let text = "no step loaded the module: its records were not held against the ledger of processes"
            return evidence.hasRecordABI ? Judgement(doubts: [text]) : Judgement(notes: [text])
        }
        return evidence.hasRecordABI
            ? judgeRecords(evidence, module, windows) : judgePrinted(evidence, module)
    }

    /// Why the ledger of processes cannot be relied upon. Empty for a good one.
    private static func doubts(_ evidence: RunEvidence) -> [String] {
        evidence.processes.doubts + (evidence.ledgerProblem.map { [$0] } ?? [])
    }

    /// The account that is judged; nil when there is none.
    static func account(_ evidence: RunEvidence) -> LedgerAccount? {
        guard
            evidence.ending == .goodbye, let module = evidence.moduleUnderTest, evidence.hasRecordABI,
            doubts(evidence).isEmpty, evidence.processes.windows.contains(where: { $0.module == module })
        else { return nil }
        return LedgerAccount(evidence.processes, records: evidence.records, module: module)
    }

    // MARK: - records of our ABI

    private func judgeRecords(
        _ evidence: RunEvidence, _ module: String, _ windows: [ModuleWindow]
    ) -> Judgement {
        let account = LedgerAccount(evidence.processes, records: evidence.records, module: module)
        let text = LedgerText(evidence)
        var judgement = Judgement()
        let missing = account.exitsMissing + account.aliveMissing
        // Records that were overwritten before anybody read them are a finding of their own.
        let lost = RecordOrder(evidence.records.compactMap(\.seq)).missing
        let allowed = UInt64(max(0, evidence.expectations.thresholds[.ledger] ?? 0))
        if UInt64(missing.count) > lost.addingReportingOverflow(allowed).partialValue {
            judgement.findings.append(text.missing(account, lost: lost))
        } else if lost > UInt64(missing.count + account.optional) {
            judgement.findings.append(text.lostOfNobody(account, lost: lost))
        }
        for fault in LedgerAccount.Fault.allCases {
            let wrong = account.wrong.filter { $0.fault == fault }
            if !wrong.isEmpty { judgement.findings.append(text.wrong(wrong, fault)) }
        }
        if windows.contains(where: { $0.unloadEndedNs != nil && !$0.deviceOpenAtUnload }) {
            judgement.notes.append(
                "the record device was not open during an unload: tasks alive then were not judged")
        }
        return judgement
    }

    // MARK: - records that were printed

    private func judgePrinted(_ evidence: RunEvidence, _ module: String) -> Judgement {
        let account = PrintedRecordAccount(evidence.processes, records: evidence.records, module: module)
        let text = LedgerText(evidence)
        var judgement = Judgement(notes: [
            "the module prints its records: whether every task has one was not judged"
        ])
        if !account.ofNoTask.isEmpty {
            judgement.findings.append(text.printed(account.ofNoTask, "of no task that exited"))
        }
        if !account.second.isEmpty {
            judgement.findings.append(text.printed(account.second, "of tasks that had one already"))
        }
        return judgement
    }
}

extension RunEvidence {
    /// Whether the module under test has the record device of our ABI.
    var hasRecordABI: Bool {
        recordsAreBinary
            || processes.windows.contains {
                $0.module == moduleUnderTest && ($0.hasDevice || $0.deviceOpenAtUnload)
            }
    }
}
