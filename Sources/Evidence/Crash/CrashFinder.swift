// SPDX-License-Identifier: Apache-2.0

/// Goes through a log and finds the crashes in it.
struct CrashFinder {
    private static let scanner = HeaderScanner(ReportRule.all.map(\.marker))
    /// Bytes of reports, in all, that are read. A log that is full of reports is not worth more time: after
    /// that, reports are read only so far as `shortReach` goes.
    private static let budget = 4 << 20
    private static let shortReach = 8 << 10
    /// Reports, in all, that are looked at.
    private static let reportLimit = 1000
    /// A part of another report is not farther from that report's header, in bytes.
    private static let echoReach = 1 << 16

    private let log: [UInt8]

    init(_ log: [UInt8]) { self.log = log }

    /// Calls `visit` with each crash, in the order of the log, until it returns false.
    func crashes(visit: (Crash) -> Bool) {
        var budget = Self.budget
        var left = Self.reportLimit
        var last: Crash?
        Self.scanner.scan(log) { line, matches in
            let rules = Set(matches.map(\.marker)).sorted()
            for part in ReportLine.split(log[line]) {
                let limit = budget > 0 ? Report.reach : Self.shortReach
                let report = Report(header: part, end: line.upperBound, log: log[...], limit: limit)
                defer { budget -= report.bytesRead }
                guard let crash = crash(report, rules, matches) else { continue }
                if crash.isEcho, let last, isNear(crash, last) { continue }
                last = crash
                left -= 1
                return visit(crash) && left > 0
            }
            return true
        }
    }

    private func crash(_ report: Report, _ rules: [Int], _ matches: [HeaderScanner.Match]) -> Crash? {
        let text = report.header.text
        for rule in rules {
            guard
                let match = matches.first(where: { $0.marker == rule && text.indices.contains($0.position) }),
                let crash = Crash(report, ReportRule.all[rule], at: match.position)
            else { continue }
            return crash
        }
        return nil
    }

    private func isNear(_ crash: Crash, _ last: Crash) -> Bool {
        crash.header.header.caller == last.header.header.caller
            && crash.header.header.start - last.header.header.start < Self.echoReach
    }
}
