// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage

/// What this host is and has.
public struct HostFacts: Sendable, Hashable, Codable {
    /// How /dev/kvm can be reached. Being able to open it does not mean that it works.
    public enum DeviceAccess: String, Sendable, Hashable, Codable {
        /// There is none.
        case missing
        /// It is there, and this user may not open it.
        case denied
        /// It can be opened.
        case usable
    }

    /// As in "Intel(R) Xeon(R) Processor @ 2.10GHz".
    public var cpuModel: String
    /// As in "GenuineIntel".
    public var cpuVendor: String
    /// Whether there are P-cores and E-cores.
    public var isHybrid: Bool
    /// CPUs that this process may run on.
    public var cpus: Int
    /// Memory, bytes.
    public var memory: Int64
    /// Memory that can be had without swapping, bytes.
    public var memoryAvailable: Int64
    /// Free space where guests' files live, bytes; `nil` when it cannot be found out.
    public var diskFree: Int64?
    /// The running kernel, as `uname -r` prints it.
    public var kernel: String
    /// How /dev/kvm can be reached.
    public var kvm: DeviceAccess
    /// The kind of container we are in, as in "docker"; `nil` outside one.
    public var container: String?
    /// Whether the host is itself a virtual machine.
    public var isVirtual: Bool

    /// Reads the host's /proc and /sys.
    ///
    /// - Parameter workFolder: the folder whose free space counts.
    public static func read(workFolder: FilePath) -> HostFacts {
        let cpu = CPUInfo.read()
        let memory = SmallFile.text("/proc/meminfo") ?? ""
        return HostFacts(
            cpuModel: cpu.model, cpuVendor: cpu.vendor, isHybrid: isHybrid(),
            cpus: max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN))),
            memory: kibibytes("MemTotal", in: memory), memoryAvailable: kibibytes("MemAvailable", in: memory),
            diskFree: freeSpace(at: workFolder),
            kernel: SmallFile.text("/proc/sys/kernel/osrelease") ?? "unknown",
            kvm: kvmAccess(), container: containerKind(), isVirtual: cpu.flags.contains("hypervisor"))
    }

    /// Bytes that a user other than root may still write at a path, or at its nearest existing parent.
    static func freeSpace(at path: FilePath) -> Int64? {
        var current = path
        var info = statvfs()
        while statvfs(current.string, &info) != 0 {
            guard errno == ENOENT, current.removeLastComponent(), !current.isEmpty else { return nil }
        }
        return Int64(info.f_bavail) * Int64(info.f_frsize)
    }

    private static func kvmAccess() -> DeviceAccess {
        let descriptor = Glibc.open("/dev/kvm", O_RDWR | O_CLOEXEC)
        if descriptor >= 0 {
            Glibc.close(descriptor)
            return .usable
        }
        return errno == EACCES || errno == EPERM ? .denied : .missing
    }

    /// The kernel has a PMU of its own for each kind of core on a hybrid Intel CPU
    /// (arch/x86/events/intel/core.c: hybrid_pmu_type).
    private static func isHybrid() -> Bool {
        FileSystem.exists("/sys/bus/event_source/devices/cpu_core")
            && FileSystem.exists("/sys/bus/event_source/devices/cpu_atom")
    }

    /// systemd's ways to tell, and those of engines (https://systemd.io/CONTAINER_INTERFACE).
    private static func containerKind() -> String? {
        if let kind = SmallFile.text("/run/systemd/container"), !kind.isEmpty { return kind }
        if FileSystem.exists("/run/.containerenv") { return "podman" }
        if FileSystem.exists("/.dockerenv") { return "docker" }
        return nil
    }

    /// A line of /proc/meminfo, in bytes.
    static func kibibytes(_ key: String, in text: String) -> Int64 {
        for line in text.split(separator: "\n") where line.hasPrefix(key + ":") {
            return (line.split(separator: " ").dropFirst().first.flatMap { Int64($0) } ?? 0) << 10
        }
        return 0
    }
}

/// The first CPU's entry in /proc/cpuinfo.
struct CPUInfo: Sendable {
    var model = "unknown"
    var vendor = "unknown"
    var flags: Set<String> = []

    static func read() -> CPUInfo { parse(SmallFile.text("/proc/cpuinfo", limit: 1 << 14) ?? "") }

    static func parse(_ text: String) -> CPUInfo {
        var result = CPUInfo()
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            // An empty line ends the first CPU's entry.
            if line.isEmpty { break }
            guard let colon = line.firstIndex(of: ":") else { continue }
            let key = line[..<colon].filter { $0 != "\t" }
            let value = String(line[line.index(after: colon)...].drop { $0 == " " })
            switch key {
            case "model name": result.model = value
            case "vendor_id": result.vendor = value
            case "flags": result.flags = Set(value.split(separator: " ").map(String.init))
            default: break
            }
        }
        return result
    }
}
