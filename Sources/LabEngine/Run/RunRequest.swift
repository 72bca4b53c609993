// SPDX-License-Identifier: Apache-2.0

import Artifacts
import SystemPackage

/// What a person asks of a run, besides the scenario.
public struct RunRequest: Sendable {
    /// Which accelerator is wanted.
    public enum AcceleratorChoice: String, Sendable, Codable, CaseIterable {
        /// KVM where it truly works, TCG otherwise.
        case auto
        /// KVM or nothing.
        case kvm
        /// TCG.
        case tcg
    }

    /// Where guests come from.
    public enum Boot: String, Sendable, Codable, CaseIterable {
        /// From a snapshot of a guest that was booted before, where the accelerator allows it.
        case restored
        /// Booted for the run.
        case cold
    }

    /// The kernel to build and boot.
    public var kernel = KernelSpec()
    /// The folder of the module under test.
    public var module: FilePath
    /// Which accelerator is wanted.
    public var accelerator = AcceleratorChoice.auto
    /// Where the guest comes from.
    public var boot = Boot.restored
    /// CPUs of the guest.
    public var cpus = 2
    /// Memory of the guest, MiB; nil: what the variant needs.
    public var memoryMiB: Int?
    /// The run's seed.
    public var seed: UInt64 = 1
    /// Limit for the whole run, host time; nil: none beyond the steps' limits.
    public var timeout: Duration?
    /// Where run folders go.
    public var results: FilePath
    /// Whether the guest's memory is kept.
    public var dump = DumpPolicy.crash
    /// The libvirt connection; nil: the embedded driver.
    public var connection: String?

    /// Memory of the guest, MiB. More than is needed costs: the search for leaks looks at each page.
    public var memory: Int { memoryMiB ?? 512 }

    /// A request with everything else at its default.
    public init(module: FilePath, results: FilePath) {
        self.module = module
        self.results = results
    }
}
