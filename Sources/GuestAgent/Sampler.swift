// SPDX-License-Identifier: Apache-2.0

import CGuest
import GuestContract

/// Takes a few numbers of the system again and again, beside the steps. Each sample is a child's work: what a module
/// holds may let it hang, and not the agent.
struct Sampler {
    private static let limit: UInt64 = 30_000_000_000
    /// Most bytes of one sample.
    private static let outputLimit = 16 << 10

    private var interval: UInt64 = 0
    private var module = ""
    private var next = UInt64.max
    private var child: ChildStep?

    /// When ``advance(_:)`` has to be asked at the latest.
    var nextDeadline: UInt64 { child?.nextDeadline ?? next }

    /// Begins, if the plan wants it. Before any module is loaded: slab caches that come later are the module's.
    mutating func begin(_ watch: WatchPlan) {
        guard watch.sampling > 0, !watch.module.isEmpty else { return }
        (interval, module) = (watch.sampling, watch.module)
        guest_remember_caches()
        next = bootTime()
    }

    /// Takes no more samples. One that is being taken is left to itself: the guest goes off soon.
    mutating func end() { next = .max }

    /// Goes on as far as it can without waiting.
    mutating func advance(_ loop: Loop) {
        if let child {
            child.advance(loop)
            guard let outcome = child.outcome else { return }
            self.child = nil
            if outcome == .stuck {
                loop.channel.send(.note("a sample hangs in the kernel: no more are taken"))
                next = .max
            }
            return
        }
        let now = bootTime()
        guard now >= next else { return }
        next = now.addingClamped(interval)
        let sample = ChildStep(
            "sample", .sample(module: module), limit: Self.limit, index: 0, outputLimit: Self.outputLimit)
        child = sample
        sample.advance(loop)
    }
}
