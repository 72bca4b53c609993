// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage

extension Hypervisor {
    /// What KVM is good for on this host. The answer is kept for as long as the host is not booted,
    /// and neither QEMU nor the access to /dev/kvm changes.
    ///
    /// - Parameters:
    ///   - limit: how long each of at most three small guests may take. QEMU itself starts within a second.
    ///   - fresh: whether to find out again, whatever is known.
    public func probeKVM(limit: Duration = .seconds(5), fresh: Bool = false) async -> KVMVerdict {
        let host = KVMProbe.Host.read(owner: session.owner)
        let key = KVMVerdictCache.Key(
            bootID: SmallFile.text("/proc/sys/kernel/random/boot_id") ?? "", emulator: emulator.path.string,
            version: (try? await versionOfEmulator()) ?? "", user: geteuid(), host: host)
        let cache = KVMVerdictCache(cacheDirectory: configuration.cacheDirectory)
        if !fresh, !key.bootID.isEmpty, let known = cache.verdict(for: key) { return known }
        let probe = KVMProbe(emulator: emulator, host: host, folder: session.folder.path, limit: limit)
        let verdict = await probe.run()
        cache.keep(verdict, for: key)
        return verdict
    }
}

extension KVMProbe.Host {
    /// Reads the host's /proc, /sys and /dev.
    static func read(owner: Owner) -> KVMProbe.Host {
        let facts = HostFacts.read(workFolder: "/")
        let parameter = SmallFile.text("/sys/module/kvm/parameters/enable_pmu")
        return KVMProbe.Host(
            device: facts.kvm, isOpenToEmulator: geteuid() != 0 || owner.canOpenKVM, isHybrid: facts.isHybrid,
            kernelOffersPMU: parameter.map { $0 == "Y" || $0 == "1" }, cpuVendor: facts.cpuVendor,
            isVirtual: facts.isVirtual)
    }
}
