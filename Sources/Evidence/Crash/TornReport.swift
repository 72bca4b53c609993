// SPDX-License-Identifier: Apache-2.0

/// Tells whether a report and its call trace belong together. Without printk's caller in the log, lines
/// of two CPUs mix, and the first call trace after a header may be somebody else's.
enum TornReport {
    private static let scanner = HeaderScanner(ReportRule.all.map(\.marker))
    /// Lines between header and call trace that are looked at.
    private static let reach = 80

    static func isTorn(_ report: Report) -> Bool {
        guard report.header.caller == nil else { return false }
        return startsAnother(report) || isOfAnotherTask(report)
    }

    /// Another report starts before the call trace does.
    private static func startsAnother(_ report: Report) -> Bool {
        let trace = report.sections.first { $0.kind == .trace && !$0.frames.isEmpty }?.start ?? 0
        for line in report.lines.prefix(min(trace, reach)).dropFirst() {
            for match in scanner.matches(line.text) {
                let rule = ReportRule.all[match.marker]
                guard !rule.isEcho, HeaderPlace.isPlausible(after: line.text[..<match.position]),
                    let diagnosis = rule.diagnose(report, line.text[match.position...])
                else { continue }
                if diagnosis.crashClass != .panic { return true }
            }
        }
        return false
    }

    /// The header and the first `CPU: 1 PID: 12 Comm: name` after it name different tasks.
    private static func isOfAnotherTask(_ report: Report) -> Bool {
        guard let pid = pid(report.header.text) else { return false }
        for line in report.lines.prefix(reach).dropFirst() {
            guard line.text.trimmed.has(prefix: "CPU: "), let other = Self.pid(line.text) else { continue }
            return other != pid
        }
        return false
    }

    private static func pid(_ text: Text) -> UInt64? {
        guard text.has("CPU: ") else { return nil }
        return text.after(" PID: ").flatMap { $0.prefix(while: \.isDigit).decimal }
    }
}
