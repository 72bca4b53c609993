// SPDX-License-Identifier: Apache-2.0

import GuestContract
import Testing

@testable import LabEngine

@Suite("What a seed decides")
struct SeedVariationTests {
    private let load = JobPlan.Action.load(path: "/job/x.ko", parameters: "")
    private let run = JobPlan.Action.run(arguments: ["true"], environment: [])

    @Test("The generator is SplitMix64")
    func generator() {
        // The first numbers of the reference implementation (prng.di.unimi.it/splitmix64.c) for the seed 1234567.
        var random = SplitMix64(seed: 1_234_567)
        #expect(
            [random.next(), random.next(), random.next()] == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            ])
    }

    @Test("The same seed and place is the same start, another seed or place another one")
    func same() {
        let starts = (1...20).map { SeedVariation(seed: $0, cpus: 4).start(of: load, at: 3).delay }
        #expect(Set(starts).count == 20)
        #expect(starts[4] == SeedVariation(seed: 5, cpus: 4).start(of: load, at: 3).delay)
        #expect(starts[4] != SeedVariation(seed: 5, cpus: 4).start(of: load, at: 4).delay)
    }

    @Test("Loads are put off by 20 ms at most, programs get CPUs that are there, and nothing else changes")
    func bounds() {
        var masks: Set<UInt64> = []
        var nice: Set<Int8> = []
        for seed in 1...500 as ClosedRange<UInt64> {
            let variation = SeedVariation(seed: seed, cpus: 2)
            let start = variation.start(of: load, at: 0)
            #expect(start.delay <= 20_000_000 && start.cpus == 0 && start.nice == 0)
            let program = variation.start(of: run, at: 0)
            #expect(program.delay == 0)
            masks.insert(program.cpus)
            nice.insert(program.nice)
            #expect(variation.start(of: .wait(nanoseconds: 5), at: 0) == JobPlan.Start())
        }
        #expect(masks == [0, 1, 2, 3])
        #expect(nice == [-10, 0, 5, 15])
        #expect(SeedVariation(seed: 9, cpus: 1).start(of: run, at: 0).cpus == 0)
    }
}
