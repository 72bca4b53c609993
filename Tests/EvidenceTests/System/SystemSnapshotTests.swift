// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Evidence

@Suite("Snapshots of a system")
struct SystemSnapshotTests {
    private static let bytes = SnapshotFixture.bytes([
        ("modules", 0, "a 4096 1 - Live 0xffffffffc0000000 (OE)\n"), ("model", 2, ""),
        ("tasks", 27, "pid=1\npid"), ("debugfs-names", 0, "x\n0 0 0\n"),
    ])

    @Test("Sections come back, with text that looks like a heading, and with errors")
    func decoding() {
        let snapshot = SystemSnapshot(decoding: Self.bytes)
        #expect(snapshot.isWhole)
        #expect(snapshot.modules?["a"]?.references == 1)
        #expect(snapshot.modules?["a"]?.address == 0xffff_ffff_c000_0000)
        #expect(snapshot.text("debugfs-names") == "x\n0 0 0\n")
        #expect(snapshot.text("model") == nil)
        #expect(snapshot.absence(of: "model").contains("does not have"))
        #expect(snapshot.text("tasks") == nil, "it was cut off")
        #expect(snapshot.absence(of: "tasks").contains("too long"))
        #expect(snapshot.absence(of: "stats-1").contains("ends before"))
    }

    @Test("A snapshot that is cut off anywhere is not whole, and one with strange bytes is read to the end")
    func truncated() {
        for length in 0..<Self.bytes.count {
            #expect(!SystemSnapshot(decoding: Array(Self.bytes.prefix(length))).isWhole, "\(length)")
        }
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<3000 {
            var bytes = Self.bytes
            for _ in 0..<3 {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255)
            }
            _ = SystemSnapshot(decoding: bytes)
        }
        #expect(!SystemSnapshot(decoding: Array("a 0 9223372036854775807\n".utf8)).isWhole)
    }

    @Test("The kernel's tables are read")
    func tables() {
        let snapshot = SnapshotFixture.snapshot()
        #expect(snapshot.slabCaches == ["task_struct", "kmalloc-64"])
        #expect(snapshot.objects(inCache: "kmalloc-64") == 1792)
        #expect(snapshot.taint == 0x3000)
        #expect(snapshot.timers == ["tick_nohz_handler"])
        #expect(snapshot.probes == [.init(tracepoint: "sched_switch", function: "trace_hook+0x0/0x10")])
        #expect(snapshot.names(in: "dev") == ["null", "zero"])
        #expect(snapshot.jiffies == 4_294_893_000)
        #expect(snapshot.busyNs == [0: 2_000_000_000, 1: 1_500_000_000])
    }
}
