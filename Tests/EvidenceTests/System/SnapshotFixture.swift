// SPDX-License-Identifier: Apache-2.0

@testable import Evidence

/// A snapshot as a guest sends it, with everything in its place.
enum SnapshotFixture {
    /// Texts of a system on which nothing is going on.
    static let quiet: [String: String] = [
        "boottime": "1000",
        "modules":
            "witness 16384 0 - Live 0xffffffffc0010000 (OE)\nsim_pmu 20480 16 - Live 0xffffffffc0000000 (OE)\n",
        "tainted": "12288\n",
        "slabinfo": """
        slabinfo - version: 2.1
        # name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables
        task_struct           57     60   4992    6    8 : tunables    0    0    0 : slabdata     10     10      0
        kmalloc-64          1792   1792     64   64    1 : tunables    0    0    0 : slabdata     28     28      0

        """,
        "schedstat": """
        version 17
        timestamp 4294893000
        cpu0 0 0 1174 370 551 367 2000000000 133054096 800
        domain0 MC 3 0 0
        cpu1 0 0 900 300 500 300 1500000000 100 700

        """,
        "timers": """
        Timer List Version: v0.10
        now at 4107560920 nsecs

        cpu: 0
          active timers:
         #0: <000000009f1c2b3a>, tick_nohz_handler, S:01
         # expires at 4108000000-4108000000 nsecs [in 439080 to 439080 nsecs]

        """,
        "probes": "sched_switch trace_hook+0x0/0x10\n",
        "proc-names": "cpuinfo\nmeminfo\npacct_witness\n",
        "dev-names": "null\nzero\n",
        "debugfs-names": "sched\nslab\n",
    ]

    /// A snapshot with some texts other than in ``quiet``; those given as nil are not there.
    static func snapshot(_ changes: [String: String?] = [:]) -> SystemSnapshot {
        var sections = quiet.mapValues { SystemSnapshot.Section(text: $0) }
        for (name, text) in changes {
            sections[name] = text.map { .init(text: $0) } ?? .init(error: SystemSnapshot.notThere, text: "")
        }
        return SystemSnapshot(sections: sections)
    }

    /// The bytes of a snapshot, in the order of the names.
    static func bytes(_ texts: [(String, Int32, String)]) -> [UInt8] {
        texts.flatMap { name, error, text in Array("\(name) \(error) \(text.utf8.count)\n\(text)\n".utf8) }
    }
}
