// SPDX-License-Identifier: Apache-2.0

import LabEngine
import Testing

@Suite("Seeds as people name them")
struct SeedSetTests {
    @Test(
        "Ranges, single seeds and lists, sorted and merged",
        arguments: [
            ("1..500", "1..500", 500), ("7", "7", 1), ("1..10, 77", "1..10,77", 11), ("3,2,1", "1..3", 3),
            ("5..9,1..6", "1..9", 9), ("0..0", "0", 1),
            ("18446744073709551615", "18446744073709551615", 1),
        ])
    func reads(text: String, canonical: String, count: Int) throws {
        let seeds = try #require(SeedSet(text: text))
        #expect(seeds.description == canonical)
        #expect(seeds.count == count && seeds.seeds.count == count)
        #expect(seeds.seeds == seeds.seeds.sorted())
    }

    @Test(
        "What makes no sense is refused",
        arguments: [
            "", "1..", "..5", "9..1", "1-5", "x", "1,,2", "-1", "1..2..3", "0..18446744073709551615",
            "1..1000001",
        ])
    func refuses(text: String) { #expect(SeedSet(text: text) == nil) }
}

@Suite("How many guests a host carries")
struct HostCapacityTests {
    @Test("A guest under TCG takes one core, one under KVM as many as it has CPUs")
    func cores() {
        let host = HostCapacity(cores: 8, freeMiB: 64_000)
        #expect(host.guests(cpus: 4, memoryMiB: 512, accelerator: .tcg) == 8)
        #expect(host.guests(cpus: 4, memoryMiB: 512, accelerator: .kvm) == 2)
    }

    @Test("Memory bounds them, and there is always one")
    func memory() {
        #expect(
            HostCapacity(cores: 16, freeMiB: 4096).guests(cpus: 2, memoryMiB: 1024, accelerator: .tcg) == 2)
        #expect(HostCapacity(cores: 2, freeMiB: 100).guests(cpus: 8, memoryMiB: 512, accelerator: .kvm) == 1)
    }

    @Test("This host has cores and memory")
    func here() {
        let host = HostCapacity.current()
        #expect(host.cores >= 1 && host.freeMiB > 64)
    }
}
