// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// A guest to be made: everything that decides what it does, so that the same specification is
/// the same guest.
public struct GuestSpec: Sendable, Equatable {
    /// What runs the guest's instructions.
    public enum Accelerator: String, Sendable, Codable, CaseIterable {
        /// QEMU's translator: needs nothing, and is reproducible. Time in the guest counts instructions.
        case tcg
        /// The host's CPU.
        case kvm
    }

    /// Where a guest's life begins.
    public enum Origin: Sendable, Equatable {
        /// With its kernel.
        case boot
        /// With its kernel, and so that ``Guest/saveSnapshot(to:limit:)`` can be called. TCG only.
        case bootForSnapshot
        /// Where that snapshot was taken. The specification must be that of the guest it was taken of, but for name,
        /// seed, caps and shared memory. TCG only.
        case restore(Snapshot)
    }

    /// Memory that guest and host share: a PCI device of the guest ("ivshmem-plain" of QEMU) that it can only read.
    public struct SharedMemory: Sendable, Equatable {
        /// Its size in bytes, a power of two.
        public var size: Int
        /// What is in it, from its start; zeros follow.
        public var content: Content?

        /// Bytes, and behind them those of a file.
        public struct Content: Sendable, Equatable {
            /// The first bytes.
            public var header: [UInt8]
            /// The file whose bytes follow.
            public var file: FilePath

            /// Makes a content; see the properties of the same names.
            public init(header: [UInt8], file: FilePath) {
                self.header = header
                self.file = file
            }
        }

        /// Makes a memory; see the properties of the same names.
        public init(size: Int, content: Content?) {
            self.size = size
            self.content = content
        }
    }

    /// For people: letters, digits, `-`, `_` and `.`, at most 64. Need not be unique.
    public var name: String
    /// The kernel's bzImage.
    public var kernel: FilePath
    /// cpio archives, unpacked one over the other in this order.
    public var initrd: [FilePath]
    /// The kernel's command line.
    public var commandLine: String
    /// How many CPUs.
    public var cpus: Int
    /// Memory, MiB.
    public var memoryMiB: Int
    /// What runs it.
    public var accelerator: Accelerator
    /// What QEMU's random numbers for the guest start from. Under TCG the same seed is the same run.
    public var seed: UInt64
    /// How many bytes of the serial console are kept.
    public var consoleCap: Int64
    /// How many bytes of the agent's channel are kept.
    public var channelCap: Int64
    /// Whether the guest gets the host's PMU; KVM only.
    public var pmu: Bool
    /// TCG: one instruction takes 2^this nanoseconds of the guest's time.
    public var instructionShift: Int
    /// What the guest's clock shows at the start, seconds since 1970 (UTC).
    public var epoch: Int64
    /// Whether it has a terminal for a person: `/dev/hvc0` in the guest, ``Guest/terminalSocket`` on the host. Its
    /// clock then keeps to the host's where it would run ahead, so that no run of it is like another.
    public var hasTerminal = false
    /// Whether a debugger can look at it while it runs: ``Guest/debuggerSocket``.
    public var hasDebugger = false
    /// Where its life begins.
    public var origin = Origin.boot
    /// What it shares with the host; nil: nothing.
    public var sharedMemory: SharedMemory?
    /// A shared object that is loaded into QEMU before all others; nil: none.
    public var preload: FilePath?

    /// The start of the year 2026, UTC.
    public static let defaultEpoch: Int64 = 1_767_225_600

    /// Makes a specification; see the properties of the same names.
    public init(
        name: String, kernel: FilePath, initrd: [FilePath], commandLine: String, cpus: Int = 2,
        memoryMiB: Int = 512, accelerator: Accelerator = .tcg, seed: UInt64 = 1,
        consoleCap: Int64 = 64 << 20, channelCap: Int64 = 256 << 20, pmu: Bool = false,
        instructionShift: Int = 1, epoch: Int64 = GuestSpec.defaultEpoch
    ) {
        self.name = name
        self.kernel = kernel
        self.initrd = initrd
        self.commandLine = commandLine
        self.cpus = cpus
        self.memoryMiB = memoryMiB
        self.accelerator = accelerator
        self.seed = seed
        self.consoleCap = consoleCap
        self.channelCap = channelCap
        self.pmu = pmu
        self.instructionShift = instructionShift
        self.epoch = epoch
    }

    /// Refuses what no guest can have, before anything is made for it.
    func validate() throws(HypervisorError) {
        func require(_ holds: Bool, _ reason: String) throws(HypervisorError) {
            if holds { return }
            throw HypervisorError(.invalidSpec, "Could not make the guest \(name). \(reason)")
        }
        let isPlain = name.utf8.allSatisfy { byte in
            switch UInt8(byte) {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."):
                true
            default: false
            }
        }
        try require(
            isPlain && (1...64).contains(name.utf8.count),
            "Its name must be 1 to 64 letters, digits, dashes, underscores and dots.")
        try require((1...64).contains(cpus), "It must have 1 to 64 CPUs, not \(cpus).")
        try require(
            (16...1_048_576).contains(memoryMiB),
            "It must have 16 MiB to 1 TiB of memory, not \(memoryMiB) MiB.")
        try require(
            commandLine.utf8.count < 2048 && commandLine.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f },
            "The kernel's command line must be printable ASCII of less than 2048 bytes.")
        try require(
            (0...10).contains(instructionShift),
            "The instruction shift must be 0 to 10, not \(instructionShift).")
        try require(consoleCap > 0 && channelCap > 0, "The caps of its output must be more than 0 bytes.")
        try require(accelerator == .kvm || !pmu, "Only KVM can give it the host's PMU.")
        try require(accelerator == .tcg || origin == .boot, "Snapshots are for guests under TCG.")
        if let size = sharedMemory?.size {
            try require(
                size >= 4096 && size.nonzeroBitCount == 1,
                "The memory that it shares must be a power of two of at least 4096 bytes, not \(size).")
        }
        try require(
            (0..<253_402_300_800).contains(epoch), "Its clock must start in the years 1970 to 9999.")
    }
}
