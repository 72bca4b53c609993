// SPDX-License-Identifier: Apache-2.0

@testable import Evidence

/// A guest's ledger made by hand: init alone at first, and a module that is loaded from 1 s to 9 s.
struct LedgerFixture {
    static let module = "pacct_energy"
    static let second: UInt64 = 1_000_000_000
    static let loaded = 1 * second
    static let unloading = 9 * second

    private var before: [LedgerEvent] = []
    private var during: [LedgerEvent] = []
    var hasDevice = true
    /// Events that come after everything else.
    var extra: [LedgerEvent] = []

    /// A task is made.
    mutating func fork(_ pid: Int32, tgid: Int32? = nil, by parent: Int32 = 1, at time: UInt64) {
        add(
            .init(
                timeNs: time,
                what: .fork(pid: pid, tgid: tgid ?? pid, parentPid: parent, parentTgid: parent)))
    }

    /// A task ends.
    mutating func exit(_ pid: Int32, tgid: Int32? = nil, at time: UInt64) {
        add(
            .init(
                timeNs: time,
                what: .exit(pid: pid, tgid: tgid ?? pid, parentPid: 1, parentTgid: 1, code: 0)))
    }

    /// A process runs another program.
    mutating func exec(_ pid: Int32, at time: UInt64) {
        add(.init(timeNs: time, what: .exec(pid: pid, tgid: pid)))
    }

    private mutating func add(_ event: LedgerEvent) { during.append(event) }

    /// The table that the ledger comes to.
    var table: ProcessTable {
        var events = [
            mark(.listening, 1), mark(.listing, 2), task(1, 2), mark(.listed, 3),
            mark(.loadStarted, Self.loaded - 1000, Self.module), mark(.loadEnded, Self.loaded, Self.module),
            mark(.listing, Self.loaded + 1), task(1, Self.loaded + 2), mark(.listed, Self.loaded + 3),
        ]
        events += during.sorted { $0.timeNs < $1.timeNs }.filter { $0.timeNs < Self.unloading }
        events += [
            mark(.unloadStarted, Self.unloading, Self.module),
            mark(.unloadEnded, Self.unloading + 1_000_000, Self.module),
        ]
        events += during.sorted { $0.timeNs < $1.timeNs }.filter { $0.timeNs >= Self.unloading }
        events += extra + [mark(.ended, 10 * Self.second)]
        return ProcessTable(of: events)
    }

    private func mark(_ mark: LedgerEvent.Mark, _ time: UInt64, _ module: String = "") -> LedgerEvent {
        .init(timeNs: time, what: .mark(mark, wentWell: true, hasDevice: hasDevice, module: module))
    }

    private func task(_ pid: Int32, _ time: UInt64) -> LedgerEvent {
        .init(
            timeNs: time,
            what: .task(
                .init(
                    pid: pid, tgid: pid, parent: 0, startNs: 0, isExiting: false, isKernelThread: false,
                    comm: "init")))
    }

    /// The record of a task as the module makes it: started a moment before its fork was told of, ended a moment
    /// before its exit was.
    static func record(
        _ pid: Int32, tgid: Int32? = nil, forked: UInt64, exited: UInt64, flags: EnergyRecord.Flags = []
    ) -> EnergyRecord {
        EnergyRecord(
            comm: "x", pid: pid, tgid: tgid ?? pid, startNs: forked - min(forked, 2000),
            exitNs: exited - 2000,
            energyUj: 0, counts: [], flags: flags)
    }

    /// The record of init, which is alive when the module is unloaded.
    static let initRecord = record(1, forked: 0, exited: unloading + 500_000, flags: .alive)
}
