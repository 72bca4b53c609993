// SPDX-License-Identifier: Apache-2.0

/// Which scenarios to run on what: the contents of one suite file.
public struct Suite: Sendable, Equatable {
    /// Every scenario of the block with every variant, number of CPUs, kernel and seed of it.
    public struct Block: Sendable, Equatable {
        /// Scenarios by name or path; empty: those that ``tags`` select.
        public var scenarios: [String] = []
        /// Shipped scenarios with any of these tags.
        public var tags: [String] = []
        /// ... that have none of these.
        public var without: [String] = []
        /// Variants of the kernel.
        public var variants = ["release"]
        /// CPUs of the guest.
        public var cpus = [2]
        /// Kernels: ``SuiteCell/defaultKernel``, a version, or the path of a tree.
        public var kernels = [SuiteCell.defaultKernel]
        /// Seeds, once each.
        public var seeds = SeedSet(1)

        /// The smallest one, without a scenario.
        public init() {}
    }

    /// Its name, as in `pacctlab suite NAME`.
    public var name: String
    /// One sentence: what it is for.
    public var description: String
    /// In the order of the file.
    public var blocks: [Block]

    /// A suite of these parts.
    public init(name: String, description: String, blocks: [Block]) {
        (self.name, self.description, self.blocks) = (name, description, blocks)
    }
}

/// One field of the matrix: what one run does, on what.
public struct SuiteCell: Sendable, Hashable {
    /// The word for the version that images/kernel/source.yaml names.
    public static let defaultKernel = "default"

    /// The scenario as it was named.
    public var scenario: String
    /// The kernel's variant.
    public var variant: String
    /// CPUs of the guest.
    public var cpus: Int
    /// The kernel, as in ``Suite/Block/kernels``.
    public var kernel: String
    /// The run's seed.
    public var seed: UInt64

    /// As people and machines read it: `smoke/debug/2cpu/s1`, with the kernel where it is not the default.
    public var name: String {
        let place = kernel == Self.defaultKernel ? "" : "/\(kernel)"
        return "\(scenario)/\(variant)\(place)/\(cpus)cpu/s\(seed)"
    }

    /// The same for all cells that share what is built, and the guest they are restored from.
    var group: SuiteCell {
        var cell = self
        cell.seed = 0
        return cell
    }
}
