// SPDX-License-Identifier: Apache-2.0

import Evidence

extension RunReport {
    /// The records held against the agent's ledger of forks and exits, in short.
    public struct Ledger: Sendable, Codable {
        /// Process events that the guest's kernel told: forks, execs and exits.
        public var events: Int
        /// Tasks that the ledger knows.
        public var tasks: Int
        /// Tasks whose exit the module owed a record.
        public var exitsOwed: Int
        /// How many of these have one.
        public var exitsMatched: Int
        /// Tasks that were alive at an unload, and owed a record that says so.
        public var aliveOwed: Int
        /// How many of these have one.
        public var aliveMatched: Int
        /// Records that are wrong: of no task, second ones, of the wrong time.
        public var wrong: Int
        /// How often the kernel dropped events because the agent had not read the earlier ones.
        public var overruns: Int
        /// Events that never came.
        public var missingEvents: UInt64
    }
}

extension RunReport.Ledger {
    /// Nil where there is nothing to hold against the ledger: no module, or one that keeps no records of ours.
    init?(_ evidence: RunEvidence) {
        guard let module = evidence.moduleUnderTest, evidence.hasRecordABI else { return nil }
        let processes = evidence.processes
        let account = LedgerAccount(processes, records: evidence.records, module: module)
        self.init(
            events: processes.events, tasks: processes.lives.count, exitsOwed: account.exitsOwed,
            exitsMatched: account.exitsFound, aliveOwed: account.aliveOwed, aliveMatched: account.aliveFound,
            wrong: account.wrong.count, overruns: processes.overruns, missingEvents: processes.missingEvents)
    }
}
