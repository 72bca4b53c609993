// SPDX-License-Identifier: Apache-2.0

/// The kernel log of a guest, put together from its two roads home: the records of `/dev/kmsg`, rich,
/// which end when the kernel dies, and the serial console, poor, which has the panic.
public struct MergedKernelLog: Sendable {
    /// A range of sequence numbers of which neither road brought the records.
    public struct Gap: Sendable, Equatable {
        /// The first sequence number that is missing from the stream.
        public var first: UInt64
        /// The last one.
        public var last: UInt64
        /// How many of these the console could not fill either.
        public var missing: UInt64
    }

    /// The records of the stream, in its order.
    public let records: [KernelLogRecord]
    /// The merged log; each entry one line, with its time stamp and caller.
    public let entries: [ConsoleLine]
    /// Holes within the stream that the console could not fill.
    public let gaps: [Gap]
    /// Records before the first one of the stream that are missing from the console too.
    public let missingAtStart: UInt64
    /// Records that the console itself says it dropped after the stream had ended.
    public let droppedAtEnd: UInt64

    /// The merged log, each line as the kernel prints it: `[time][caller] text`.
    public var lines: [String] { entries.map(\.printed) }

    /// ``lines``, each ended by a newline.
    public var text: String { entries.map { $0.printed + "\n" }.joined() }

    /// How urgent each of ``lines`` is: a digit a line, from 0 (emergency) to 7 (debug), and `-` for what only the console
    /// had, which does not say.
    public var levels: String {
        var known: [ConsoleLine.Key: Int] = [:]
        for record in records {
            for line in record.consoleLines { known[line.key] = record.priority }
        }
        return entries.map { entry in known[entry.key].map { String(min(max($0, 0), 7)) } ?? "-" }.joined()
    }

    /// Whether every record since boot is there.
    public var isComplete: Bool { gaps.isEmpty && missingAtStart == 0 && droppedAtEnd == 0 }

    /// Merges what came over the two roads.
    ///
    /// - Parameters:
    ///   - kmsg: each element what one read(2) of `/dev/kmsg` returned; what is no record is left out.
    ///   - console: what the serial port wrote, from any point of time on.
    public init(kmsg: [[UInt8]], console: [UInt8]) {
        self.init(
            records: kmsg.compactMap(KernelLogRecord.init(kmsg:)), console: ConsoleLine.lines(of: console))
    }

    /// Merges records and console lines that are parsed already.
    public init(records: [KernelLogRecord], console: [ConsoleLine]) {
        var merger = LogMerger(records: records)
        merger.take(console)
        self.records = records
        entries = merger.entries
        gaps = merger.gaps
        missingAtStart = merger.missingAtStart
        droppedAtEnd = merger.droppedAtEnd
    }
}

extension ConsoleLine {
    /// What tells lines apart.
    fileprivate struct Key: Hashable {
        let timeUs: UInt64?
        let caller: String?
        let text: String
    }

    fileprivate var key: Key { Key(timeUs: timeUs, caller: caller, text: text) }
}

extension KernelLogRecord {
    /// Its lines as the console prints them.
    var consoleLines: [ConsoleLine] {
        message.split(separator: "\n", omittingEmptySubsequences: false).map {
            ConsoleLine(timeUs: timeUs, caller: caller, text: String($0))
        }
    }
}
