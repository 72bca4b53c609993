// SPDX-License-Identifier: Apache-2.0

import Evidence
import GuestContract
import Testing

@testable import LabEngine

@Suite("What is watched besides the steps")
struct WatchCompilerTests {
    private func step(_ action: JobPlan.Action) -> JobPlan.Step {
        JobPlan.Step(name: "x", limit: 1, always: false, action: action)
    }

    private func load(_ name: String, _ parameters: String = "") -> JobPlan.Step {
        step(.load(path: "/job/\(name).ko", parameters: parameters))
    }

    private func watch(_ steps: [JobPlan.Step], _ provenance: CounterProvenance = .simulated) -> WatchPlan {
        WatchCompiler(
            limits: TimeLimits(accelerator: .tcg, variant: "release"), provenance: provenance
        ).compile(steps, module: "mod", sampling: nil)
    }

    private func order(_ moment: SnapshotMoment, _ step: Int, before: Bool) -> SnapshotOrder {
        SnapshotOrder(moment: moment, step: step, isBefore: before)
    }

    @Test("Snapshots around the life of the module, from its first load to its last unload")
    func moments() {
        let steps = [
            load("sim_pmu"), load("mod"), step(.unload(name: "mod")), load("mod"),
            step(.wait(nanoseconds: 1)), step(.unload(name: "mod")), step(.unload(name: "sim_pmu")),
        ]
        #expect(
            watch(steps).snapshots == [
                order(.beforeLoad, 1, before: true), order(.loaded, 3, before: false),
                order(.beforeUnload, 5, before: true), order(.unloaded, 5, before: false),
                order(.end, 7, before: true),
            ])
        #expect(watch(steps).witness == "/job/witness.ko")
    }

    @Test("Lives inside a group of steps are seen from outside the group")
    func groups() {
        var group = step(.repeating(count: 9))
        group.members = 2
        let loop = [load("sim_pmu"), group, load("mod"), step(.unload(name: "mod"))]
        #expect(
            watch(loop).snapshots == [
                order(.beforeLoad, 1, before: true), order(.unloaded, 1, before: false),
                order(.end, 4, before: true),
            ])
        let after = watch(loop + [load("mod"), step(.unload(name: "mod"))])
        #expect(
            after.snapshots == [
                order(.beforeLoad, 1, before: true), order(.loaded, 4, before: false),
                order(.beforeUnload, 5, before: true), order(.unloaded, 5, before: false),
                order(.end, 6, before: true),
            ])
    }

    @Test("A module that stays has no snapshots of its end, and one that never comes has none at all")
    func partial() {
        let stays = watch([load("mod")])
        #expect(stays.snapshots.map(\.moment) == [.beforeLoad, .loaded, .end])
        #expect(stays.witness.isEmpty)
        #expect(watch([load("sim_pmu")]) == WatchPlan())
    }

    @Test("Independent counters only where the PMU has room for them beside the module's")
    func counters() {
        let configs = EnergyArithmetic.intelPCore.map(\.config)
        let wide = load("sim_pmu", "nr_counters=16")
        #expect(watch([wide, load("mod")]).counters.map(\.config) == configs)
        #expect(watch([wide, load("mod")]).counters.allSatisfy { $0.type == 4 })
        #expect(watch([load("sim_pmu", "nr_counters=8"), load("mod")]).counters.isEmpty)
        #expect(watch([wide, load("mod")], .passthrough).counters.isEmpty)
        #expect(watch([wide, load("mod", "table=amd-zen")]).counters.isEmpty, "only the module knows it")
        #expect(
            watch([wide, load("mod", "events=0x3c:5,192:-7")]).counters.map(\.config) == [0x3c, 0xc0])
    }
}
