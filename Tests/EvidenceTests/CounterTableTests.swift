// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Evidence

@Suite("What the module says of its counters")
struct CounterTableTests {
    private static let text = """
        source simulated
        scope cpu
        core 0
        pmu cpu_core
        cpus 0 2
        table 2 intel-pcore
        fitted yes
        [0] type=4 config=0x3c coefficient=63840 error=0 count=18446744073709551615 enabled_ns=10 lag_ns=0 CPU.THREAD
        [1] type=4 config=0x1d3 coefficient=-239221 error=-2 count=0 enabled_ns=0 lag_ns=0 MEM_LOAD
        core 1
        pmu -
        cpus
        table 3 intel-ecore
        fitted no

        """

    @Test("Every type of core with its events")
    func reads() throws {
        let table = try CounterTable(text: Self.text)
        #expect(table.source == "simulated" && table.scope == "cpu")
        try #require(table.cores.count == 2)
        let core = table.cores[0]
        #expect(
            core.pmu == "cpu_core" && core.cpus == [0, 2] && core.table == "intel-pcore" && core.isFitted)
        #expect(core.events.map(\.name) == ["CPU.THREAD", "MEM_LOAD"])
        #expect(core.events[0].count == .max && core.events[0].config == 0x3c)
        #expect(core.events[1].error == -2 && core.events[1].coefficient == -239_221)
        #expect(
            table.cores[1]
                == .init(number: 1, pmu: nil, cpus: [], table: "intel-ecore", isFitted: false, events: []))
    }

    @Test(
        "A guest may write anything",
        arguments: [
            ("source simulated\n", ""), ("scope cpu\n", ""), ("core 0\n", ""), ("core 0", "core x"),
            ("pmu cpu_core", "pmv cpu_core"), ("[0]", "[zero]"), ("[0]", "["), ("type=4", "type=-4"),
            ("config=0x3c", "config=0xzz"), ("count=0", "count=many"), ("error=-2", "error=99999999999"),
            ("lag_ns=0 CPU", "CPU"), ("source simulated", "   "),
        ])
    func malformed(old: String, new: String) {
        #expect(throws: CounterTable.Malformed.self) {
            try CounterTable(text: Self.text.replacing(old, with: new, maxReplacements: 1))
        }
    }

    @Test("Nothing is no table, and neither are a thousand cores")
    func bounds() {
        #expect(throws: CounterTable.Malformed.self) { try CounterTable(text: "") }
        let many = "source none\nscope cpu\n" + String(repeating: "core 0\n", count: 1000)
        #expect(throws: CounterTable.Malformed.self) { try CounterTable(text: many) }
    }
}
