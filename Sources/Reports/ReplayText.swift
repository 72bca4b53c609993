// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine

/// What a replay came to, as people like to read it.
public struct ReplayText: Sendable {
    private let style: TerminalStyle

    /// Texts in that style.
    public init(style: TerminalStyle) { self.style = style }

    /// The files, where they differ, and the verdict.
    public func lines(_ report: ReplayReport) -> [String] {
        var lines: [String] = []
        for file in report.files { lines += self.file(file) }
        for finding in report.run.findings {
            lines.append("found     \(TerminalText.printable(finding.title))")
        }
        lines += ["", verdict(report), "evidence  \(report.run.directory)"]
        return lines
    }

    /// One line about a replay in gdb.
    public func line(_ ending: DebuggedReplay) -> String {
        if let difference = ending.difference {
            return style.red("the guest's console differs from the run's from line \(difference.line) on: ")
                + TerminalText.printable(difference.second.first ?? "(it ends there)")
        }
        return style.dim("the guest's console was the run's so far, all \(ending.consoleBytes) bytes of it")
    }

    private func file(_ file: ReplayReport.File) -> [String] {
        guard let bytes = file.bytes else {
            return file.isIdentical ? [] : ["\(style.red("✗")) \(file.name)  only the second run has it"]
        }
        if file.isIdentical { return ["\(style.green("✓")) \(file.name)  \(bytes) bytes"] }
        guard let difference = file.difference else {
            return ["\(style.red("✗")) \(file.name)  only the first run has it"]
        }
        return ["\(style.red("✗")) \(file.name)  differs from line \(difference.line) on"]
            + difference.before.map { style.dim("    \(TerminalText.printable($0))") }
            + side("  - ", difference.first) + side("  + ", difference.second)
    }

    private func side(_ mark: String, _ lines: [String]) -> [String] {
        lines.isEmpty ? [mark + "(ends here)"] : lines.map { mark + TerminalText.printable($0) }
    }

    private func verdict(_ report: ReplayReport) -> String {
        let time = TerminalReport.time(report.run.durationS)
        switch report.verdict {
        case .passed: return style.green("IDENTICAL") + "  in \(time)"
        case .failed where report.files.allSatisfy(\.isIdentical):
            return style.red("DIFFERENT")
                + "  the same bytes, and other findings: pacctlab judges otherwise now"
        case .failed: return style.red("DIFFERENT") + "  - first run, + second run"
        case .inconclusive:
            return style.yellow("INCONCLUSIVE") + "  \(TerminalText.printable(report.reason ?? "unknown"))"
        }
    }
}
