// SPDX-License-Identifier: Apache-2.0

import Evidence
import GuestContract

/// Everything a guest left behind, and how it ended. What judges judge.
struct RunEvidence: Sendable {
    /// The plan the guest was given.
    var plan: JobPlan
    /// How it ended.
    var ending: GuestMonitor.Ending
    /// What the agent said first, nil when it never did.
    var hello: GuestEvent.Hello?
    /// What it said last, nil when it never did.
    var goodbye: GuestEvent.Goodbye?
    /// Results by the step's place in the plan.
    var steps: [Int: GuestEvent.StepResult]
    /// When steps began, nanoseconds of the guest's clock, by their place in the plan.
    var stepStarts: [Int: UInt64] = [:]
    /// The step that had begun and not ended, nil when there is none.
    var openStep: Int?
    /// Console and streamed kernel log, merged.
    var log: MergedKernelLog
    /// The last lines of the console, for a finding that has no other evidence.
    var consoleTail: [String]
    /// Energy records from the device and from the log.
    var records: [EnergyRecord]
    /// Whether the records came as records, as opposed to lines of the log.
    var recordsAreBinary: Bool
    /// What is wrong with the bytes of the record device, nil when they are whole records.
    var recordProblem: String?
    /// The process ledger as it came.
    var ledgerEvents: [LedgerEvent]
    /// What it comes to.
    var processes: ProcessTable
    /// Why the ledger did not arrive whole, nil when it did.
    var ledgerProblem: String?
    /// What the agent noted.
    var notes: [String]
    /// Frames that were numbered and never came.
    var missingFrames: UInt64
    /// Bytes at the end of the channel that are no whole frame.
    var unfinishedBytes: Int
    /// Kernel log records that came.
    var kernelLogRecords: UInt64
    /// Bytes of records that came.
    var recordBytes: UInt64
    /// The module under test.
    var moduleUnderTest: String?
    /// What the system looked like, at the moments that the plan orders. Bytes that are no snapshot are one
    /// without sections.
    var snapshots: [SnapshotMoment: SystemSnapshot] = [:]
    /// The system's numbers again and again, in their order; none unless the plan orders them.
    var samples: [SystemSample] = []
    /// How much longer the same work takes on this kernel than on one without checks.
    var guestScale: Double = 1
    /// Whether the module under test is one that keeps energy records.
    var keepsRecords = true
    /// What the scenario wants.
    var expectations: Scenario.Expectations
    /// Where counts come from.
    var provenance: CounterProvenance
    /// What the guest's memory says, nil when it was not looked at.
    var postmortem: Postmortem?

    /// Records that were on their way when the guest crashed, and were found in its memory. They are kept for people:
    /// no judge relies on them.
    var recovered: [EnergyRecord] {
        guard let postmortem, ending != .goodbye, recordsAreBinary || records.isEmpty else { return [] }
        return RecoveredRecords.find(ring: postmortem.records, received: records)
    }
}
