// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Evidence

@Suite struct EnergyArithmeticTests {
    @Test func weighsEachCount() {
        #expect(EnergyArithmetic.energy(counts: [1 << 32, 0, 0, 0, 0, 0, 0, 0]) == 63840)
        #expect(EnergyArithmetic.energy(counts: [0, 1 << 32, 0, 0, 0, 0, 0, 0]) == 491702)
        #expect(EnergyArithmetic.energy(counts: [1 << 32, 1 << 32, 1 << 32]) == 63840 + 491702 - 239221)
    }

    @Test func shiftsArithmetically() {
        // -1 / 2^32 is a little less than 0: an arithmetic shift goes down.
        #expect(EnergyArithmetic.energy(counts: [1], coefficients: [-1]) == -1)
        #expect(EnergyArithmetic.energy(counts: [1 << 32], coefficients: [-5]) == -5)
        #expect(EnergyArithmetic.energy(counts: [(1 << 32) + 1], coefficients: [-5]) == -6)
        #expect(EnergyArithmetic.energy(counts: [(1 << 32) - 1], coefficients: [1]) == 0)
    }

    @Test func sumsIn128Bits() {
        // Each product alone overflows 64 bits; they cancel out.
        #expect(EnergyArithmetic.energy(counts: [.max, .max], coefficients: [.max, -.max]) == 0)
        #expect(
            EnergyArithmetic.energy(counts: [.max, .max, .max], coefficients: [.max, .max, .max]) == .max)
        #expect(
            EnergyArithmetic.energy(counts: [.max, .max, .max], coefficients: [.min, .min, .min]) == .min)
        #expect(EnergyArithmetic.energy(counts: [.max], coefficients: [4]) == Int64((UInt64.max >> 30)))
    }

    @Test func ignoresCountsWithoutACoefficient() {
        #expect(EnergyArithmetic.energy(counts: [1 << 32, 1 << 32], coefficients: [7]) == 7)
        #expect(EnergyArithmetic.energy(counts: [], coefficients: [7]) == 0)
    }

    @Test func tellsTheErrorOfARecord() {
        let counts: [UInt64] = [1 << 32, 0, 0, 0, 0, 0, 0, 0]
        var record = EnergyRecord(comm: "x", pid: 1, energyUj: 63810, counts: counts, table: 2)
        #expect(EnergyArithmetic.error(record) == -30)
        record.energyUj = .min
        #expect(EnergyArithmetic.error(record) == .min)
        record.counts.removeLast()
        #expect(EnergyArithmetic.error(record) == nil, "another length")
    }

    @Test func knowsWhichTablesWereFitted() {
        var record = EnergyRecord(comm: "x", pid: 1, energyUj: 3, counts: [1 << 40, 1])
        #expect(EnergyArithmetic.error(record) == nil, "it does not say of which table")
        for table: UInt16 in [1, 3, 4] {
            record.table = table
            #expect(EnergyArithmetic.error(record) == 3)
        }
        for table: UInt16 in [0, 5, .max] {
            record.table = table
            #expect(EnergyArithmetic.error(record) == nil)
        }
    }

    @Test func addsUpTheCoreTypesOfAHybridMachine() {
        // Two sums of 63840 / 2 and a half: shifted one by one they would lose a microjoule.
        let half: [UInt64] = [1, 0, 0, 0, 0, 0, 0, 0].map { $0 * ((1 << 31) / 63840 + 1) }
        var record = EnergyRecord(
            comm: "x", pid: 1, energyUj: 1, counts: half, table: 2,
            second: .init(table: 2, clockNs: 0, counts: half))
        #expect(EnergyArithmetic.energy(counts: half) == 0)
        #expect(EnergyArithmetic.error(record) == 0)
        record.second?.table = 3
        #expect(EnergyArithmetic.error(record) == 1, "E-cores are not fitted")
        record.second?.table = 0
        #expect(EnergyArithmetic.error(record) == nil)
    }

    @Test func hasTheTableOfTheModule() {
        #expect(
            EnergyArithmetic.intelPCore.map(\.config) == [
                0x3c, 0xc0, 0x120, 0xc4, 0x1d3, 0x100, 0x121, 0x2a6,
            ])
        #expect(
            EnergyArithmetic.intelPCoreCoefficients
                == [63840, 491702, -239221, 226492, 202299, -178523, -151731, 138130])
    }
}

@Suite struct EnergyLogParserTests {
    private func parse(_ log: String) -> EnergyLogParser.Result {
        EnergyLogParser().parse(ConsoleLine.lines(of: Array(log.utf8)))
    }

    @Test func readsTheExistingModulesLines() throws {
        let result = parse(
            """
            [   12.000345][   T71] pacct_energy:pacct_process_exit():140: Process exiting: PID 71, COMM "sha1sum", energy estimate 5781682 (uJ)
            [   12.000346][   T71] pacct_energy:pacct_process_exit():146: Event counts for exiting PID 71:
            [   12.000347][   T71] pacct_energy:pacct_process_exit():149: [0]: count=8455301134, diff=623288545
            [   12.000348][   T71] pacct_energy:pacct_process_exit():149: [1]: count=26733799528, diff=1972372571
            """)
        #expect(
            result.records == [
                EnergyRecord(
                    comm: "sha1sum", pid: 71, exitNs: 12_000_345_000, energyUj: 5_781_682,
                    counts: [8_455_301_134, 26_733_799_528])
            ])
        #expect(result.problems.isEmpty)
    }

    @Test(arguments: [
        #"my_fork: exit pid=71 comm=sha1sum energy=5 uJ"#,
        #"x:f():1: pid: 71, comm: "sha1sum", energy: 5 uJ"#,
        #"Energy accounting: PID 71 (COMM sha1sum) consumed energy 5 uJ"#,
        #"PID 71, COMM "sha1sum", total 2 events, energy estimate 5 (uJ)"#,
    ])
    func readsTheShapesOfForks(_ line: String) throws {
        let record = try #require(parse(line).records.first)
        #expect(record.pid == 71)
        #expect(record.energyUj == 5)
        #expect(record.comm.hasPrefix("sha1sum"))
    }

    @Test func readsNegativeEnergies() {
        #expect(parse(#"PID 1, COMM "a", energy estimate -17 (uJ)"#).records.first?.energyUj == -17)
        #expect(
            parse(#"PID 1, COMM "a", energy estimate -9223372036854775808 (uJ)"#).records.first?.energyUj
                == .min)
        #expect(parse(#"PID 1, COMM "a", energy estimate 9223372036854775808 (uJ)"#).records.isEmpty)
    }

    @Test(arguments: [
        #"a"b"#, #"x", energy"#, "[0]: count=1", "pid 5 comm", #"", COMM ""#, "uJ energy 7", "",
    ])
    func believesNoName(_ comm: String) {
        let record = parse(#"f():1: Process exiting: PID 71, COMM "\#(comm)", energy estimate 42 (uJ)"#)
            .records.first
        #expect(record?.comm == comm)
        #expect(record?.pid == 71)
        #expect(record?.energyUj == 42)
    }

    @Test(arguments: [
        (#"a\"b"#, "a\"b"), (#"a\\b"#, #"a\b"#), (#"a\nb\033[m"#, "a\nb\u{1b}[m"), (#"\303\244"#, "ä"),
        (#"a\xb\"#, #"a\xb\"#),
        (#"\777"#, "\u{fffd}"),
    ])
    func undoesEscapes(_ printed: String, _ comm: String) {
        let line = #"m: PID 1, COMM "\#(printed)", energy estimate 1 (uJ)"#
        #expect(parse(line).records.first?.comm == comm)
    }

    @Test func untanglesByCaller() {
        let result = parse(
            """
            [    1.000001][   T71] m: PID 71, COMM "a", energy estimate 1 (uJ)
            [    1.000002][   T72] m: PID 72, COMM "b", energy estimate 2 (uJ)
            [    1.000003][   T72] m: [0]: count=20, diff=1
            [    1.000004][   T71] m: [0]: count=10, diff=1
            [    1.000005][    C1] m: somebody else
            [    1.000006][   T71] m: [1]: count=11, diff=1
            [    1.000007][   T72] m: [1]: count=21, diff=1
            """)
        #expect(result.records.map(\.counts) == [[10, 11], [20, 21]])
        #expect(result.problems.isEmpty)
    }

    @Test func givesNoCountsWhenItCannotTellWhoseTheyAre() {
        let result = parse(
            """
            [    1.000001] m: PID 71, COMM "a", energy estimate 1 (uJ)
            [    1.000002] m: PID 72, COMM "b", energy estimate 2 (uJ)
            [    1.000003] m: [0]: count=20, diff=1
            [    1.000004] m: [0]: count=10, diff=1
            """)
        #expect(result.records.map(\.counts) == [[], []])
        #expect(result.records.map(\.energyUj) == [1, 2])
        #expect(result.problems.count == 2)
    }

    @Test func needsNoCallerWhenExitsDoNotOverlap() {
        let exits = (1...3).map { pid in
            """
            [    1.000001] m: PID \(pid), COMM "a", energy estimate 1 (uJ)
            [    1.000002] m: Event counts for exiting PID \(pid):
            [    1.000003] m: [0]: count=\(pid)0, diff=1
            [    1.000004] m: [1]: count=\(pid)1, diff=1
            """
        }
        let result = parse(exits.joined(separator: "\n"))
        #expect(result.records.map(\.counts) == [[10, 11], [20, 21], [30, 31]])
        #expect(result.problems.isEmpty)
    }

    @Test func saysSoWhenACountIsMissing() {
        let result = parse(
            """
            [    1.000001][   T71] m: PID 71, COMM "a", energy estimate 1 (uJ)
            [    1.000003][   T71] m: [0]: count=20, diff=1
            [    1.000004][   T71] m: [2]: count=10, diff=1
            """)
        #expect(result.records.map(\.counts) == [[]])
        #expect(result.problems.count == 1)
    }

    @Test(arguments: [
        "usb 1-1: [0]: discount=5", "count=5", "array[1] count", "[x]: count=1", "energy saving enabled (uJ)",
        "EDAC: pid controller energy mode", "memory: [1]: count=-3",
    ])
    func takesNothingElseForALine(_ text: String) {
        #expect(EnergyLogLine(text) == .other)
        #expect(parse(text).records.isEmpty)
    }

    @Test func isSafeOnAnyBytes() {
        var random = SeededGenerator(seed: 3)
        let words = [
            "PID ", "comm", "\"", "energy", "5", "uJ", "[", "0]", ": count=", "\n", "\u{fffd}", "-", "=",
            "T1]",
        ]
        for _ in 0..<3000 {
            let log = (0..<12).map { _ in words.randomElement(using: &random) ?? "" }.joined()
            _ = parse(log)
        }
    }
}
