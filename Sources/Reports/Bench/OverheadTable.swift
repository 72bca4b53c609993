// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine

/// What modules cost, as tables: the kernel by itself in full, every module as what it adds.
public struct OverheadTable {
    /// One of the tables.
    private struct Quantity: Sendable {
        let title: String
        let value: @Sendable (OverheadFigures) -> Double
        /// Fewest tasks at which it means something.
        var from = 0
    }

    private static let quantities = [
        Quantity(title: "context switch, instructions", value: \.contextSwitch.median),
        Quantity(title: "fork + exit + wait, instructions", value: \.fork.median),
        Quantity(title: "... with work put off to other threads", value: \.forkWithDeferred),
        Quantity(title: "background, instructions each millisecond", value: \.backgroundPerMs),
        // Memory comes in pages: with few tasks it says little about each of them.
        Quantity(title: "memory of a sleeping task (slab), bytes", value: \.slabPerTask, from: 1000),
    ]

    private let style: TerminalStyle

    /// Tables in that style.
    public init(style: TerminalStyle) { self.style = style }

    /// The lines of a report.
    public func lines(_ report: OverheadReport) -> [String] {
        var lines = [style.dim(machine(report))]
        for quantity in Self.quantities {
            let sizes = report.sizes.filter { $0 >= quantity.from }
            if !sizes.isEmpty { lines += [""] + table(quantity, sizes, report) }
        }
        lines += [""] + report.rows.flatMap(accounts)
        lines.append(verdict(report))
        return lines
    }

    // MARK: - parts

    private func machine(_ report: OverheadReport) -> String {
        let run = report.rows.first?.run
        return [
            "overhead on \(run?.variant ?? "?")", run?.kernel ?? "kernel unknown",
            "an instruction is \(1 << report.instructionShift) ns", "1 CPU", "\(run?.memoryMib ?? 0) MiB",
            "counters \(report.pmu.rawValue)", "seed \(run?.seed ?? 0)",
        ].joined(separator: " · ")
    }

    private func table(_ quantity: Quantity, _ sizes: [Int], _ report: OverheadReport) -> [String] {
        let header = [quantity.title] + sizes.map { "\(Self.grouped(Double($0))) tasks" }
        var table = TextTable(header: header, rightAligned: Set(1..<header.count))
        for (index, row) in report.rows.enumerated() {
            let cells = sizes.map { size -> String in
                guard let value = report.figures(row, at: size).map(quantity.value) else { return "-" }
                guard index > 0 else { return Self.grouped(value) }
                guard let without = report.rows.first.flatMap({ report.figures($0, at: size) }) else {
                    return "-"
                }
                return Self.signed(value - quantity.value(without))
            }
            table.add(["  \(row.subject)"] + cells)
        }
        var lines = table.lines(indent: "")
        lines[0] = style.bold(lines[0])
        return lines
    }

    private func accounts(_ row: OverheadReport.Row) -> [String] {
        guard let bytes = row.figures.compactMap(\.accountBytes).last else { return [] }
        return ["\(row.subject) says that it keeps \(bytes) bytes for a task, counters not included."]
    }

    private func verdict(_ report: OverheadReport) -> String {
        switch report.verdict {
        case .passed: return style.green("PASSED")
        case .failed: return style.red("FAILED") + "  a module was found at fault: see its run above"
        case .inconclusive: return style.yellow("INCONCLUSIVE") + "  \(report.reason ?? "")"
        }
    }

    // MARK: - numbers

    /// A whole number with its thousands apart.
    static func grouped(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 9e18 else { return "-" }
        let digits = String(Int64(abs(value).rounded()))
        var result = ""
        for (place, digit) in digits.enumerated() {
            if place > 0 && (digits.count - place).isMultiple(of: 3) { result.append(",") }
            result.append(digit)
        }
        return value <= -0.5 ? "-\(result)" : result
    }

    /// The same with its sign.
    static func signed(_ value: Double) -> String {
        value >= 0.5 ? "+\(grouped(value))" : grouped(value)
    }
}
