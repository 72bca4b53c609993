// SPDX-License-Identifier: Apache-2.0

import Evidence

extension RunEvidence {
    /// Puts together what was collected.
    ///
    /// Records come from the device where the module has one, and from the lines of the kernel log
    /// otherwise.
    ///
    /// - Parameter tail: Lines of the console to keep for findings without other evidence.
    init(
        collected: EvidenceCollector, ending: GuestMonitor.Ending, job: Job,
        expectations: Scenario.Expectations, tail: Int
    ) {
        plan = job.plan
        self.ending = ending
        hello = collected.hello
        goodbye = collected.goodbye
        steps = collected.steps
        stepStarts = collected.stepStarts
        openStep = collected.openStep
        let (kmsg, console) = collected.shownLogs
        log = MergedKernelLog(kmsg: kmsg, console: console)
        consoleTail = String(decoding: collected.console.suffix(64 << 10), as: UTF8.self)
            .split(whereSeparator: \.isNewline).suffix(tail).map(String.init)
        let binary = EnergyRecord.records(decoding: collected.recordBytes)
        recordsAreBinary = !collected.recordBytes.isEmpty
        records = recordsAreBinary ? binary.records : EnergyLogParser().parse(log).records
        recordProblem = binary.problem
        let ledger = LedgerEvent.events(decoding: collected.ledgerBytes)
        ledgerEvents = ledger.events
        processes = ProcessTable(of: ledger.events)
        ledgerProblem =
            collected.ledgerOmitted > 0
            ? "\(collected.ledgerOmitted) bytes of it were too many to keep" : ledger.problem
        notes = collected.notes
        if collected.consoleOmitted > 0 {
            notes.append("\(collected.consoleOmitted) bytes of the console were not kept")
        }
        missingFrames = collected.missingFrames
        unfinishedBytes = collected.unfinishedBytes
        kernelLogRecords = collected.kernelLogRecords
        recordBytes = UInt64(collected.recordBytes.count)
        moduleUnderTest = job.moduleUnderTest
        snapshots = collected.snapshots.mapValues { SystemSnapshot(decoding: $0) }
        samples = SystemSample.samples(decoding: collected.samples)
        guestScale = job.guestScale
        keepsRecords = job.keepsRecords
        self.expectations = expectations
        provenance = job.provenance
    }
}

extension EvidenceCollector {
    /// What is read of the logs: all of it, or of a flood its beginning and its end.
    fileprivate var shownLogs: (kmsg: [[UInt8]], console: [UInt8]) {
        guard flood != nil else { return (kernelLog, console) }
        return (
            Self.ends(of: kernelLog, size: \.count), Self.ends(of: console[...], size: { _ in 1 }).map(\.self)
        )
    }

    /// The first and the last elements that together are not larger than ``floodShown`` each.
    private static func ends<Whole: RandomAccessCollection>(
        of whole: Whole, size: (Whole.Element) -> Int
    ) -> [Whole.Element] where Whole.Index == Int {
        var total = 0
        let head = whole.prefix { element in
            total += size(element)
            return total <= floodShown
        }
        total = 0
        let tail = whole[head.endIndex...].reversed().prefix { element in
            total += size(element)
            return total <= floodShown
        }
        return Array(head) + tail.reversed()
    }
}
