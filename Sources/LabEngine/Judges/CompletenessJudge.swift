// SPDX-License-Identifier: Apache-2.0

import Evidence

/// A pass needs positive evidence: everything that the agent says it has sent has arrived.
struct CompletenessJudge: Judge {
    func judge(_ evidence: RunEvidence, earlier: [Finding]) -> Judgement {
        guard evidence.ending == .goodbye else { return .nothing }
        var doubts: [String] = []
        guard let goodbye = evidence.goodbye, let hello = evidence.hello else {
            return Judgement(doubts: ["the agent's first or last frame is missing"])
        }
        if hello.job != evidence.plan.job {
            doubts.append("the agent says it did the job \"\(hello.job)\", not this one")
        }
        if evidence.missingFrames > 0 {
            doubts.append("\(evidence.missingFrames) frames of the channel are missing")
        }
        if goodbye.droppedFrames > 0 {
            doubts.append("the agent had to leave out \(goodbye.droppedFrames) frames: the channel was full")
        }
        if evidence.unfinishedBytes > 0 {
            doubts.append("the channel ends in the middle of a frame (\(evidence.unfinishedBytes) bytes)")
        }
        if evidence.kernelLogRecords != goodbye.kernelLogRecords {
            doubts.append(
                "\(evidence.kernelLogRecords) kernel log records arrived of \(goodbye.kernelLogRecords) sent")
        }
        if evidence.recordBytes != goodbye.recordBytes {
            doubts.append("\(evidence.recordBytes) bytes of records arrived of \(goodbye.recordBytes) sent")
        }
        if UInt64(evidence.ledgerEvents.count) != goodbye.ledgerEntries {
            doubts.append(
                "\(evidence.ledgerEvents.count) entries of the process ledger arrived of"
                    + " \(goodbye.ledgerEntries) sent")
        }
        doubts += evidence.log.gaps.map { gap in
            "the kernel log has a gap: records \(gap.first) to \(gap.last), \(gap.missing) of them lost"
        }
        if evidence.log.missingAtStart > 0 {
            doubts.append("the first \(evidence.log.missingAtStart) records of the kernel log are missing")
        }
        if evidence.log.droppedAtEnd > 0 {
            doubts.append("the last \(evidence.log.droppedAtEnd) records of the kernel log are missing")
        }
        return Judgement(doubts: doubts)
    }
}
