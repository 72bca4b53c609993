// SPDX-License-Identifier: Apache-2.0

import LabEngine

/// The doctor's report for people.
public struct DoctorText {
    private let style: TerminalStyle

    /// A text in that style.
    public init(style: TerminalStyle) { self.style = style }

    /// One line a check, and the fixes below what needs one.
    public func lines(_ report: DoctorReport) -> [String] {
        let width = report.checks.map(\.name.count).max() ?? 0
        var lines = report.checks.flatMap { check -> [String] in
            let name = check.name.padding(to: width)
            var lines = ["\(mark(check.status)) \(name)  \(check.detail)"]
            if let fix = check.fix { lines.append("  \(String(repeating: " ", count: width))  fix: \(fix)") }
            return lines
        }
        lines += [
            "",
            report.isUsable
                ? style.green("guests can run here")
                : style.red("guests cannot run here") + ": see what is marked ✗; ci/setup installs it all",
        ]
        return lines
    }

    private func mark(_ status: DoctorReport.Status) -> String {
        switch status {
        case .ok: style.green("✓")
        case .limited: style.yellow("!")
        case .missing: style.red("✗")
        }
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
