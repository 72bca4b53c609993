// SPDX-License-Identifier: Apache-2.0

import GuestContract

/// What a run's seed decides about when and where its steps run, so that other seeds are other interleavings.
///
/// All of it is in the plan: the agent only does as it is told, and who wants to know what a seed has chosen finds it
/// in the run's job.
struct SeedVariation: Sendable {
    /// The lab's module that disturbs the guest's CPUs, see kmod/perturb.
    static let module = "perturb"
    /// How long a load or unload is put off, at most.
    static let longestDelay = Duration.milliseconds(20)
    /// Priorities of programs; most have none.
    private static let niceValues: [Int8] = [0, 0, 0, -10, 5, 15]

    let seed: UInt64
    /// CPUs of the guest.
    let cpus: Int

    /// How the step at that place of the plan starts.
    func start(of action: JobPlan.Action, at place: Int) -> JobPlan.Start {
        // Its own stream for each step: a step more at the end changes none of those before.
        var random = SplitMix64(seed: seed &+ UInt64(place) &* SplitMix64.gamma)
        var start = JobPlan.Start()
        switch action {
        case .load, .unload:
            start.delay = random.next() % (Self.longestDelay.nanoseconds + 1)
        case .run:
            start.nice = Self.niceValues[Int(random.next() % UInt64(Self.niceValues.count))]
            // Half of them may run where they like, the others on some of the CPUs.
            let anywhere = random.next() % 2 == 0
            if !anywhere, cpus > 1, cpus < 64 { start.cpus = 1 + random.next() % (1 << UInt64(cpus) - 1) }
        case .wait, .write, .collect, .check, .together, .repeating, .fault, .suspendRecords: break
        }
        return start
    }
}

/// The generator SplitMix64: G. L. Steele, D. Lea, C. H. Flood, "Fast Splittable Pseudorandom Number Generators",
/// OOPSLA 2014, figure 14 with the constants of the reference implementation.
struct SplitMix64: RandomNumberGenerator {
    /// The golden ratio, odd: what the state grows by.
    static let gamma: UInt64 = 0x9E37_79B9_7F4A_7C15

    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= Self.gamma
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
