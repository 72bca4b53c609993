// SPDX-License-Identifier: Apache-2.0

/// The account of one task: what it counted, and the energy estimated from that.
///
/// What the binary record of `/dev/pacct_energy` says and a line in the kernel log does not is optional.
public struct EnergyRecord: Sendable, Codable, Equatable {
    /// Where counts come from.
    public enum Source: String, Sendable, Codable {
        /// There was no PMU: all counts are zero.
        case none
        /// A PMU of the machine, or one passed through.
        case hardware
        /// The simulated PMU.
        case simulated
        /// The record does not say, or says something we do not know.
        case unknown
    }

    /// What a task counted on CPUs of one core type.
    public struct CoreCounts: Sendable, Codable, Equatable {
        /// Number of the event table used.
        public var table: UInt16
        /// Time between the counter reads that begin and end each counted slice, summed, nanoseconds.
        public var clockNs: UInt64
        /// Events counted, in the order of the event table.
        public var counts: [UInt64]
        /// Indices of the events that the PMU refused, so that their counts are 0 or too small.
        public var refused: [Int]

        /// Counts of these parts.
        public init(table: UInt16, clockNs: UInt64, counts: [UInt64], refused: [Int] = []) {
            self.table = table
            self.clockNs = clockNs
            self.counts = counts
            self.refused = refused
        }
    }

    /// Number of the record since the module was loaded, without gaps in what the module wrote.
    public var seq: UInt64?
    /// Name of the task at its exit.
    public var comm: String
    /// Thread id in the initial pid namespace.
    public var pid: Int32
    /// Process id in the initial pid namespace.
    public var tgid: Int32?
    /// Process id of the real parent at exit.
    public var ppid: Int32?
    /// `task_struct.exit_code`, as wait(2) reports it.
    public var exitCode: UInt32?
    /// Start of the task, CLOCK_BOOTTIME, nanoseconds.
    public var startNs: UInt64?
    /// When the record was made, CLOCK_BOOTTIME, nanoseconds. From the log: the time stamp of its line.
    public var exitNs: UInt64?
    /// CPU time of the task, nanoseconds.
    public var runtimeNs: UInt64?
    /// Part of the CPU time during which its events counted, nanoseconds.
    public var countedNs: UInt64?
    /// The estimate, microjoules.
    public var energyUj: Int64
    /// Events counted, in the order of the event table; on a hybrid machine those of the P-cores.
    public var counts: [UInt64]
    /// Where the counts come from.
    public var source: Source
    /// What is special about this record.
    public var flags: Flags
    /// Records overwritten before anybody read them, since the module was loaded.
    public var lost: UInt64
    /// Number of the event table of ``counts``.
    public var table: UInt16?
    /// Time between the counter reads that begin and end each slice in which ``counts`` were counted, summed,
    /// nanoseconds: what the counters saw, where ``countedNs`` is what the scheduler bills.
    public var clockNs: UInt64?
    /// Times the task was switched out while its events counted.
    public var slices: UInt64?
    /// Indices of the events of ``counts`` that the PMU refused, so that their counts are 0 or too small.
    public var refused: [Int]?
    /// What it counted on the E-cores of a hybrid machine; nil when the machine has one type of core.
    public var second: CoreCounts?
    /// Set when nobody had read it, and it was found in the memory of a crashed guest.
    public var recovered: Bool?

    /// A record of these parts.
    public init(
        seq: UInt64? = nil, comm: String, pid: Int32, tgid: Int32? = nil, ppid: Int32? = nil,
        exitCode: UInt32? = nil, startNs: UInt64? = nil, exitNs: UInt64? = nil, runtimeNs: UInt64? = nil,
        countedNs: UInt64? = nil, energyUj: Int64, counts: [UInt64], source: Source = .unknown,
        flags: Flags = [], lost: UInt64 = 0, table: UInt16? = nil, clockNs: UInt64? = nil,
        slices: UInt64? = nil, refused: [Int]? = nil, second: CoreCounts? = nil
    ) {
        self.seq = seq
        self.comm = comm
        self.pid = pid
        self.tgid = tgid
        self.ppid = ppid
        self.exitCode = exitCode
        self.startNs = startNs
        self.exitNs = exitNs
        self.runtimeNs = runtimeNs
        self.countedNs = countedNs
        self.energyUj = energyUj
        self.counts = counts
        self.source = source
        self.flags = flags
        self.lost = lost
        self.table = table
        self.clockNs = clockNs
        self.slices = slices
        self.refused = refused
        self.second = second
    }
}
