// SPDX-License-Identifier: Apache-2.0

/// What runs the guest's instructions.
public enum Accelerator: String, Sendable, Codable, CaseIterable {
    /// The host's CPU.
    case kvm
    /// QEMU's translator, with a virtual clock that counts instructions.
    case tcg
}

/// Where the guest's hardware counters come from. Numbers of different provenance are never compared.
public enum CounterProvenance: String, Sendable, Codable {
    /// The host's PMU, virtualised by KVM.
    case passthrough
    /// The kernel module `sim_pmu`.
    case simulated
    /// There are none.
    case none
}
