// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import LabEngine

@Suite("The matrix of a suite")
struct SuitePlanTests {
    private static func scenario(_ name: String, _ rest: String) throws -> Scenario {
        try Scenario(
            yaml: "name: \(name)\ndescription: x\n\(rest)\nsteps:\n  - wait: 1s\n", file: "\(name).yaml")
    }

    private static func scenarios() throws -> [String: Scenario] {
        [
            "a": try scenario("a", "tags: [quick]"),
            "b": try scenario("b", "tags: [quick, long]"),
            "c": try scenario("c", "tags: [faults]\nvariants: [debug]"),
            "d": try scenario("d", "tags: [faults]\nmin_cpus: 2"),
        ]
    }

    private func plan(_ matrix: String) throws -> SuitePlan {
        let suite = try Suite(yaml: "name: s\ndescription: x\nmatrix:\n\(matrix)", file: "s.yaml")
        return try SuitePlan(suite, scenarios: Self.scenarios())
    }

    @Test(
        "A block is every scenario on every variant, CPU count, kernel and seed; what stands twice is run once"
    )
    func product() throws {
        let plan = try plan(
            """
              - scenarios: [a, b]
                variants: [release, debug]
                cpus: [1, 2]
                kernels: [default, 6.18.15]
                seeds: 1..3
              - scenarios: [a]
            """)
        #expect(plan.cells.count == 2 * 2 * 2 * 2 * 3)
        #expect(Set(plan.cells).count == plan.cells.count)
        #expect(plan.cells.first?.name == "a/release/1cpu/s1")
        #expect(plan.cells.last?.name == "b/debug/6.18.15/2cpu/s3")
    }

    @Test("Tags select, other tags leave out, and a scenario that makes no sense is said to be left out")
    func tags() throws {
        let quick = try plan("  - tags: [quick]\n    without: [long]\n")
        #expect(quick.cells.map(\.scenario) == ["a"])
        let faults = try plan("  - tags: [faults]\n    cpus: [1, 2]\n    variants: [release, debug]\n")
        #expect(
            faults.cells.map(\.name) == [
                "d/release/2cpu/s1", "c/debug/1cpu/s1", "c/debug/2cpu/s1", "d/debug/2cpu/s1",
            ])
        #expect(faults.excluded.count == 4)
        #expect(
            faults.excluded.contains { $0.cell.name == "c/release/1cpu/s1" && $0.reason.contains("debug") })
        #expect(
            faults.excluded.contains { $0.cell.name == "d/debug/1cpu/s1" && $0.reason.contains("2 CPUs") })
    }

    @Test("A block that selects nothing is an error, not a small suite")
    func nothing() throws {
        #expect(throws: LabError.self) { try plan("  - tags: [quikc]\n") }
    }

    @Test("Shards are the whole together, and share no cell")
    func shards() throws {
        let all = try plan("  - scenarios: [a, b]\n    seeds: 1..5\n")
        var together: [SuiteCell] = []
        for index in 1...3 {
            var part = all
            part.take(try #require(Shard(text: "\(index)/3")))
            #expect((3...4).contains(part.cells.count))
            together += part.cells
        }
        #expect(Set(together) == Set(all.cells) && together.count == all.cells.count)
        for text in ["0/3", "4/3", "1/0", "1", "1/3/5", "a/b", "-1/3", "1/99999999"] {
            #expect(Shard(text: text) == nil, "\(text)")
        }
    }

    @Test(
        "Mistakes in a suite file have their place, and the nearest word",
        arguments: [
            ("  - tagz: [quick]", "s.yaml:4:5", "tags"),
            ("  - tags: [quick]\n    variants: [relaese]", "s.yaml:5:15", "release"),
            ("  - tags: [quick]\n    cpus: [0]", "s.yaml:5:11", "1 to 16"),
            ("  - tags: [quick]\n    seeds: none", "s.yaml:5:12", "1..3"),
            ("  - tags: [quick]\n    variants: []", "s.yaml:5:15", "empty"),
            ("  - variants: [debug]", "s.yaml:4:5", "scenarios"),
        ])
    func mistakes(matrix: String, place: String, hint: String) throws {
        let error = try #require(throws: ScenarioError.self) { _ = try plan(matrix) }
        #expect(error.description.hasPrefix(place), "\(error)")
        #expect(error.description.contains(hint), "\(error)")
    }
}

@Suite("What a change can affect")
struct ChangeScopeTests {
    private let cells = ["smoke", "idle", "/tmp/own.yaml"].flatMap { scenario in
        ["release", "debug"].map {
            SuiteCell(scenario: scenario, variant: $0, cpus: 2, kernel: SuiteCell.defaultKernel, seed: 1)
        }
    }

    private func affected(_ files: [String]) -> [String] {
        let scope = ChangeScope(files: files)
        return cells.filter { scope.affects($0) }.map { "\($0.scenario) \($0.variant)" }
    }

    @Test("Module, kernel, lab and anything unknown: everything")
    func everything() {
        for file in [
            "kmod/pacct_energy/hooks.c", "kmod/simhw/sim_pmu.c", "images/kernel/source.yaml",
            "images/guest/manifest.yaml",
            "images/kernel/config/base.config", "Sources/LabEngine/Lab.swift", "Package.swift",
            "whatever/new.bin",
            "scenarios/deeper/x.yaml", "/home/me/module",
        ] { #expect(affected([file]).count == cells.count, "\(file)") }
    }

    @Test("A scenario's file: its runs; a variant's configuration: that variant's")
    func parts() {
        // Whatever has a path of its own may be anything.
        #expect(
            affected(["scenarios/smoke.yaml"]).filter { !$0.hasPrefix("/") } == [
                "smoke release", "smoke debug",
            ])
        #expect(
            affected(["images/kernel/config/debug.config"]).filter { $0.hasPrefix("s") } == ["smoke debug"])
    }

    @Test("Texts, tests and pipelines: nothing but what has a path of its own")
    func nothing() {
        let files = ["README.md", "ci/test", "Tests/LabTests/X.swift", "LICENSE", ".github/workflows/x.yml"]
        #expect(affected(files).allSatisfy { $0.hasPrefix("/") })
        #expect(affected([]).allSatisfy { $0.hasPrefix("/") })
    }
}

@Suite("Room for guests")
struct GuestSlotsTests {
    private let need = GuestSlots.Need(cpus: 2, memoryMiB: 512, accelerator: .tcg)
    private let kvm = GuestSlots.Need(cpus: 4, memoryMiB: 512, accelerator: .kvm)

    /// Whether each of three guests finds room.
    private func three(
        _ need: GuestSlots.Need, cores: Int, memory: Int = 100_000, limit: Int? = nil, freeMiB: Int = 90_000
    ) -> [Bool] {
        var slots = GuestSlots(capacity: HostCapacity(cores: cores, freeMiB: memory), limit: limit)
        return (0..<3).map { _ in slots.take(need, freeMiB: freeMiB) }
    }

    @Test("Cores bound them, memory bounds them, and one always runs")
    func bounds() {
        #expect(three(need, cores: 2) == [true, true, false])
        #expect(three(need, cores: 8, memory: 2000) == [true, true, false])
        #expect(three(need, cores: 1, memory: 10) == [true, false, false])
    }

    @Test("Memory that others took meanwhile is not there")
    func taken() { #expect(three(need, cores: 8, freeMiB: 600) == [true, false, false]) }

    @Test("What a guest gives back, the next one has")
    func freed() {
        var slots = GuestSlots(capacity: HostCapacity(cores: 1, freeMiB: 100_000))
        let first = slots.take(need, freeMiB: 90_000)
        let second = slots.take(need, freeMiB: 90_000)
        slots.free(need)
        let third = slots.take(need, freeMiB: 90_000)
        #expect(first && !second && third && slots.running == 1)
    }

    @Test("Under KVM every CPU of a guest wants a core; --jobs is the user's word")
    func accelerators() {
        #expect(three(kvm, cores: 6) == [true, false, false])
        #expect(three(kvm, cores: 6, limit: 2) == [true, true, false])
    }
}
