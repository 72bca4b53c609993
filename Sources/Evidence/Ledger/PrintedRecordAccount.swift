// SPDX-License-Identifier: Apache-2.0

/// Energy records that a module printed, held against the ledger.
///
/// They name a pid and have the time of their line, no more. And nobody knows which tasks such a module promises to
/// trace, so that a record that is not there proves nothing. But every record must be of a task that exited, and no task
/// may have two.
public struct PrintedRecordAccount: Sendable, Equatable {
    /// Records of pids that no task had which exited while the module was loaded: places among the records.
    public var ofNoTask: [Int] = []
    /// Records beyond the number of tasks that had the pid and exited.
    public var second: [Int] = []

    /// How much the clock of the kernel log may differ from `CLOCK_BOOTTIME`, nanoseconds.
    private static let clockDifference: UInt64 = 1_000_000_000

    /// Holds the records that `module` printed against the table.
    public init(_ table: ProcessTable, records: [EnergyRecord], module: String) {
        guard let loaded = table.windows.first(where: { $0.module == module })?.loadStartedNs else { return }
        let timed = records.enumerated().filter { $0.element.exitNs != nil }
        let byPid = Dictionary(grouping: timed) { $0.element.pid }
        for (pid, records) in byPid {
            let ended = (table.livesByPid[pid] ?? []).map { table.lives[$0] }.filter { life in
                guard let exit = life.exitNs?.upperBound else { return false }
                return exit &+ Self.clockDifference >= loaded
            }
            let sorted = records.sorted {
                ($0.element.exitNs ?? 0, $0.offset) < ($1.element.exitNs ?? 0, $1.offset)
            }
            for (number, record) in sorted.enumerated() {
                let time = (record.element.exitNs ?? 0) &+ Self.clockDifference
                let tasks = ended.count { $0.forkedNs ?? 0 <= time }
                if tasks == 0 {
                    ofNoTask.append(record.offset)
                } else if tasks <= number {
                    second.append(record.offset)
                }
            }
        }
        ofNoTask.sort()
        second.sort()
    }
}
