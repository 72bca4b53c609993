// SPDX-License-Identifier: Apache-2.0

import Evidence
import Hypervisor
import Testing

@testable import LabEngine

@Suite("Reports of counters")
struct PmuReportTests {
    private static func report(
        source: String = "simulated", event: String, verdict: Verdict = .passed,
        steps: [RunReport.Step] = []
    ) throws -> PmuReport {
        let table = try CounterTable(
            text: """
                source \(source)
                scope cpu
                core 0
                pmu cpu
                cpus 0
                table 2 intel-pcore
                fitted yes
                [0] type=4 config=0x3c coefficient=1 \(event) NAME
                """)
        return PmuReport(run: run(verdict, steps), host: host, table: table, problem: nil)
    }

    private static let host = PmuReport.Host(hasVirtualPmu: false, reason: "no KVM", advice: nil)

    private static func run(_ verdict: Verdict, _ steps: [RunReport.Step] = []) -> RunReport {
        RunReport(
            id: "r", scenario: "pmu", variant: "release", kernel: nil, accel: .tcg, accelReason: nil,
            pmu: .simulated, seed: 1, cpus: 1, memoryMib: 512, verdict: verdict, reason: nil, durationS: 1,
            guestReadyS: nil, findings: [], energy: .init(), steps: steps, notes: [], phases: [],
            directory: "results/r")
    }

    @Test(
        "How an event fares",
        arguments: [
            ("error=0 count=5 enabled_ns=10 lag_ns=0", PmuReport.State.counts),
            ("error=0 count=0 enabled_ns=10 lag_ns=0", .zero),
            ("error=-2 count=0 enabled_ns=0 lag_ns=0", .refused),
            ("error=0 count=5 enabled_ns=10 lag_ns=4", .multiplexed),
            ("error=0 count=0 enabled_ns=10 lag_ns=10", .multiplexed),
            ("error=-95 count=5 enabled_ns=10 lag_ns=0", .counts),
        ])
    func states(text: String, state: PmuReport.State) throws {
        let event = try #require(try Self.report(event: text).cores.first?.events.first)
        #expect(event.state == state)
        #expect((event.error == nil) == text.contains("error=0 "))
    }

    @Test("Shares and errors have their values")
    func values() throws {
        let shared = try Self.report(event: "error=0 count=5 enabled_ns=10 lag_ns=4").cores[0].events[0]
        #expect(shared.share.map { abs($0 - 0.6) < 1e-9 } == true)
        let refused = try Self.report(event: "error=-22 count=0 enabled_ns=0 lag_ns=0").cores[0].events[0]
        #expect(refused.error == "EINVAL" && refused.share == nil)
        let odd = try Self.report(event: "error=-2147483648 count=0 enabled_ns=1 lag_ns=9").cores[0].events[0]
        #expect(odd.share == 0)
    }

    @Test("Provenance is what the module found, and without a PMU nothing counts")
    func provenance() throws {
        let none = try Self.report(source: "none", event: "error=0 count=0 enabled_ns=0 lag_ns=0")
        #expect(none.pmu == .none && none.cores[0].events[0].state == .absent)
        let hardware = try Self.report(source: "hardware", event: "error=0 count=1 enabled_ns=1 lag_ns=0")
        #expect(hardware.pmu == .passthrough && hardware.verdict == .passed)
        let odd = try Self.report(source: "magic", event: "error=0 count=1 enabled_ns=1 lag_ns=0")
        #expect(odd.verdict == .inconclusive && odd.reason != nil)
    }

    @Test("No answer is no pass, and a simulation that refuses is not the module's fault")
    func verdicts() throws {
        let silent = PmuReport(run: Self.run(.passed), host: Self.host, table: nil, problem: "no such file")
        #expect(silent.verdict == .inconclusive && silent.reason == "no such file")
        #expect(silent.cores.isEmpty && silent.pmu == .simulated)
        let crashed = PmuReport(run: Self.run(.failed), host: Self.host, table: nil, problem: "x")
        #expect(crashed.verdict == .failed && crashed.reason == nil)
        let step = RunReport.Step(
            name: "load sim_pmu", status: .failed, durationS: 1, message: "EINVAL", depth: 0)
        let refused = PmuReport(run: Self.run(.failed, [step]), host: Self.host, table: nil, problem: "x")
        #expect(refused.verdict == .inconclusive && refused.reason?.contains("EINVAL") == true)
    }

    @Test("Where there is no KVM, that is why there is no virtual PMU")
    func host() {
        let noKVM = PmuReport.Host(
            KVMVerdict(
                kvm: .init(works: false, reason: "It hangs.", advice: "Enable it."),
                pmu: .init(works: false, reason: "Not without KVM.")))
        #expect(noKVM.reason == "Not without KVM. No KVM: It hangs." && noKVM.advice == "Enable it.")
        let hybrid = PmuReport.Host(
            KVMVerdict(
                kvm: .init(works: true, reason: "It works."),
                pmu: .init(works: false, reason: "The CPU is hybrid.", advice: "None.")))
        #expect(!hybrid.hasVirtualPmu && hybrid.reason == "The CPU is hybrid." && hybrid.advice == "None.")
    }

    @Test("The simulation is loaded by the probe only where it was given parameters")
    func scenario() throws {
        func scenario(_ simulation: String, _ counters: Scenario.CounterSource) throws -> Scenario {
            try PmuProbe.scenario(
                .init(
                    run: RunRequest(module: "/m", results: "/r"), counters: counters, simulation: simulation,
                    parameters: "scope=task"))
        }
        #expect(try scenario("", .auto).counters == .auto)
        let simulated = try scenario("nr_counters=4", .auto)
        #expect(simulated.counters == .simulated)
        #expect(simulated.steps[0].action == .load(.lab("sim_pmu"), parameters: "nr_counters=4"))
        #expect(simulated.steps[1].action == .load(.underTest, parameters: "scope=task"))
    }
}
