// SPDX-License-Identifier: Apache-2.0

/// Finds the console lines that are not in the stream, and the hole of the stream each belongs to.
///
/// Both roads bring records in the order of their sequence numbers, so a line's neighbours on the console
/// tell where it belongs, and its time stamp, which is the same on both roads, is checked against that.
/// A line that no hole has room for is not from the kernel log (anybody may write to the console) or is
/// torn; it is left out.
struct LogMerger {
    /// A place where records are missing: before record `index` of the stream.
    private struct Hole {
        var index: Int
        var first: UInt64
        var missing: UInt64
        var earliest: UInt64
        var latest: UInt64
        var lines: [ConsoleLine] = []
    }

    private let records: [KernelLogRecord]
    private var holes: [Hole] = []
    private var nextHole = 0
    private var tail: [ConsoleLine] = []
    private(set) var droppedAtEnd: UInt64 = 0

    init(records: [KernelLogRecord]) {
        self.records = records
        guard let first = records.first else { return }
        if first.seq > 0 {
            holes.append(Hole(index: 0, first: 0, missing: first.seq, earliest: 0, latest: first.timeUs))
        }
        for (index, pair) in zip(records, records.dropFirst()).enumerated() {
            let (before, after) = pair
            guard after.seq > before.seq, after.seq - before.seq > 1 else { continue }
            holes.append(
                Hole(
                    index: index + 1, first: before.seq + 1, missing: after.seq - before.seq - 1,
                    earliest: min(before.timeUs, after.timeUs), latest: max(before.timeUs, after.timeUs)))
        }
    }

    private struct Key: Hashable {
        var timeUs: UInt64
        var text: String
    }

    /// Distributes the console's lines.
    mutating func take(_ console: [ConsoleLine]) {
        var known: [Key: [Int]] = [:]
        for index in records.indices.reversed() {
            for line in records[index].consoleLines {
                known[Key(timeUs: records[index].timeUs, text: Self.comparable(line.text)), default: []]
                    .append(index)
            }
        }
        let lastTime = records.last?.timeUs ?? 0
        // The stream's record that the console showed last, and whether we are past the stream's end.
        var position = -1
        var isPastEnd = records.isEmpty
        for line in console {
            guard let time = line.timeUs else {
                if isPastEnd { appendToTail(line) }
                continue
            }
            let key = Key(timeUs: time, text: Self.comparable(line.text))
            if let index = known[key]?.popLast() {
                position = max(position, index)
                isPastEnd = position == records.count - 1
            } else if isPastEnd || time > lastTime {
                isPastEnd = true
                appendToTail(line)
            } else if let hole = hole(after: position, at: time) {
                holes[hole].lines.append(line)
            }
        }
    }

    /// The hole after record `position` of the stream that a line of that time may belong to. Both roads keep
    /// the order, so holes before the one found are not looked at again.
    private mutating func hole(after position: Int, at time: UInt64) -> Int? {
        while nextHole < holes.count, holes[nextHole].index <= position || holes[nextHole].latest < time {
            nextHole += 1
        }
        guard nextHole < holes.count, holes[nextHole].earliest <= time else { return nil }
        return nextHole
    }

    /// The console drops blanks at a line's end when it is narrow, and the parser replaces control bytes.
    private static func comparable(_ text: String) -> String {
        String(
            decoding: ConsoleLine(text.utf8).text.utf8.reversed().drop(while: \.isBlank).reversed(),
            as: UTF8.self)
    }

    private mutating func appendToTail(_ line: ConsoleLine) {
        // printk.c: "** %lu printk messages dropped **", in place of what the console was too slow for.
        let words = line.text.split(separator: " ")
        if words.count == 6, words[0] == "**", words[2...] == ["printk", "messages", "dropped", "**"],
            let count = UInt64(words[1])
        {
            droppedAtEnd = droppedAtEnd.addingReportingOverflow(count).partialValue
        }
        tail.append(line)
    }

    /// Everything in order.
    var entries: [ConsoleLine] {
        var result: [ConsoleLine] = []
        var pending = holes[...]
        for (index, record) in records.enumerated() {
            while let hole = pending.first, hole.index == index {
                result += hole.lines
                pending.removeFirst()
            }
            result += record.consoleLines
        }
        return result + tail
    }

    var gaps: [MergedKernelLog.Gap] {
        holes.compactMap { hole in
            let missing = Self.stillMissing(hole)
            guard hole.index > 0, missing > 0 else { return nil }
            return MergedKernelLog.Gap(
                first: hole.first, last: hole.first + hole.missing - 1, missing: missing)
        }
    }

    var missingAtStart: UInt64 {
        holes.first.map { $0.index == 0 ? Self.stillMissing($0) : 0 } ?? 0
    }

    /// The console does not number its lines, and a record may have several. Each line may be a record,
    /// and that is believed as long as it is possible.
    private static func stillMissing(_ hole: Hole) -> UInt64 {
        hole.missing - min(hole.missing, UInt64(hole.lines.count))
    }
}
