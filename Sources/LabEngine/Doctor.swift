// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import Hypervisor
import SystemPackage

/// What this host can do, and how to get what it lacks: what `pacctlab doctor` prints.
public struct DoctorReport: Sendable, Codable {
    /// How something stands.
    public enum Status: String, Sendable, Codable {
        /// It is there and works.
        case ok
        /// The lab works without it, with less.
        case limited
        /// The lab does not work without it.
        case missing
    }

    /// One thing that was looked at.
    public struct Check: Sendable, Codable {
        /// What was looked at.
        public let name: String
        /// How it stands.
        public let status: Status
        /// What was found.
        public let detail: String
        /// What to do about it, as a command where there is one; nil when there is nothing to do.
        public let fix: String?
    }

    /// Everything that was looked at.
    public let checks: [Check]

    /// Whether guests can run here at all.
    public var isUsable: Bool { checks.allSatisfy { $0.status != .missing } }
}

extension DoctorReport {
    /// What a tool is for, and the Debian package it comes in.
    private static let tools: [(program: String, package: String, purpose: String)] = [
        ("gcc", "gcc", "compiles kernels and modules"), ("make", "make", "drives the kernel's build"),
        ("ld", "binutils", "links kernels"), ("flex", "flex", "builds the kernel's tools"),
        ("bison", "bison", "builds the kernel's tools"), ("bc", "bc", "builds the kernel's headers"),
        ("perl", "perl", "runs the kernel's scripts"), ("lz4", "lz4", "packs the kernel"),
        ("xz", "xz-utils", "unpacks kernel sources"), ("patch", "patch", "applies the lab's patches"),
        ("curl", "curl", "fetches kernel sources"),
        ("eu-addr2line", "elfutils", "finds the source line of a crash"),
        ("busybox", "busybox-static", "is the guest's user space"),
        ("stress-ng", "stress-ng", "makes the load"),
    ]
    private static let gibibyte: Int64 = 1 << 30
    private static let neededDisk: Int64 = 8 << 30
    private static let neededMemory: Int64 = 2 << 30

    /// Looks at the host.
    ///
    /// - Parameters:
    ///   - verdict: What a probe of KVM has found; nil when the hypervisor could not be opened.
    ///   - hypervisorProblem: Why it could not be.
    static func examine(
        paths: LabPaths, store: ArtifactStore, verdict: KVMVerdict?, hypervisorProblem: String?
    ) async -> DoctorReport {
        let facts = HostFacts.read(workFolder: paths.cache)
        var checks = [cpu(facts)]
        checks.append(await emulator())
        checks.append(libvirt(hypervisorProblem))
        checks += verdict.map(accelerator) ?? []
        checks += [memory(facts), disk(facts, paths)]
        checks += tools.map(tool)
        checks.append(ccache())
        checks += await afterCrash(store)
        return DoctorReport(checks: checks)
    }

    private static func cpu(_ facts: HostFacts) -> Check {
        let kind = facts.isHybrid ? ", hybrid: P-cores and E-cores" : ", not hybrid"
        let place = facts.container.map { ", in \($0)" } ?? (facts.isVirtual ? ", a virtual machine" : "")
        return Check(
            name: "CPU", status: .ok, detail: "\(facts.cpuModel), \(facts.cpus) CPUs\(kind)\(place)", fix: nil
        )
    }

    private static func emulator() async -> Check {
        do {
            let emulator = try Emulator.find(nil)
            return Check(
                name: "QEMU", status: .ok, detail: "\(try await emulator.version()) (\(emulator.path))",
                fix: nil)
        } catch {
            return Check(
                name: "QEMU", status: .missing, detail: "\(error)", fix: "apt install qemu-system-x86 seabios"
            )
        }
    }

    private static func libvirt(_ problem: String?) -> Check {
        let version = LibvirtConnection.libraryVersion
        guard let problem else { return Check(name: "libvirt", status: .ok, detail: "\(version)", fix: nil) }
        return Check(
            name: "libvirt", status: .missing, detail: "\(version): \(problem)",
            fix: "apt install libvirt-daemon libvirt-daemon-driver-qemu")
    }

    private static func accelerator(_ verdict: KVMVerdict) -> [Check] {
        let kvm = verdict.kvm
        let pmu = verdict.pmu
        return [
            Check(
                name: "KVM", status: kvm.works ? .ok : .limited,
                detail: kvm.works ? kvm.reason : "\(kvm.reason) Runs go on under TCG.", fix: kvm.advice),
            Check(
                name: "virtual PMU", status: pmu.works ? .ok : .limited,
                detail: pmu.works ? pmu.reason : "\(pmu.reason) Counters are simulated.", fix: pmu.advice),
        ]
    }

    private static func memory(_ facts: HostFacts) -> Check {
        let enough = facts.memoryAvailable >= neededMemory
        return Check(
            name: "memory", status: enough ? .ok : .limited,
            detail: "\(gib(facts.memoryAvailable)) of \(gib(facts.memory)) available",
            fix: enough ? nil : "end something, or give guests less with --memory")
    }

    private static func disk(_ facts: HostFacts, _ paths: LabPaths) -> Check {
        guard let free = facts.diskFree else {
            return Check(
                name: "disk", status: .limited, detail: "free space at \(paths.cache) cannot be found out",
                fix: nil)
        }
        let enough = free >= neededDisk
        return Check(
            name: "disk", status: enough ? .ok : .limited,
            detail: "\(gib(free)) free at \(paths.cache); two kernels and their source take about 3 GiB",
            fix: enough ? nil : "pacctlab cache prune --days 7, or set XDG_CACHE_HOME to a larger disk")
    }

    private static func tool(_ tool: (program: String, package: String, purpose: String)) -> Check {
        let path = HostProgram.find(tool.program)
        return Check(
            name: tool.program, status: path == nil ? .missing : .ok,
            detail: path.map { "\($0)" } ?? "not installed; it \(tool.purpose)",
            fix: path == nil ? "apt install \(tool.package)" : nil)
    }

    private static func ccache() -> Check {
        let path = HostProgram.find("ccache")
        return Check(
            name: "ccache", status: path == nil ? .limited : .ok,
            detail: path.map { "\($0)" }
                ?? "not installed; kernels build without it, every time from nothing",
            fix: path == nil ? "apt install ccache" : nil)
    }

    private static func gib(_ bytes: Int64) -> String {
        let tenths = bytes * 10 / gibibyte
        return "\(tenths / 10).\(tenths % 10) GiB"
    }
}
