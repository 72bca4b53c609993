// SPDX-License-Identifier: Apache-2.0

import Evidence

extension RunReport {
    /// The ledger of processes in short.
    public struct Ledger: Sendable, Codable {
        /// Events that the kernel told.
        public var events = 0
        /// Tasks that the ledger knows.
        public var tasks = 0
        /// Exits that were told.
        public var exits = 0
        /// Whether the module's records were held against it, task by task. What follows is 0 otherwise.
        public var judged = false
        /// Tasks that exited while the module was loaded, each of which is owed a record.
        public var exitsOwed = 0
        /// Of these, how many have one.
        public var exitsFound = 0
        /// Tasks that were alive when the module was unloaded, each of which is owed a record that says so.
        public var aliveOwed = 0
        /// Of these, how many have one.
        public var aliveFound = 0
        /// Tasks that began or ended while the module came or went, and may have a record.
        public var optional = 0
        /// Records that are of no task, of one that has a record already, or otherwise wrong.
        public var wrongRecords = 0
        /// Times the kernel had no room for an event.
        public var overruns = 0
        /// Events that never came.
        public var missingEvents: UInt64 = 0
    }
}

extension RunReport.Ledger {
    /// The ledger of a run's evidence; nil when there is none.
    init?(_ evidence: RunEvidence) {
        let table = evidence.processes
        guard !table.lives.isEmpty else { return nil }
        events = table.events
        tasks = table.lives.count
        exits = table.exits
        overruns = table.overruns
        missingEvents = table.missingEvents
        guard let account = LedgerJudge.account(evidence) else { return }
        judged = true
        exitsOwed = account.exitsOwed
        exitsFound = account.exitsFound
        aliveOwed = account.aliveOwed
        aliveFound = account.aliveFound
        optional = account.optional
        wrongRecords = account.wrong.count
    }
}
