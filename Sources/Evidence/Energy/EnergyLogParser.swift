// SPDX-License-Identifier: Apache-2.0

/// Finds energy records that a module printed into the kernel log.
///
/// The shape, as the existing module prints it at a task's exit (see ``EnergyLogLine``):
///
///     ...: Process exiting: PID 71, COMM "sha1sum", energy estimate 5781682 (uJ)
///     ...: Event counts for exiting PID 71:
///     ...: [0]: count=8455301134, diff=623288545
///     ...: [1]: count=26733799528, diff=1972372571
///
/// Lines of one exit come in this order from one context, with lines of others in between. printk's
/// caller says whose line it is. Without it lines of two exits that overlap cannot be told apart, and
/// the records stay without counts.
public struct EnergyLogParser: Sendable {
    /// What was found.
    public struct Result: Sendable, Equatable {
        /// In the order of their first lines.
        public var records: [EnergyRecord] = []
        /// What could not be read, for people.
        public var problems: [String] = []
    }

    /// More events than any table has.
    private static let maxEvents = 64

    /// More exits than ever overlap.
    private static let maxOpen = 64

    /// A parser.
    public init() {}

    /// The records of a merged log.
    public func parse(_ log: MergedKernelLog) -> Result { parse(log.entries) }

    /// The records in these lines.
    public func parse(_ lines: [ConsoleLine]) -> Result {
        var result = Result()
        // Places of records that may still get counts, by the caller of their lines.
        var open: [String?: [Int]] = [:]
        // The most counts that any record has so far.
        var longest = 0
        // Records whose counts cannot be trusted.
        var tangled: Set<Int> = []
        for line in lines {
            switch EnergyLogLine(line.text) {
            case .summary(let pid, let comm, let energy):
                let exitNs = line.timeUs.flatMap { time -> UInt64? in
                    let (ns, overflow) = time.multipliedReportingOverflow(by: 1000)
                    return overflow ? nil : ns
                }
                result.records.append(
                    EnergyRecord(comm: comm, pid: pid, exitNs: exitNs, energyUj: energy, counts: []))
                if line.caller != nil {
                    open[line.caller] = [result.records.count - 1]
                } else {
                    let unfinished = open[nil, default: []].suffix(Self.maxOpen).filter {
                        isUnfinished(result.records[$0], longest: longest)
                    }
                    open[nil] = unfinished + [result.records.count - 1]
                }
            case .count(let index, let count):
                let candidates = open[line.caller, default: []].filter {
                    result.records[$0].counts.count == index
                }
                if let place = candidates.first, index < Self.maxEvents {
                    result.records[place].counts.append(count)
                    longest = max(longest, index + 1)
                    if candidates.count > 1 { tangled.formUnion(candidates) }
                } else if let place = open[line.caller]?.last {
                    tangled.insert(place)
                }
            case .other: continue
            }
        }
        for place in tangled.sorted() {
            result.records[place].counts = []
            result.problems.append(
                "counts of PID \(result.records[place].pid) are incomplete, or mixed with another exit's")
        }
        return result
    }

    /// Whether a record can still get counts: it has none, or fewer than the longest so far.
    private func isUnfinished(_ record: EnergyRecord, longest: Int) -> Bool {
        record.counts.isEmpty || record.counts.count < longest
    }
}
