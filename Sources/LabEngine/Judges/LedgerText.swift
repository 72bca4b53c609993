// SPDX-License-Identifier: Apache-2.0

import Evidence

/// What the ledger's judge found, in words.
struct LedgerText {
    private static let shown = 8

    private let evidence: RunEvidence
    private var table: ProcessTable { evidence.processes }

    init(_ evidence: RunEvidence) { self.evidence = evidence }

    /// Tasks without a record.
    ///
    /// - Parameter lost: Records that the module says were lost before anybody read them.
    func missing(_ account: LedgerAccount, lost: UInt64) -> Finding {
        var parts: [String] = []
        if !account.exitsMissing.isEmpty {
            parts.append(
                "\(account.exitsMissing.count) of \(account.exitsOwed) tasks that exited while the module was loaded"
            )
        }
        if !account.aliveMissing.isEmpty {
            parts.append(
                "\(account.aliveMissing.count) of \(account.aliveOwed) tasks that were alive when it was unloaded"
            )
        }
        var title = "\(parts.joined(separator: " and ")) have no energy record"
        if lost > 0 { title += "; \(lost) of them were lost for want of room" }
        let missing = account.exitsMissing + account.aliveMissing
        return Finding(
            crashClass: .recordsMissing, title: title,
            signature: "\(CrashClass.recordsMissing.rawValue) ledger",
            count: missing.count, evidence: missing.prefix(Self.shown).map { describe($0) })
    }

    /// Records that are said to be lost and were of no task.
    func lostOfNobody(_ account: LedgerAccount, lost: UInt64) -> Finding {
        let missing = account.exitsMissing.count + account.aliveMissing.count
        return Finding(
            crashClass: .recordsWrong,
            title: "\(lost) energy records were lost, and only \(missing) tasks have none"
                + (account.optional > 0 ? "; \(account.optional) more may have had one" : ""),
            signature: "\(CrashClass.recordsWrong.rawValue) lost of nobody")
    }

    /// Records with a fault.
    func wrong(_ wrong: [LedgerAccount.Wrong], _ fault: LedgerAccount.Fault) -> Finding {
        let lines = wrong.prefix(Self.shown).map { wrong in
            describe(evidence.records[wrong.record]) + (wrong.life.map { "; \(describe($0))" } ?? "")
        }
        return Finding(
            crashClass: .recordsWrong,
            title: "\(wrong.count) of \(evidence.records.count) energy records \(phrase(fault))",
            signature: "\(CrashClass.recordsWrong.rawValue) \(fault)", count: wrong.count, evidence: lines)
    }

    /// Printed records with a fault.
    func printed(_ places: [Int], _ phrase: String) -> Finding {
        Finding(
            crashClass: .recordsWrong,
            title: "\(places.count) of \(evidence.records.count) printed energy records are \(phrase)",
            signature: "\(CrashClass.recordsWrong.rawValue) printed \(phrase)", count: places.count,
            evidence: places.prefix(Self.shown).map { describe(evidence.records[$0]) })
    }

    private func phrase(_ fault: LedgerAccount.Fault) -> String {
        switch fault {
        case .ofNoTask: "are of no task: none had their pid and start"
        case .second: "are the second ones of their tasks"
        case .ofLivingTask: "are of tasks that had not exited"
        case .aliveAfterExit: "say that a task is alive which had exited"
        case .beyondExit: "were made of a later time than that of their tasks' exits"
        case .whileNotLoaded: "have a time at which the module was not loaded"
        }
    }

    // MARK: - lives and records

    private func describe(_ record: EnergyRecord) -> String {
        let start = record.startNs.map { ", started \(Self.time($0))" } ?? ""
        let alive = record.flags.contains(.alive) ? ", alive" : ""
        let seq = record.seq.map { " \($0)" } ?? ""
        return "record\(seq): \(record.comm) (\(record.pid))\(start),"
            + " exit \(record.exitNs.map(Self.time) ?? "unknown")\(alive)"
    }

    private func describe(_ place: Int) -> String {
        let life = table.lives[place]
        let name = life.comm.map { " (\($0))" } ?? ""
        let birth =
            life.forkedNs.map { "forked by \(life.parent) at \(Self.time($0))" } ?? "there from the start"
        let death: String =
            switch life.exitNs {
            case nil: "still alive"
            case let exit? where exit.lowerBound == exit.upperBound && !life.mayBeAlive:
                "exited at \(Self.time(exit.lowerBound))" + (life.exitCode.map { " with code \($0)" } ?? "")
            case let exit?: "exited at \(Self.time(exit.lowerBound)) or later"
            }
        let thread = life.isLeader ? "" : ", a thread of \(life.tgid)"
        return "task \(life.pid)\(name)\(thread): \(birth), \(death)"
    }

    /// Seconds since the guest's boot.
    private static func time(_ nanoseconds: UInt64) -> String {
        let microseconds = nanoseconds / 1000
        let fraction = String(microseconds % 1_000_000)
        return "\(microseconds / 1_000_000).\(String(repeating: "0", count: 6 - fraction.count))\(fraction) s"
    }
}
