// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Evidence

@Suite("Residue of a module")
struct ResidueTests {
    private static let quiet = SnapshotFixture.quiet
    private static let loadedModules =
        (quiet["modules"] ?? "") + "pacct_energy 73728 1 - Live 0xffffffffc0020000 (OE)\n"

    private func residue(
        _ after: [String: String?] = [:], before: [String: String?] = [:], leaks: String? = ""
    ) -> Residue {
        Residue(
            .init(
                before: SnapshotFixture.snapshot(before),
                loaded: SnapshotFixture.snapshot(["modules": Self.loadedModules]),
                after: SnapshotFixture.snapshot(after), end: SnapshotFixture.snapshot(["kmemleak": leaks])),
            module: "pacct_energy")
    }

    private func with(_ name: String, _ addition: String) -> [String: String?] {
        [name: (Self.quiet[name] ?? "") + addition]
    }

    @Test("A module that leaves nothing leaves nothing")
    func nothing() {
        #expect(residue().items.isEmpty)
        #expect(residue().doubts.isEmpty && residue().notes.isEmpty)
    }

    @Test(
        "Whatever is left is found, and named",
        arguments: [
            (
                Residue.Kind.module, "modules", "pacct_energy 73728 1 - Live 0xffffffffc0020000 (OE)\n",
                "pacct_energy"
            ),
            (
                .slabCache, "slabinfo", "pacct_tasks 3 21 384 21 2 : tunables 0 0 0\n",
                "pacct_tasks with up to 3 objects"
            ),
            (.probe, "probes", "sched_switch 0xffffffffc0021000\n", "sched_switch: 0xffffffffc0021000"),
            (.timer, "timers", " #1: <000000001>, 0xffffffffc0022000, S:01\n", "0xffffffffc0022000"),
            (.procEntry, "proc-names", "pacct_energy\n", "/proc pacct_energy"),
            (.deviceEntry, "dev-names", "pacct_energy\n", "/dev pacct_energy"),
            (.debugfsEntry, "debugfs-names", "pacct\n", "pacct"),
        ])
    func left(kind: Residue.Kind, section: String, addition: String, text: String) {
        let items = residue(with(section, addition)).items
        #expect(items.map(\.kind) == [kind])
        #expect(items.first?.text.contains(text) == true, "\(items)")
    }

    @Test("A module that is held more often than before is found")
    func reference() {
        let held = Self.quiet["modules"]?.replacing("20480 16", with: "20480 18")
        #expect(residue(["modules": held]).items.map(\.kind) == [.reference])
        let released = Self.quiet["modules"]?.replacing("20480 16", with: "20480 2")
        #expect(residue(["modules": released]).items.isEmpty)
    }

    @Test("Taint: what every module outside the tree sets is allowed, and nothing else")
    func taint() {
        #expect(residue(["tainted": "12288"], before: ["tainted": "0"]).items.isEmpty)
        let warned = residue(["tainted": "\(0x3000 | 1 << 9)"], before: ["tainted": "0"])
        #expect(warned.items.map(\.kind) == [.taint])
        #expect(warned.items.first?.text.contains("W") == true)
        #expect(residue(["tainted": "\(1 << 40 | 0x3000)"]).items.map(\.kind) == [.taint], "one nobody knows")
    }

    private func leak(jiffies: UInt64, frame: String) -> String {
        """
        unreferenced object 0xffff888101234000 (size 192):
          comm "pacct-agent", pid 61, jiffies \(jiffies)
          hex dump (first 32 bytes):
            00 00 00 00 ad 4e ad de ff ff ff ff 00 00 00 00  .....N..........
          backtrace (crc 1234abcd):
            kmemleak_alloc+0x2d/0x60
            \(frame)
            do_one_initcall+0x5a/0x2f0

        """
    }

    @Test("Leaks: those of the module by its addresses, those of others when they are new")
    func leaks() {
        let old: UInt64 = 4_294_892_000
        let own = residue(leaks: leak(jiffies: old, frame: "0xffffffffc0020123"))
        #expect(own.items.map(\.kind) == [.leak])
        #expect(own.items.first?.text.contains("pacct_energy allocated") == true)
        #expect(own.items.first?.evidence.contains { $0.contains("size 192") } == true)
        let new = residue(leaks: leak(jiffies: 4_294_893_500, frame: "copy_process+0x1/0x2"))
        #expect(new.items.map(\.kind) == [.leak])
        let others = residue(leaks: leak(jiffies: old, frame: "acpi_init+0x1/0x2"))
        #expect(others.items.isEmpty && others.notes.count == 1)
        let named = residue(leaks: leak(jiffies: old, frame: "start+0x1/0x2 [pacct_energy]"))
        #expect(named.items.map(\.kind) == [.leak])
    }

    private func without(_ name: String) -> Residue { residue([name: nil]) }

    @Test("What could not be looked at is said: as a doubt where it must be there, as a note otherwise")
    func missing() {
        for name in ["modules", "probes", "tainted", "proc-names", "dev-names"] {
            let residue = without(name)
            #expect(residue.doubts.count == 1, "\(name)")
        }
        for name in ["slabinfo", "timers", "debugfs-names"] {
            let residue = without(name)
            #expect(residue.doubts.isEmpty && residue.notes.count == 1, "\(name)")
        }
        #expect(residue(leaks: nil).notes.count == 1, "a kernel without kmemleak")
        #expect(residue(leaks: nil).doubts.isEmpty)
    }
}
