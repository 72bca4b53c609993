// SPDX-License-Identifier: Apache-2.0

/// What KVM is good for on this host, found out by running code in it.
public struct KVMVerdict: Sendable, Hashable, Codable {
    /// Whether something works, and why.
    public struct Answer: Sendable, Hashable, Codable {
        /// Whether it works.
        public let works: Bool
        /// What was seen: full sentences.
        public let reason: String
        /// What to do about it: full sentences. `nil` when nothing is to be done.
        public let advice: String?

        /// Makes an answer; see the properties of the same names.
        public init(works: Bool, reason: String, advice: String? = nil) {
            self.works = works
            self.reason = reason
            self.advice = advice
        }
    }

    /// Whether guests run under KVM with the host's CPU.
    public let kvm: Answer
    /// Whether such a guest can count hardware events.
    public let pmu: Answer

    /// Makes a verdict; see the properties of the same names.
    public init(kvm: Answer, pmu: Answer) {
        self.kvm = kvm
        self.pmu = pmu
    }
}
