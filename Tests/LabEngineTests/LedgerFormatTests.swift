// SPDX-License-Identifier: Apache-2.0

import Evidence
import GuestContract
import Testing

/// What the agent writes is what the host reads: the two have no code in common.
@Suite("The ledger's format")
struct LedgerFormatTests {
    private static let entries: [LedgerEntry] = [
        .mark(.listening, wentWell: true, hasDevice: false, module: ""),
        .task(
            .init(
                pid: 7, tgid: 6, parent: 2, start: 20_000_000, isExiting: true, isKernelThread: false,
                comm: Array("a \"name\"\n\u{1}".utf8))),
        .fork(pid: 43, tgid: 43, parentPid: 1, parentTgid: 1),
        .exec(pid: 43, tgid: 43),
        .exit(pid: 43, tgid: 42, parentPid: 1, parentTgid: 0, code: 0x8B00),
        .mark(.loadEnded, wentWell: false, hasDevice: true, module: "pacct_energy"),
        .overrun,
        .gap(cpu: 3, missing: 4_000_000_000),
        .unavailable(errno: 93),
    ]

    private static let expected: [LedgerEvent.What] = [
        .mark(.listening, wentWell: true, hasDevice: false, module: ""),
        .task(
            .init(
                pid: 7, tgid: 6, parent: 2, startNs: 20_000_000, isExiting: true, isKernelThread: false,
                comm: "a \"name\"\n\u{1}")),
        .fork(pid: 43, tgid: 43, parentPid: 1, parentTgid: 1),
        .exec(pid: 43, tgid: 43),
        .exit(pid: 43, tgid: 42, parentPid: 1, parentTgid: 0, code: 0x8B00),
        .mark(.loadEnded, wentWell: false, hasDevice: true, module: "pacct_energy"),
        .overrun,
        .gap(cpu: 3, missing: 4_000_000_000),
        .unavailable(errno: 93),
    ]

    private static var bytes: [UInt8] {
        var writer = ByteWriter()
        for (index, entry) in entries.enumerated() { writer.write(entry, time: UInt64(index) << 33) }
        return writer.bytes
    }

    @Test("Every kind of entry comes back as it was")
    func roundTrip() {
        let (events, problem) = LedgerEvent.events(decoding: Self.bytes)
        #expect(problem == nil)
        #expect(events.map(\.what) == Self.expected)
        #expect(events.map(\.timeNs) == Self.entries.indices.map { UInt64($0) << 33 })
    }

    @Test("Names longer than the format allows are cut, and do not break what follows")
    func longNames() {
        var writer = ByteWriter()
        writer.write(
            .mark(.loadEnded, wentWell: true, hasDevice: true, module: String(repeating: "m", count: 300)),
            time: 1)
        writer.write(
            .task(
                .init(
                    pid: 1, tgid: 1, parent: 0, start: 0, isExiting: false, isKernelThread: true,
                    comm: Array(repeating: 0x63, count: 40))), time: 2)
        writer.write(.overrun, time: 3)
        let (events, problem) = LedgerEvent.events(decoding: writer.bytes)
        #expect(problem == nil)
        #expect(events.count == 3)
        #expect(events.last?.what == .overrun)
    }

    @Test("Bytes cut off anywhere give the entries before the cut, and the place")
    func truncated() {
        let bytes = Self.bytes
        var whole = 0
        for length in bytes.indices {
            let (events, problem) = LedgerEvent.events(decoding: Array(bytes[..<length]))
            #expect(events.count >= whole && events.count < Self.entries.count)
            #expect(events.map(\.what) == Array(Self.expected.prefix(events.count)))
            whole = events.count
            // Between two entries nothing is missing that can be known.
            #expect(problem == nil || problem?.contains("entry \(events.count + 1)") == true)
        }
        #expect(whole == Self.entries.count - 1)
    }
}
