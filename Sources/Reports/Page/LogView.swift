// SPDX-License-Identifier: Apache-2.0

import LabEngine

/// The kernel log, as the page of a run shows it: all of it, or its beginning and its end.
struct LogView {
    /// Lines that a browser on a phone takes well.
    private static let head = 1500
    private static let tail = 4500
    private static let markup = 32

    /// What is shown.
    let lines: [RunPage.LogLine]
    /// What is to be known about it, nil when nothing is.
    let note: String?

    /// The log of a run, as much of it as there is room for.
    init(_ run: StoredRun) {
        let file = "\(run.folder.appending("kernel.log"))"
        let log = run.log
        let head = Self.taken(log.prefix(Self.head), bytes: RunPage.Limit.logHead)
        // From the end back: what a kernel says last is what it died of.
        let rest = log.dropFirst(head.count)
        let tail = Self.taken(
            rest.reversed().prefix(head.count + rest.count <= Self.head + Self.tail ? rest.count : Self.tail),
            bytes: RunPage.Limit.log - RunPage.Limit.logHead)
        let omitted = rest.count - tail.count
        var lines = head
        if omitted > 0 {
            lines.append(
                .init(text: "... \(omitted) lines are left out here; \(file) has them ...", style: "cut"))
        }
        self.lines = lines + tail.reversed()
        let isClipped = (head + tail).contains { $0.isClipped }
        note =
            run.logIsCut
            ? "The log is longer than a page can hold: this is of its beginning only. \(file) has all of it."
            : isClipped ? "Lines that are very long are cut. \(file) has them whole." : nil
    }

    private static func taken(_ log: some Sequence<StoredRun.LogLine>, bytes: Int) -> [RunPage.LogLine] {
        var room = PageAllowance(bytes)
        var lines: [RunPage.LogLine] = []
        for line in log {
            guard let text = room.take(line.text, markup: markup) else { break }
            lines.append(
                .init(text: text, style: style(of: line), isClipped: PageAllowance.isClipped(line.text)))
        }
        return lines
    }

    private static func style(of line: StoredRun.LogLine) -> String {
        switch line.level {
        case .some(0...3): "bad"
        case .some(4): "warn"
        case .some(7): "dbg"
        default: ""
        }
    }
}
