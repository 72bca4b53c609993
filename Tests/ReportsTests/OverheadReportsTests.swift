// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import LabEngine
@testable import Reports

@Suite("Reports of overhead")
struct OverheadReportsTests {
    private static func figures(_ tasks: Int, _ contextSwitch: Double, _ fork: Double) -> OverheadFigures {
        let text = """
            tasks \(tasks)
            free_kib 0 0
            slab_kib 0 \(tasks)
            settled 1
            switch_ns \(Int(contextSwitch * 16))
            spin_instructions 1000
            spin_ns 8800
            fork_ns \(Int(fork * 8))
            fork_loop \(Int(fork * 8)) 1
            end 1
            """
        guard let sample = try? OverheadSample(text: text) else { preconditionFailure("the text is whole") }
        return OverheadFigures(sample, shift: 3, accountBytes: nil)
    }

    private static func report(subject: String = "mine a=1") throws -> OverheadReport {
        let run = RunReport(
            id: "r", scenario: "overhead", variant: "release", kernel: "6.18.5", accel: .tcg,
            accelReason: nil,
            pmu: .simulated, seed: 1, cpus: 1, memoryMib: 512, verdict: .passed, reason: nil, durationS: 1,
            guestReadyS: nil, findings: [], energy: .init(), steps: [], notes: [], phases: [],
            directory: "results/r")
        return try OverheadReport(
            rows: [
                .init(
                    subject: "without", figures: [figures(10, 3000, 20000), figures(1000, 3000, 20000)],
                    run: run),
                .init(
                    subject: subject, figures: [figures(10, 4500, 25000), figures(1000, 1_234_567, 19000)],
                    run: run),
            ], sizes: [10, 1000], instructionShift: 3)
    }

    @Test("The table has the kernel in full and modules as what they add")
    func table() throws {
        let lines = OverheadTable(style: TerminalStyle(colour: false)).lines(try Self.report())
        #expect(lines[0].contains("6.18.5 · an instruction is 8 ns"))
        #expect(lines[0].contains("counters simulated"))
        let text = lines.joined(separator: "\n")
        let contextSwitch = lines.drop { !$0.hasPrefix("context switch") }
        #expect(contextSwitch.first?.hasSuffix("10 tasks  1,000 tasks") == true)
        #expect(contextSwitch.dropFirst().first?.hasSuffix("3,000        3,000") == true)
        #expect(contextSwitch.dropFirst(2).first?.hasSuffix("+1,500   +1,231,567") == true)
        #expect(text.contains("-1,000"), "a module may also make something cheaper")
        #expect(text.hasSuffix("PASSED"))
    }

    @Test("Numbers for people")
    func numbers() {
        #expect(OverheadTable.grouped(0) == "0")
        #expect(OverheadTable.grouped(999.4) == "999")
        #expect(OverheadTable.grouped(1000) == "1,000")
        #expect(OverheadTable.grouped(-1_234_567) == "-1,234,567")
        #expect(OverheadTable.grouped(.nan) == "-")
        #expect(OverheadTable.signed(5) == "+5")
        #expect(OverheadTable.signed(-0.2) == "0")
    }

    @Test("The plot is well-formed, whatever a folder is called, and labelled")
    func plot() throws {
        let report = try Self.report(subject: "<&\"> \u{7}")
        let svg = OverheadPlot(report).svg
        let elements = try XMLCheck().elements(of: Data(svg.utf8))
        #expect(elements["svg"] == 1)
        // Two subjects in two panels, and their two legends.
        #expect(elements["polyline"] == 6)
        #expect(svg.contains("&lt;&amp;&quot;&gt;"))
        #expect(svg.contains("prefers-color-scheme: dark"))
        #expect(svg.contains("sleeping tasks") && svg.contains(">instructions<"))
        #expect(svg.contains(">1,000<") && !svg.contains("nan"))
    }

    @Test("A plot without a figure is a picture all the same")
    func emptyPlot() throws {
        let report = try OverheadReport(rows: [], sizes: [10], instructionShift: 3)
        #expect(try XMLCheck().elements(of: Data(OverheadPlot(report).svg.utf8))["svg"] == 1)
    }

    @Test("Logarithms: equal factors are equal distances")
    func axis() throws {
        let axis = LogAxis(values: [10, 1000, .nan, 0], start: 0, end: 100)
        let places = try [10.0, 100, 1000].map { try #require(axis.place($0)) }
        #expect(abs((places[1] - places[0]) - (places[2] - places[1])) < 1e-9)
        #expect(axis.place(0) == nil && axis.place(.infinity) == nil)
        #expect(axis.ticks.contains(100) && axis.ticks.contains(20))
        #expect(
            LogAxis(values: [1, 1e6], start: 0, end: 1).ticks == [1, 10, 100, 1000, 10000, 100_000, 1e6])
    }
}
