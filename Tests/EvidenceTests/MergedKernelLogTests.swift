// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Evidence

@Suite struct MergedKernelLogTests {
    /// A record whose time is its sequence number, in milliseconds.
    private func record(_ seq: UInt64, _ message: String? = nil) -> [UInt8] {
        Array("6,\(seq),\(seq * 1000),-,caller=T1;\(message ?? "line \(seq)")\n".utf8)
    }

    private func console(_ numbers: [UInt64]) -> String {
        numbers.map { ConsoleLine(timeUs: $0 * 1000, caller: "T1", text: "line \($0)").printed + "\r\n" }
            .joined()
    }

    private func texts(_ log: MergedKernelLog) -> [String] { log.entries.map(\.text) }

    @Test func addsThePanicFromTheConsole() {
        let log = MergedKernelLog(
            kmsg: (0...3).map { record($0) },
            console: Array((console([0, 1, 2, 3, 4]) + "[    0.005000][   C1] Kernel panic\r\n").utf8))
        #expect(texts(log) == ["line 0", "line 1", "line 2", "line 3", "line 4", "Kernel panic"])
        #expect(log.lines.last == "[    0.005000][    C1] Kernel panic")
        #expect(log.isComplete)
    }

    @Test func worksWithOneRoadAlone() {
        let stream = MergedKernelLog(kmsg: (0...2).map { record($0) }, console: [])
        #expect(texts(stream) == ["line 0", "line 1", "line 2"])
        #expect(stream.isComplete)
        let serial = MergedKernelLog(kmsg: [], console: Array(("SeaBIOS\n" + console([0, 1])).utf8))
        #expect(texts(serial) == ["SeaBIOS", "line 0", "line 1"])
        #expect(MergedKernelLog(kmsg: [], console: []).lines.isEmpty)
    }

    @Test func fillsAHoleFromTheConsole() {
        let log = MergedKernelLog(
            kmsg: [0, 1, 4, 5].map { record($0) }, console: Array(console([0, 1, 2, 3, 4, 5]).utf8))
        #expect(texts(log) == (0...5).map { "line \($0)" })
        #expect(log.gaps.isEmpty)
    }

    @Test func reportsAHoleThatNobodyFills() {
        let log = MergedKernelLog(
            kmsg: [0, 1, 5, 9].map { record($0) }, console: Array(console([0, 1, 3, 5, 9]).utf8))
        #expect(texts(log) == ["line 0", "line 1", "line 3", "line 5", "line 9"])
        #expect(
            log.gaps == [
                MergedKernelLog.Gap(first: 2, last: 4, missing: 2),
                MergedKernelLog.Gap(first: 6, last: 8, missing: 3),
            ])
        #expect(!log.isComplete)
    }

    @Test func countsWhatIsMissingAtTheStart() {
        #expect(MergedKernelLog(kmsg: [record(10), record(11)], console: []).missingAtStart == 10)
        let log = MergedKernelLog(
            kmsg: [record(3), record(4)], console: Array(console([0, 1, 2, 3, 4]).utf8))
        #expect(log.missingAtStart == 0)
        #expect(texts(log) == (0...4).map { "line \($0)" })
    }

    @Test func printsRecordsOfSeveralLinesAsTheConsoleDoes() {
        let console =
            "[    0.000000][   T1] one\n[    0.000000][   T1] two\n[    0.001000][   T1] line 1\n[    0.002000][   T1] end\n"
        let log = MergedKernelLog(kmsg: [record(0, #"one\x0atwo"#), record(1)], console: Array(console.utf8))
        #expect(texts(log) == ["one", "two", "line 1", "end"])
    }

    @Test func keepsEqualLinesApart() {
        let twice = [Array("6,0,5,-;same".utf8), Array("6,1,5,-;same".utf8)]
        let console = "[    0.000005] same\n[    0.000005] same\n[    0.000005] same\n"
        #expect(
            texts(MergedKernelLog(kmsg: twice, console: Array(console.utf8))) == ["same", "same", "same"])
    }

    @Test func leavesOutWhatIsNotFromTheKernelLog() {
        // Both within the stream, where nothing is missing.
        let noise = console([0, 1]) + "a program's own line\n[    0.001500] faked line\n" + console([2, 3])
        let log = MergedKernelLog(kmsg: (0...3).map { record($0) }, console: Array(noise.utf8))
        #expect(texts(log) == (0...3).map { "line \($0)" })
    }

    @Test func keepsLinesOfTheTailWithoutATimeStamp() {
        let log = MergedKernelLog(
            kmsg: [record(0)], console: Array((console([0, 1]) + "torn li\n" + console([2])).utf8))
        #expect(texts(log) == ["line 0", "line 1", "torn li", "line 2"])
    }

    @Test func takesTheTailWhenTheConsoleIsFiltered() {
        // loglevel= keeps the last records of the stream off the console, but not the panic.
        let console = console([0]) + "[    0.004000][   T1] panic\n"
        let log = MergedKernelLog(kmsg: (0...3).map { record($0) }, console: Array(console.utf8))
        #expect(texts(log) == ["line 0", "line 1", "line 2", "line 3", "panic"])
    }

    @Test func believesTheConsoleThatItDroppedSomething() {
        let console = console([0, 1]) + "** 17 printk messages dropped **\n[    0.009000][   T1] panic\n"
        let log = MergedKernelLog(kmsg: [record(0)], console: Array(console.utf8))
        #expect(log.droppedAtEnd == 17)
        #expect(!log.isComplete)
    }

    @Test func ignoresWhatIsNoRecordAndSurvivesDisorder() {
        let log = MergedKernelLog(
            kmsg: [record(5), Array("junk".utf8), record(2), record(3)],
            console: Array(console([5, 2, 3, 9]).utf8))
        #expect(log.records.map(\.seq) == [5, 2, 3])
        #expect(texts(log).last == "line 9")
    }

    @Test func isFastOnAFlood() {
        let count: UInt64 = 20_000
        let log = MergedKernelLog(
            kmsg: (0..<count).filter { $0 % 3 != 1 }.map { record($0) },
            console: Array(console(Array(0..<count)).utf8))
        #expect(log.entries.count == Int(count))
        #expect(log.isComplete)
    }
}
