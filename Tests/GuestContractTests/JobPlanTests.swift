// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GuestContract

@Suite struct JobPlanTests {
    static let plan = JobPlan(
        run: "20261124-1", seed: 7, heartbeat: 1_000_000_000, outputLimit: 4096,
        recordDevice: "/dev/pacct_energy",
        steps: [
            .init(name: "load", limit: 1, always: false, action: .load(path: "/job/a.ko", parameters: "x=1")),
            .init(
                name: "run", limit: 2, always: false,
                action: .run(arguments: ["sh", "-c", "exit 3"], environment: ["A=b"])),
            .init(name: "wait", limit: 3, always: false, action: .wait(nanoseconds: 4)),
            .init(name: "write", limit: 3, always: false, action: .write(path: "/proc/x", text: "c")),
            .init(name: "collect", limit: 3, always: true, action: .collect(path: "/proc/y", name: "y")),
            .init(name: "unload", limit: 5, always: true, action: .unload(name: "a")),
        ], watch: watch)

    private static let watch = {
        var watch = WatchPlan()
        watch.snapshots = [
            .init(moment: .beforeLoad, step: 0, isBefore: true), .init(moment: .end, step: 6, isBefore: true),
        ]
        watch.limit = 9
        watch.witness = "/job/witness.ko"
        watch.counters = [.init(type: 4, config: 0x1d3)]
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

    @Test func `refuses bytes left over`() {
        #expect(throws: ContractError.trailingBytes(count: 1)) {
            try JobPlan(decoding: Self.plan.encoded + [0])
        }
    }
}
