// SPDX-License-Identifier: Apache-2.0

import GuestContract
import Testing

@testable import LabEngine

@Suite("What a guest has measured")
struct OverheadSampleTests {
    static let text = """
        tasks 100
        free_kib 900000 898000
        slab_kib 20000 20500
        settled 1
        switch_ns 160 320 176 160
        spin_instructions 1000
        spin_ns 9600 8000 8800
        fork_ns 8000 8800 8008
        fork_loop 1000000 100
        end 1

        """

    @Test("Lines become a sample")
    func reads() throws {
        let sample = try OverheadSample(text: Self.text)
        #expect(sample.tasks == 100 && sample.settled)
        #expect(sample.freeKib == .init(before: 900_000, after: 898_000))
        #expect(sample.slabKib == .init(before: 20000, after: 20500))
        #expect(sample.switchNs == [160, 320, 176, 160])
        #expect(sample.spinInstructions == 1000 && sample.spinNs == [9600, 8000, 8800])
        #expect(sample.forkNs == [8000, 8800, 8008])
        #expect(sample.forkLoop == .init(elapsedNs: 1_000_000, count: 100))
    }

    @Test("A line that is missing is missed", arguments: Overhead.Line.allCases)
    func missing(line: Overhead.Line) {
        let rest = Self.text.split(separator: "\n").filter { $0.split(separator: " ")[0] != line.rawValue }
        #expect(throws: OverheadSample.Malformed.self) {
            try OverheadSample(text: rest.joined(separator: "\n"))
        }
    }

    @Test(
        "A guest may write anything",
        arguments: [
            ("tasks 100", "tasks 100 5"), ("tasks 100", "tasks -1"), ("tasks 100", "tasks"),
            ("end 1", "end 1\nend 1"), ("end 1", "end 1\nlaughter 1"), ("settled 1", "settled one"),
            ("fork_loop 1000000 100", "fork_loop 1000000 0"), ("fork_loop 1000000 100", "fork_loop 0 100"),
            ("switch_ns 160 320 176 160", "switch_ns"), ("tasks 100", "   "),
            ("spin_ns 9600 8000 8800", "spin_ns 99999999999999999999"),
        ])
    func malformed(old: String, new: String) {
        #expect(throws: OverheadSample.Malformed.self) {
            try OverheadSample(text: Self.text.replacing(old, with: new))
        }
    }

    @Test("Any start of the text is refused, and none of them is a trap")
    func truncated() {
        for length in 0..<(Self.text.count - 6) {
            #expect(throws: OverheadSample.Malformed.self) {
                try OverheadSample(text: String(Self.text.prefix(length)))
            }
        }
    }
}
