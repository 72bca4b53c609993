// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GuestContract

@Suite struct JobPlanTests {
    static let plan = {
        var plan = unvaried
        plan.steps[1].start.delay = 20_000_000
        plan.steps[1].start.cpus = 1 << 63 | 2
        plan.steps[1].start.nice = -10
        plan.perturbation = .init(path: "/job/perturb.ko", parameters: "seed=7")
        return plan
    }()

    private static let unvaried = JobPlan(
        job: "20261124-1", seed: 7, heartbeat: 1_000_000_000, outputLimit: 4096,
        recordDevice: "/dev/pacct_energy", keepsLedger: false,
        steps: [
            .init(name: "load", limit: 1, always: false, action: .load(path: "/job/a.ko", parameters: "x=1")),
            .init(
                name: "run", limit: 2, always: false,
                action: .run(arguments: ["sh", "-c", "exit 3"], environment: ["A=b"])),
            .init(name: "wait", limit: 3, always: false, action: .wait(nanoseconds: 4)),
            .init(name: "write", limit: 3, always: false, action: .write(path: "/proc/x", text: "c")),
            .init(name: "collect", limit: 3, always: true, action: .collect(path: "/proc/y", name: "y")),
            .init(name: "together", limit: 9, always: false, members: 5, action: .together),
            .init(
                name: "storm", limit: 9, always: false, background: true,
                action: .run(arguments: ["workload"], environment: [])),
            .init(
                name: "faults", limit: 9, always: false, members: 3,
                action: .fault(Fault(kind: .function, probability: 5, function: "f", error: 12))),
            .init(name: "repeat", limit: 9, always: false, members: 1, action: .repeating(count: 500)),
            .init(
                name: "load again", limit: 9, always: false, allowed: [12, 11],
                action: .load(path: "/job/a.ko", parameters: "")),
            .init(
                name: "check", limit: 9, always: true, action: .check(path: "", condition: .lacks("BUG"))),
            .init(name: "unload", limit: 5, always: true, action: .unload(name: "a")),
            .init(name: "unread", limit: 9, always: false, members: 1, action: .suspendRecords),
            .init(name: "meanwhile", limit: 3, always: false, action: .wait(nanoseconds: 1)),
        ], watch: watch)

    private static let watch = {
        var watch = WatchPlan()
        watch.snapshots = [
            .init(moment: .beforeLoad, step: 0, isBefore: true), .init(moment: .end, step: 6, isBefore: true),
        ]
        watch.limit = 9
        watch.witness = "/job/witness.ko"
        watch.counters = [.init(type: 4, config: 0x1d3)]
        watch.sampling = 5
        return watch
    }()

    @Test func `comes back as it was`() throws {
        #expect(try JobPlan(decoding: Self.plan.encoded) == Self.plan)
    }

    @Test func `refuses every truncation`() {
        let bytes = Self.plan.encoded
        for length in 0..<bytes.count {
            #expect(throws: ContractError.self) { try JobPlan(decoding: Array(bytes.prefix(length))) }
        }
    }

    @Test func `finds its way through groups`() {
        let plan = Self.plan
        let together = plan.steps.firstIndex { $0.name == "together" } ?? 0
        #expect(plan.topLevel.map { plan.steps[$0].name }.suffix(3) == ["together", "unload", "unread"])
        #expect(plan.members(of: together).map { plan.steps[$0].name } == ["storm", "faults"])
        #expect(plan.inside(together).count == 5)
        #expect(plan.depths.suffix(9) == [0, 1, 1, 2, 3, 2, 0, 0, 1])
    }

    @Test(arguments: [("load", 1), ("together", 0), ("together", 100), ("faults", 4), ("repeat", 3)])
    func `refuses groups that do not lie within each other`(name: String, members: Int) {
        var plan = Self.plan
        for index in plan.steps.indices where plan.steps[index].name == name {
            plan.steps[index].members = members
        }
        #expect(throws: ContractError.self) { try JobPlan(decoding: plan.encoded) }
    }

    @Test func `refuses groups in groups in groups without an end`() {
        var plan = Self.plan
        let depth = Contract.maxDepth + 1
        plan.steps = (0..<depth).map { level in
            .init(name: "g", limit: 1, always: false, members: depth - level, action: .together)
        }
        plan.steps.append(.init(name: "w", limit: 1, always: false, action: .wait(nanoseconds: 1)))
        #expect(throws: ContractError.self) { try JobPlan(decoding: plan.encoded) }
        plan.steps.removeFirst()
        #expect(throws: Never.self) { try JobPlan(decoding: plan.encoded) }
    }

    @Test func `survives any bytes`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var bytes = Self.plan.encoded
            for _ in 0..<3 {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255)
            }
            guard let plan = try? JobPlan(decoding: bytes) else { continue }
            for index in plan.steps.indices { #expect(plan.inside(index).upperBound <= plan.steps.count) }
        }
    }

    @Test func `refuses bytes left over`() {
        #expect(throws: ContractError.trailingBytes(count: 1)) {
            try JobPlan(decoding: Self.plan.encoded + [0])
        }
    }
}
