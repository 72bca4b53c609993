// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine

/// What happened when, by the guest's clock: steps, CPU time, records and what the kernel logged, below each other on one
/// axis.
struct Timeline {
    /// A bar, in the picture's units.
    struct Bar {
        var x: String
        var y: String
        var width: String
        var height: String
        var style: String
        var label: String
        var textX: String
        var textY: String
        /// `start` or `end`: a name that begins near the edge ends there.
        var anchor: String
    }

    /// A stroke down a lane.
    struct Tick {
        var x: String
        var y1: String
        var y2: String
        var style: String
    }

    /// A name at the left, or a number below the axis.
    struct Label {
        var x: String
        var y: String
        var text: String
    }

    /// Units of the picture.
    private enum Size {
        static let left = 86.0
        static let width = 1000.0
        static let row = 18.0
        static let load = 46.0
        static let gap = 12.0
        static let slots = 120
        static let rows = 14
        static let ticks = 1500
    }

    var height: String
    var bars: [Bar] = []
    var load: String
    var ticks: [Tick] = []
    var lanes: [Label] = []
    var axis: [Label] = []
    var axisY: String
    var note: String

    /// Nil when no step has begun: then there is nothing to show.
    init?(_ run: StoredRun) {
        let steps = run.report.steps.filter { $0.startS != nil }
        guard let first = steps.compactMap(\.startS).min() else { return nil }
        let ends = steps.map { ($0.startS ?? first) + ($0.durationS ?? 0) }
        let stamps = run.log.compactMap(\.timeS).filter { $0 >= first }
        let end = max(ends.max() ?? first, stamps.max() ?? first, first + 0.001)
        let scale = (Size.width - Size.left) / (end - first)
        func x(_ time: Double) -> Double { Size.left + (min(max(time, first), end) - first) * scale }
        var y = 4.0
        lanes.append(Label(x: "0", y: Self.text(y + 13), text: "steps"))
        for step in steps.prefix(Size.rows) {
            bars.append(Self.bar(step, x(step.startS ?? first), scale, y, end, x))
            y += Size.row
        }
        y += Size.gap
        lanes.append(Label(x: "0", y: Self.text(y + 13), text: "CPU time"))
        load = Self.area(run, first, end, y)
        y += Size.load + Size.gap
        lanes.append(Label(x: "0", y: Self.text(y + 12), text: "records"))
        let exits = run.records.compactMap(\.exitNs).map { Double($0) / 1e9 }.filter { $0 >= first }
        ticks += exits.prefix(Size.ticks).map { Self.tick(x($0), y, "record") }
        y += Size.row + Size.gap
        lanes.append(Label(x: "0", y: Self.text(y + 12), text: "kernel log"))
        ticks += Self.logTicks(run, from: first, y, x)
        y += Size.row
        axisY = Self.text(y + 4)
        axis = Self.axis(first, end, y + 18, x)
        height = Self.text(y + 26)
        let left = steps.count - Size.rows
        note = left > 0 ? "\(left) more steps are in the list below. " : ""
    }

    // MARK: - lanes

    private static func bar(
        _ step: RunReport.Step, _ start: Double, _ scale: Double, _ y: Double, _ end: Double,
        _ x: (Double) -> Double
    ) -> Bar {
        let style =
            switch step.status {
            case .passed: "passed"
            case .failed: "failed"
            case .skipped, .notReached: "inconclusive"
            }
        let last = x(step.durationS.map { (step.startS ?? 0) + $0 } ?? end)
        let width = max(2, last - start)
        let isLate = start > Size.left + (Size.width - Size.left) * 0.6
        return Bar(
            x: text(start), y: text(y), width: text(width), height: text(Size.row - 4), style: style,
            label: PageAllowance.clipped(String(step.name.prefix(60)), to: 512),
            textX: text(isLate ? min(last, Size.width) - 4 : start + 4), textY: text(y + 11),
            anchor: isLate ? "end" : "start")
    }

    /// CPU time of the tasks that have a record, spread evenly over each one's life: how busy they kept the CPUs.
    private static func area(_ run: StoredRun, _ first: Double, _ end: Double, _ y: Double) -> String {
        var slots = [Double](repeating: 0, count: Size.slots)
        let slot = (end - first) / Double(Size.slots)
        for record in run.records {
            guard let start = record.startNs, let exit = record.exitNs, let time = record.runtimeNs,
                exit > start
            else { continue }
            let (from, to) = (Double(start) / 1e9, Double(exit) / 1e9)
            let rate = Double(time) / 1e9 / (to - from)
            let low = max(0, Int((max(from, first) - first) / slot))
            let high = min(Size.slots - 1, Int((min(to, end) - first) / slot))
            guard low <= high else { continue }
            for place in low...high {
                let begin = first + Double(place) * slot
                slots[place] += rate * max(0, min(to, begin + slot) - max(from, begin)) / slot
            }
        }
        let full = Double(max(1, run.report.cpus))
        let step = (Size.width - Size.left) / Double(Size.slots)
        let points = slots.enumerated().map { place, busy in
            let height = min(1, busy / full) * Size.load
            let x = Size.left + Double(place) * step
            return
                "L\(text(x)) \(text(y + Size.load - height))L\(text(x + step)) \(text(y + Size.load - height))"
        }
        return "M\(text(Size.left)) \(text(y + Size.load))" + points.joined()
            + "L\(text(Size.width)) \(text(y + Size.load))Z"
    }

    private static func logTicks(
        _ run: StoredRun, from first: Double, _ y: Double, _ x: (Double) -> Double
    ) -> [Tick] {
        let lines = run.log.filter { ($0.timeS ?? -1) >= first }
        // The urgent ones last, so that they are on top, and first, so that none is left out.
        let urgent = lines.filter { ($0.level ?? 6) <= 4 }.prefix(Size.ticks)
        let others = lines.filter { ($0.level ?? 6) > 4 }.prefix(Size.ticks - urgent.count)
        return (others + urgent).map { line in
            let style =
                switch line.level ?? 6 {
                case 0...3: "bad"
                case 4: "warn"
                default: "info"
                }
            return tick(x(line.timeS ?? 0), y, style)
        }
    }

    private static func tick(_ x: Double, _ y: Double, _ style: String) -> Tick {
        Tick(x: text(x), y1: text(y), y2: text(y + Size.row - 2), style: style)
    }

    /// Round times, some five of them.
    private static func axis(
        _ first: Double, _ end: Double, _ y: Double, _ x: (Double) -> Double
    ) -> [Label] {
        let rough = (end - first) / 5
        let power = pow(10, floor(log10(rough)))
        let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? rough
        let digits = max(0, -Int(floor(log10(step))))
        var labels: [Label] = []
        var time = (first / step).rounded(.up) * step
        while time <= end, labels.count < 12 {
            labels.append(Label(x: text(x(time)), y: text(y), text: String(format: "%.\(digits)f s", time)))
            time += step
        }
        return labels
    }

    private static func text(_ value: Double) -> String { String(format: "%.1f", value) }
}
