// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Evidence

@Suite struct EnergyRecordTests {
    /// Lays a record out as `struct pacct_energy_record` on x86-64.
    struct Layout {
        var version: UInt16 = 3
        var size: UInt16 = 272
        var flags: UInt32 = 0
        var seq: UInt64 = 3
        var lost: UInt64 = 2
        var pid: Int32 = 71
        var tgid: Int32 = 70
        var ppid: Int32 = 1
        var exitCode: UInt32 = 256
        var startNs: UInt64 = 1000
        var exitNs: UInt64 = 2000
        var runtimeNs: UInt64 = 900
        var countedNs: UInt64 = 800
        var energyUj: Int64 = -5
        var slices: UInt64 = 6
        var source: UInt32 = 2
        var cores: UInt32 = 1
        var table: UInt16 = 1
        var events: UInt16 = 8
        var comm = Array("sha1sum".utf8)
        var counts: [UInt64] = [1, 2, 3, 4, 5, 6, 7, .max]
        var refused: UInt32 = 0b1000_0010
        var clockNs: UInt64 = 810
        var second: [UInt64] = [11, 12, 13, 14, 15, 16, 17, 18]
        var secondEvents: UInt16 = 6

        var bytes: [UInt8] {
            func le<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
                withUnsafeBytes(of: value.littleEndian) { Array($0) }
            }
            var bytes = le(version) + le(size) + le(flags) + le(seq) + le(lost)
            bytes += le(pid) + le(tgid) + le(ppid) + le(exitCode)
            bytes += le(startNs) + le(exitNs) + le(runtimeNs) + le(countedNs) + le(energyUj)
            bytes += le(slices) + le(source) + le(cores)
            bytes += comm + [UInt8](repeating: 0, count: max(0, 16 - comm.count))
            bytes += le(table) + le(events) + le(refused) + le(clockNs)
            bytes += counts.flatMap { le($0) }
            bytes += le(UInt16(3)) + le(secondEvents) + le(UInt32(0)) + le(UInt64(90))
            bytes += second.flatMap { le($0) }
            return bytes + [UInt8](repeating: 0, count: max(0, Int(size) - bytes.count))
        }
    }

    @Test func decodesAllFields() throws {
        let (records, problem) = EnergyRecord.records(decoding: Layout().bytes)
        #expect(problem == nil)
        #expect(
            records == [
                EnergyRecord(
                    seq: 3, comm: "sha1sum", pid: 71, tgid: 70, ppid: 1, exitCode: 256, startNs: 1000,
                    exitNs: 2000,
                    runtimeNs: 900, countedNs: 800, energyUj: -5, counts: [1, 2, 3, 4, 5, 6, 7, .max],
                    source: .simulated, flags: [], lost: 2, table: 1, clockNs: 810, slices: 6,
                    refused: [1, 7])
            ])
    }

    @Test func readsBothCoreTypesOfAHybridMachine() {
        let (records, problem) = EnergyRecord.records(decoding: Layout(cores: 2).bytes)
        #expect(problem == nil)
        #expect(records.first?.counts == [1, 2, 3, 4, 5, 6, 7, .max])
        #expect(
            records.first?.second == .init(table: 3, clockNs: 90, counts: [11, 12, 13, 14, 15, 16]))
        #expect(EnergyRecord.records(decoding: Layout().bytes).records.first?.second == nil)
    }

    @Test(arguments: [Layout(cores: 0), Layout(cores: 3), Layout(cores: .max), Layout(secondEvents: 9)])
    func refusesMoreThanThereIsRoomFor(_ bad: Layout) {
        let (records, problem) = EnergyRecord.records(decoding: bad.bytes)
        #expect(records.isEmpty)
        #expect(problem?.contains("core types") == true)
    }

    @Test func decodesMany() {
        let bytes = (0..<100).flatMap { Layout(seq: $0).bytes }
        let (records, problem) = EnergyRecord.records(decoding: bytes)
        #expect(records.map(\.seq) == (0..<100).map { $0 })
        #expect(problem == nil)
        #expect(EnergyRecord.records(decoding: []).records.isEmpty)
    }

    @Test func takesAsManyCountsAsItSays() {
        #expect(EnergyRecord.records(decoding: Layout(events: 3).bytes).records.first?.counts == [1, 2, 3])
        #expect(EnergyRecord.records(decoding: Layout(events: 0).bytes).records.first?.counts == [])
        let (records, problem) = EnergyRecord.records(decoding: Layout(events: 9).bytes)
        #expect(records.isEmpty)
        #expect(problem?.contains("at most 8 events") == true)
    }

    @Test func skipsWhatALaterVersionAdds() {
        let later = Layout(version: 4, size: 300).bytes
        let (records, problem) = EnergyRecord.records(decoding: later + Layout(seq: 4).bytes)
        #expect(records.map(\.seq) == [3, 4])
        #expect(problem == nil)
    }

    @Test(arguments: [
        (Layout(version: 0), "version 0"), (Layout(size: 168), "168 bytes"), (Layout(size: 280), "280 bytes"),
        (Layout(version: 2, size: 184), "version 2"), (Layout(version: 4, size: 184), "184 bytes"),
        (Layout(size: 0), "0 bytes"),
    ])
    func stopsAtWhatCannotBeRight(_ bad: Layout, _ what: String) {
        let (records, problem) = EnergyRecord.records(decoding: Layout().bytes + bad.bytes + Layout().bytes)
        #expect(records.count == 1)
        #expect(problem?.contains("record 2, at byte 272") == true)
        #expect(problem?.contains(what) == true)
    }

    @Test(arguments: [1, 3, 4, 100, 271]) func saysThatTheLastOneIsCutOff(_ length: Int) {
        let (records, problem) = EnergyRecord.records(
            decoding: Layout().bytes + Layout().bytes.prefix(length))
        #expect(records.count == 1)
        #expect(problem?.contains("cut off") == true)
    }

    @Test func decodesHostileNames() {
        #expect(
            EnergyRecord.records(decoding: Layout(comm: [0xff, 0x41]).bytes).records.first?.comm
                == "\u{fffd}A")
        let full = [UInt8](repeating: 0x61, count: 16)
        #expect(EnergyRecord.records(decoding: Layout(comm: full).bytes).records.first?.comm.count == 16)
        #expect(
            EnergyRecord.records(decoding: Layout(comm: [0, 0x41]).bytes).records.first?.comm.isEmpty == true)
    }

    @Test(arguments: [
        (UInt32(0), EnergyRecord.Source.none), (1, .hardware), (2, .simulated), (3, .unknown),
        (UInt32.max, .unknown),
    ])
    func knowsItsSources(_ value: UInt32, _ source: EnergyRecord.Source) {
        #expect(EnergyRecord.records(decoding: Layout(source: value).bytes).records.first?.source == source)
    }

    @Test func isSafeOnAnyBytes() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<500 {
            var bytes = Layout().bytes + Layout().bytes
            for _ in 0..<4 {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
                    in: 0...255, using: &random)
            }
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            let (records, problem) = EnergyRecord.records(decoding: bytes)
            #expect(records.count * 272 <= bytes.count)
            #expect(problem != nil || bytes.isEmpty || !records.isEmpty)
        }
    }

    @Test func goesThroughJSON() throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = .sortedKeys
        let record = try #require(
            EnergyRecord.records(decoding: Layout(flags: 0x8000_0021).bytes).records.first)
        let data = try encoder.encode(record)
        let text = String(decoding: data, as: UTF8.self)
        #expect(text.contains(#""flags":["no-counters","scope-cpu","bit-31"]"#))
        #expect(text.contains(#""energy_uj":-5"#))
        #expect(text.contains(#""source":"simulated""#))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        #expect(try decoder.decode(EnergyRecord.self, from: data) == record)
        #expect(throws: DecodingError.self) {
            try decoder.decode(EnergyRecord.Flags.self, from: Data(#"["no-such-flag"]"#.utf8))
        }
    }
}
