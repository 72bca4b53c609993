// SPDX-License-Identifier: Apache-2.0

import LabEngine

/// What a module needs of kernels, as people like to read it.
public struct AbiText: Sendable {
    private static let shown = 60

    private let style: TerminalStyle

    /// Texts in that style.
    public init(style: TerminalStyle) { self.style = style }

    /// The symbols with what is wrong, the difference between the kernels, and the verdict.
    public func lines(_ report: AbiReport) -> [String] {
        var table = TextTable(header: ["", "symbol", "from", "CRC", ""], rightAligned: [])
        for entry in report.needs {
            table.add([
                entry.problem == nil ? style.green("✓") : style.red("✗"),
                TerminalText.printable(entry.symbol),
                entry.owner ?? "-", entry.crc ?? "-", entry.text ?? "",
            ])
        }
        var lines =
            [style.bold("\(report.module) for \(report.kernel)")] + table.lines(indent: "  ").dropFirst()
        if !report.hasVersions {
            lines.append(
                style.dim("  this kernel keeps no versions of its symbols: a changed type is not seen"))
        }
        if let against = report.against { lines += [""] + difference(against) }
        return lines + ["", verdict(report)]
    }

    private func difference(_ against: AbiReport.Difference) -> [String] {
        let scope = against.isWhole ? "of all symbols" : "of those the module needs"
        var lines = [style.bold("against \(against.kernel), \(scope)")]
        for (word, names) in [("gone", against.gone), ("new", against.new), ("other type", against.changed)] {
            lines.append("  \(word): \(names.isEmpty ? "none" : "\(names.count)")")
            lines += names.prefix(Self.shown).map { "    " + TerminalText.printable($0) }
            if names.count > Self.shown {
                lines.append("    ... \(names.count - Self.shown) more (--json has all)")
            }
        }
        return lines
    }

    private func verdict(_ report: AbiReport) -> String {
        let own = report.needs.filter { $0.problem != nil }
        if !own.isEmpty {
            return style.red("FAILED")
                + "  the kernel \(report.kernel) does not give \(own.map(\.symbol).joined(separator: ", ")); "
                + "a module that needs them is not loaded. An export is a patch of the kernel: see images/kernel/patches."
        }
        if let against = report.against, !against.problems.isEmpty {
            let rebuilds = against.problems.allSatisfy { $0.problem == .crcDiffers }
            return style.red("FAILED")
                + "  \(against.kernel) refuses this build, for \(against.problems.count) symbols. "
                + (rebuilds
                    ? "Build the module again, for that kernel."
                    : "It needs changes in the module, or in the kernel.")
        }
        return style.green("PASSED") + "  everything that the module needs is there"
    }
}
