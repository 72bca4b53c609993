// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing

@testable import Hypervisor

@Suite("What KVM is good for", .timeLimit(.minutes(5)))
struct KVMProbeTests {
    private static let good = KVMProbe.Host(
        device: .usable, isOpenToEmulator: true, isHybrid: false, kernelOffersPMU: true,
        cpuVendor: "GenuineIntel", isVirtual: false)

    /// A program in QEMU's place.
    private func emulator(_ name: String, _ script: String) async throws -> Emulator {
        try await Lab.shared.prepare()
        let path = Lab.shared.folder.appending("emulator-\(name)")
        try FileSystem.write("#!/bin/sh\n\(script)\n".utf8, to: path)
        #expect(chmod(path.string, 0o755) == 0)
        return Emulator(path: path)
    }

    private func probe(
        _ emulator: Emulator, limit: Duration = .seconds(60),
        _ change: (inout KVMProbe.Host) -> Void = { _ in }
    ) -> KVMProbe {
        var host = Self.good
        change(&host)
        return KVMProbe(emulator: emulator, host: host, folder: Lab.shared.folder, limit: limit)
    }

    /// Exits as QEMU does when both guests report success.
    private static let working = """
        case "$*" in
            *pmu=on*) exit \(ProbeCode.status(of: ProbeCode.counts)) ;;
            *) exit \(ProbeCode.status(of: ProbeCode.alive)) ;;
        esac
        """

    @Test("Code that runs is the proof, for the CPU and for the counters")
    func works() async throws {
        let verdict = await probe(try await emulator("works", Self.working)).run()
        #expect(verdict.kvm.works)
        #expect(verdict.pmu.works)
        #expect(verdict.kvm.advice == nil)
    }

    @Test("What speaks against KVM without a trial")
    func withoutTrial() async throws {
        let emulator = try await emulator("unused", "exit 1")
        let missing = await probe(emulator) { $0.device = .missing }.run()
        #expect(!missing.kvm.works && missing.kvm.reason.contains("no /dev/kvm"))
        #expect(missing.kvm.advice?.contains("firmware") ?? false)
        let nested = await probe(emulator) {
            $0.device = .missing
            $0.isVirtual = true
        }.run()
        #expect(nested.kvm.advice?.contains("nested") ?? false)
        let denied = await probe(emulator) { $0.device = .denied }.run()
        #expect(!denied.kvm.works && denied.kvm.advice?.contains("usermod") ?? false)
        #expect(!denied.pmu.works && denied.pmu.reason.contains("Without KVM"))
    }

    @Test("A device that opens and a QEMU that aborts, or hangs: both are said")
    func broken() async throws {
        let script = """
            case "$*" in
                *"-cpu host"*) echo 'error: failed to set MSR 0x38d to 0x0' >&2; kill -ABRT $$ ;;
                *) exec sleep 300 ;;
            esac
            """
        let started = ContinuousClock.now
        let verdict = await probe(try await emulator("broken", script), limit: .seconds(2)).run()
        #expect(!verdict.kvm.works)
        #expect(verdict.kvm.reason.contains("killed by signal 6"))
        #expect(verdict.kvm.reason.contains("failed to set MSR 0x38d"))
        #expect(verdict.kvm.reason.contains("has not run its first instructions after 2"))
        #expect(ContinuousClock.now - started < .seconds(120))
    }

    @Test("A QEMU that was hung is gone afterwards")
    func hungIsKilled() async throws {
        let note = Lab.shared.folder.appending("hung.pid")
        let emulator = try await emulator("hung", "echo $$ > \(note); exec sleep 300")
        let trial = await probe(emulator, limit: .seconds(2)).run(ProbeCode.instructions, cpu: "host")
        #expect(trial == .hung)
        let pid = try #require(SmallFile.text(note.string).flatMap { Int32($0) })
        #expect(!isAlive(pid))
    }

    @Test(
        "The PMU's answers",
        arguments: [
            (ProbeCode.noCounters, "no counters"), (ProbeCode.faulted, "fault"),
            (ProbeCode.countsNothing, "counts nothing"),
        ])
    func counters(byte: UInt8, reason: String) async throws {
        let script = """
            case "$*" in
                *pmu=on*) exit \(ProbeCode.status(of: byte)) ;;
                *) exit \(ProbeCode.status(of: ProbeCode.alive)) ;;
            esac
            """
        let verdict = await probe(try await emulator("pmu-\(byte)", script)).run()
        #expect(verdict.kvm.works)
        #expect(!verdict.pmu.works)
        #expect(verdict.pmu.reason.contains(reason))
    }

    @Test("Hosts whose KVM offers no PMU")
    func withoutPMU() async throws {
        let emulator = try await emulator("nopmu", Self.working)
        let hybrid = await probe(emulator) { $0.isHybrid = true }.run()
        #expect(hybrid.kvm.works && !hybrid.pmu.works && hybrid.pmu.reason.contains("E-cores"))
        let off = await probe(emulator) { $0.kernelOffersPMU = false }.run()
        #expect(off.kvm.works && !off.pmu.works && off.pmu.reason.contains("enable_pmu"))
    }

    @Test("A KVM that only root may use is of no use to QEMU's user")
    func rootOnly() async throws {
        let verdict = await probe(try await emulator("root", Self.working)) { $0.isOpenToEmulator = false }
            .run()
        #expect(!verdict.kvm.works)
        #expect(verdict.kvm.advice?.contains("chgrp kvm") ?? false)
    }

    /// The translator in KVM's place: it executes the same instructions, and counts nothing.
    @Test("The guests do what they are for", arguments: ["GenuineIntel", "AuthenticAMD"])
    func code(vendor: String) async throws {
        try await Lab.shared.prepare()
        let probe = probe(try Emulator.find(nil))
        let alive = await probe.run(ProbeCode.instructions, cpu: "qemu64", accelerator: "tcg")
        #expect(alive == .reported(ProbeCode.alive))
        let counter = await probe.run(ProbeCode.counter(vendor: vendor), cpu: "qemu64", accelerator: "tcg")
        #expect(
            counter == .reported(vendor == "GenuineIntel" ? ProbeCode.noCounters : ProbeCode.countsNothing))
    }

    @Test("A verdict is kept while nothing changes, and not longer")
    func cache() async throws {
        let cache = KVMVerdictCache(cacheDirectory: Lab.shared.folder.appending("verdicts"))
        let key = KVMVerdictCache.Key(bootID: "b", emulator: "/q", version: "7", user: 0, host: Self.good)
        let verdict = KVMVerdict(
            kvm: .init(works: true, reason: "r"), pmu: .init(works: false, reason: "p", advice: "a"))
        try await Lab.shared.prepare()
        #expect(cache.verdict(for: key) == nil)
        cache.keep(verdict, for: key)
        #expect(cache.verdict(for: key) == verdict)
        var changes: [KVMVerdictCache.Key] = Array(repeating: key, count: 4)
        changes[0].bootID = "c"
        changes[1].version = "8"
        changes[2].host.device = .denied
        changes[3].user = 1
        for other in changes { #expect(cache.verdict(for: other) == nil) }
        try FileSystem.write("not json".utf8, to: cache.path)
        #expect(cache.verdict(for: key) == nil)
    }

    @Test("This host has a verdict, and keeps it")
    func thisHost() async throws {
        let hypervisor = try await Lab.shared.hypervisor()
        let first = await hypervisor.probeKVM(limit: .seconds(3), fresh: true)
        #expect(first.kvm.works || first.kvm.reason.count > 10)
        #expect(!first.pmu.works || first.kvm.works)
        // Too short for any trial: the answer can only come from what is kept.
        let second = await hypervisor.probeKVM(limit: .zero)
        #expect(second == first)
    }
}
