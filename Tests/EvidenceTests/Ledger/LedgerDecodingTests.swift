// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Evidence

@Suite("Ledger entries from a hostile guest")
struct LedgerDecodingTests {
    @Test("Any bytes at all decode to something, and to a table", arguments: 0..<200)
    func randomBytes(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        // Kinds that exist more often than chance gives them, so that decoding gets somewhere.
        let bytes = (0..<2000).map { _ in
            Bool.random(using: &generator)
                ? UInt8.random(in: 0...9, using: &generator) : .random(in: 0...255, using: &generator)
        }
        let (events, problem) = LedgerEvent.events(decoding: bytes)
        #expect(problem != nil || !events.isEmpty)
        let table = ProcessTable(of: events)
        #expect(table.lives.count <= events.count)
        #expect(!table.doubts.isEmpty, "random bytes are no good ledger")
    }

    @Test("Lengths and kinds beyond the format stop the decoding")
    func refused() {
        let time = [UInt8](repeating: 0, count: 8)
        for bytes in [[0] + time, [9] + time, [5] + time + [0, 0, 0], [5] + time + [9, 0, 0]] as [[UInt8]] {
            #expect(LedgerEvent.events(decoding: bytes).problem != nil)
        }
        let name = [UInt8](repeating: 0x6D, count: 65)
        #expect(LedgerEvent.events(decoding: [5] + time + [4, 1, 65] + name).problem != nil)
        #expect(LedgerEvent.events(decoding: [5] + time + [4, 1, 64] + name.dropLast()).problem == nil)
    }

    @Test("Every line of ledger.jsonl is JSON, whatever a task calls itself")
    func json() throws {
        let events: [LedgerEvent.What] = [
            .task(
                .init(
                    pid: 1, tgid: 1, parent: 0, startNs: 5, isExiting: false, isKernelThread: false,
                    comm: "\"\\\n\u{7F}\u{2028}\u{FFFD}x")),
            .mark(.loadEnded, wentWell: true, hasDevice: true, module: "a\"b"), .overrun,
            .mark(.ended, wentWell: true, hasDevice: false, module: ""),
            .exit(pid: 2, tgid: 2, parentPid: 1, parentTgid: 1, code: 9), .exec(pid: 2, tgid: 2),
            .fork(pid: 2, tgid: 2, parentPid: 1, parentTgid: 1), .gap(cpu: 1, missing: 2),
            .unavailable(errno: 93),
        ]
        for what in events {
            let line = LedgerEvent(timeNs: .max, what: what).json
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(object?["time_ns"] as? UInt64 == .max, "\(line)")
            #expect(object?["event"] is String, "\(line)")
            if case .task = what {
                #expect(object?["comm"] as? String == "\"\\\n\u{7F}\u{2028}\u{FFFD}x")
            }
        }
    }
}
