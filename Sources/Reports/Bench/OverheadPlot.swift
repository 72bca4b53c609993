// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine

/// What a context switch and a fork cost over the number of tasks, as one SVG picture.
///
/// Both axes are logarithmic. Colours follow the reader's light or dark mode; every series has a
/// mark of its own, too, for whoever sees no colours.
public struct OverheadPlot {
    private struct Panel: Sendable {
        let title: String
        let left: Double
        let value: @Sendable (OverheadFigures) -> Double
    }

    private static let width = 960.0
    private static let plotWidth = 370.0
    private static let top = 64.0
    private static let bottom = 364.0
    private static let legendTop = 432.0
    private static let legendLine = 22.0

    private static let panels = [
        Panel(title: "a context switch", left: 90, value: \.contextSwitch.median),
        Panel(title: "fork + exit + wait", left: 560, value: \.fork.median),
    ]

    private let report: OverheadReport

    /// A picture of a report.
    public init(_ report: OverheadReport) { self.report = report }

    /// The file's text.
    public var svg: String {
        let height = Self.legendTop + Double(report.rows.count) * Self.legendLine + 16
        let body = Self.panels.flatMap(panel) + legend
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.text(Self.width)) \(Self.text(height))" \
            role="img" aria-label="Instructions of a context switch and of a fork, over the number of tasks">
            <style>
            \(Self.css)
            </style>
            <rect class="page" width="100%" height="100%"/>
            <text class="title" x="24" y="30">Instructions of the guest, over the number of sleeping tasks \
            (counters \(report.pmu.rawValue))</text>
            \(body.joined(separator: "\n"))
            </svg>

            """
    }

    private static let css = """
        text { font: 13px system-ui, sans-serif; fill: #1f2328; }
        .title { font-size: 15px; font-weight: 600; }
        .page { fill: #ffffff; }
        .grid { stroke: #d0d7de; stroke-width: 1; }
        .s0 { stroke: #57606a; fill: #57606a; } .s1 { stroke: #0969da; fill: #0969da; }
        .s2 { stroke: #bc4c00; fill: #bc4c00; } .s3 { stroke: #8250df; fill: #8250df; }
        .s4 { stroke: #1a7f37; fill: #1a7f37; } .s5 { stroke: #bf3989; fill: #bf3989; }
        .line { fill: none; stroke-width: 2; }
        .s0.line { stroke-dasharray: 6 4; }
        @media (prefers-color-scheme: dark) {
          text { fill: #e6edf3; } .page { fill: #0d1117; } .grid { stroke: #30363d; }
          .s0 { stroke: #9ea7b3; fill: #9ea7b3; } .s1 { stroke: #58a6ff; fill: #58a6ff; }
          .s2 { stroke: #f0883e; fill: #f0883e; } .s3 { stroke: #bc8cff; fill: #bc8cff; }
          .s4 { stroke: #3fb950; fill: #3fb950; } .s5 { stroke: #ff7bc8; fill: #ff7bc8; }
          .line { fill: none; }
        }
        """

    // MARK: - panels

    private func panel(_ panel: Panel) -> [String] {
        let right = panel.left + Self.plotWidth
        let values = report.rows.flatMap { $0.figures.map(panel.value) }
        let across = LogAxis(values: report.sizes.map { Double($0) }, start: panel.left, end: right)
        let up = LogAxis(values: values, start: Self.bottom, end: Self.top)
        let middle = panel.left + Self.plotWidth / 2
        let half = (Self.top + Self.bottom) / 2
        var lines = [
            label(panel.title, middle, Self.top - 10, anchor: "middle"),
            label("sleeping tasks", middle, Self.bottom + 40, anchor: "middle"),
            """
            <text transform="translate(\(Self.text(panel.left - 64)) \(Self.text(half))) rotate(-90)" \
            text-anchor="middle">instructions</text>
            """,
        ]
        for tick in up.ticks {
            guard let y = up.place(tick) else { continue }
            lines.append(grid(panel.left, y, right, y))
            lines.append(label(OverheadTable.grouped(tick), panel.left - 8, y + 4, anchor: "end"))
        }
        for size in report.sizes {
            guard let x = across.place(Double(size)) else { continue }
            lines.append(grid(x, Self.top, x, Self.bottom))
            lines.append(label(OverheadTable.grouped(Double(size)), x, Self.bottom + 18, anchor: "middle"))
        }
        for (index, row) in report.rows.enumerated() {
            lines += series(
                index,
                row.figures.compactMap { figures in
                    guard let x = across.place(Double(figures.tasks)), let y = up.place(panel.value(figures))
                    else { return nil }
                    return (x, y)
                })
        }
        return lines
    }

    private func series(_ index: Int, _ points: [(x: Double, y: Double)]) -> [String] {
        let path = points.map { "\(Self.text($0.x)),\(Self.text($0.y))" }.joined(separator: " ")
        let line = #"<polyline class="\#(Self.style(index)) line" points="\#(path)"/>"#
        return [line] + points.map { mark(index, $0.x, $0.y) }
    }

    private var legend: [String] {
        report.rows.enumerated().flatMap { index, row in
            let y = Self.legendTop + Double(index) * Self.legendLine
            return [
                #"<polyline class="\#(Self.style(index)) line" points="90,\#(Self.text(y)) 130,\#(Self.text(y))"/>"#,
                mark(index, 110, y), label(row.subject, 142, y + 4, anchor: "start"),
            ]
        }
    }

    // MARK: - pieces

    private static func style(_ index: Int) -> String { "s\(index % 6)" }

    private func mark(_ index: Int, _ x: Double, _ y: Double) -> String {
        let style = Self.style(index)
        switch index % 4 {
        case 0: return #"<circle class="\#(style)" cx="\#(Self.text(x))" cy="\#(Self.text(y))" r="4"/>"#
        case 1: return shape(style, [(x - 4, y - 4), (x + 4, y - 4), (x + 4, y + 4), (x - 4, y + 4)])
        case 2: return shape(style, [(x, y - 6), (x + 6, y), (x, y + 6), (x - 6, y)])
        default: return shape(style, [(x, y - 6), (x + 6, y + 5), (x - 6, y + 5)])
        }
    }

    private func shape(_ style: String, _ corners: [(Double, Double)]) -> String {
        let points = corners.map { "\(Self.text($0.0)),\(Self.text($0.1))" }.joined(separator: " ")
        return #"<polygon class="\#(style)" points="\#(points)"/>"#
    }

    private func grid(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> String {
        #"<line class="grid" x1="\#(Self.text(x1))" y1="\#(Self.text(y1))" x2="\#(Self.text(x2))" y2="\#(Self.text(y2))"/>"#
    }

    private func label(_ text: String, _ x: Double, _ y: Double, anchor: String) -> String {
        #"<text x="\#(Self.text(x))" y="\#(Self.text(y))" text-anchor="\#(anchor)">\#(Self.escape(text))</text>"#
    }

    private static func text(_ value: Double) -> String { String(format: "%.1f", value) }

    private static func escape(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case _ where character.properties.generalCategory == .control: result += "\u{FFFD}"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
