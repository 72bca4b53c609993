// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How many guests a host carries at once.
public struct HostCapacity: Sendable, Equatable {
    /// Processors that this process may use.
    public var cores: Int
    /// Memory that can be had without swapping, MiB.
    public var freeMiB: Int

    /// A capacity of these parts.
    public init(cores: Int, freeMiB: Int) {
        self.cores = cores
        self.freeMiB = freeMiB
    }

    /// What QEMU needs besides the guest's memory, MiB: translated code and its devices.
    static let overheadMiB = 192
    /// Part of the free memory that is left to others.
    private static let reserve = 0.2

    /// Memory for guests, MiB.
    var usableMiB: Int { Int(Double(freeMiB) * (1 - Self.reserve)) }

    /// As many as run without being in each other's way: at least one.
    ///
    /// Under TCG with counted instructions all CPUs of a guest take turns on one core; under KVM each wants its own.
    /// Guests that were restored share what they have not written to of their memory, but nobody can rely on how
    /// much that is.
    public func guests(cpus: Int, memoryMiB: Int, accelerator: Accelerator) -> Int {
        let byCores = accelerator == .tcg ? cores : cores / max(1, cpus)
        let byMemory = usableMiB / (memoryMiB + Self.overheadMiB)
        return max(1, min(byCores, byMemory))
    }

    /// Of this host, now.
    public static func current() -> HostCapacity {
        let total = Int(ProcessInfo.processInfo.physicalMemory >> 20)
        let available = number(in: "/proc/meminfo", after: "MemAvailable:").map { $0 >> 10 } ?? total / 2
        return HostCapacity(
            cores: ProcessInfo.processInfo.activeProcessorCount,
            freeMiB: min(available, groupRoom ?? available))
    }

    /// What the control group of this process leaves (cgroup v2), MiB; nil without such a limit.
    private static var groupRoom: Int? {
        guard let limit = number(in: "/sys/fs/cgroup/memory.max", after: ""),
            let used = number(in: "/sys/fs/cgroup/memory.current", after: "")
        else { return nil }
        return max(0, limit - used) >> 20
    }

    private static func number(in file: String, after word: String) -> Int? {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
        let lines = text.split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix(word) }) else { return nil }
        return line.dropFirst(word.count).split(separator: " ").first.flatMap { Int($0) }
    }
}
