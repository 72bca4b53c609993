// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import Subprocess
import SystemPackage
import Testing

/// A real cluster on loopback: munged, slurmctld and two slurmd with one slot each, from Debian's packages, with ports,
/// key and folders of their own. Everything ends with the closure that it is for.
struct SlurmCluster: Sendable {
    /// The folder of everything.
    let folder: FilePath

    /// Names of the nodes.
    static let nodes = ["n1", "n2"]
    /// Longer than any test.
    private static let limit = Duration.seconds(3 * 3600)
    /// Of all processes of the cluster's jobs: they inherit it.
    private static let mark = "PACCTLAB_TEST_CLUSTER"

    /// What clients need.
    var environment: [String: String] {
        ["SLURM_CONF": folder.appending("slurm.conf").string, Self.mark: folder.string]
    }

    /// Starts a cluster below `folder`, does `work` with it, and takes it down.
    static func with(
        _ folder: FilePath, _ work: @escaping @Sendable (SlurmCluster) async throws -> Void
    ) async throws {
        let cluster = SlurmCluster(folder: folder.appending("cluster"))
        try cluster.configure()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for daemon in cluster.daemons {
                group.addTask {
                    try await daemon.run()
                    return false
                }
            }
            group.addTask {
                try await cluster.keepController()
                return false
            }
            group.addTask {
                try await cluster.waitUntilIdle()
                try await work(cluster)
                return true
            }
            defer { group.cancelAll() }
            // A node that is killed by the test ends its daemon; what else ends one is an error.
            while let isDone = await group.nextResult() {
                switch isDone {
                case .success(true): return
                case .success(false): continue
                case .failure(let error):
                    if cluster.killed.isEmpty { throw error }
                }
            }
        }
    }

    // MARK: - what tests do with it

    /// Lines of `squeue`: a task each that waits or runs.
    func queue() async throws -> [String] {
        let text = try await client("squeue", ["--array", "--noheader", "--format=%i %T %N"])
        return text.split(separator: "\n").map(String.init)
    }

    /// Ends a node as a power cut would: its daemon and all that runs on it, by SIGKILL.
    func kill(node: String) throws {
        try Data().write(to: URL(fileURLWithPath: folder.appending("killed-\(node)").string))
        let text = try String(
            contentsOfFile: folder.appending("slurmd-\(node).pid").string, encoding: .utf8)
        let daemon = try #require(pid_t(text.prefix { $0.isNumber }))
        let jobs = processes(of: node)
        let parents = jobs.compactMap(HostProcesses.parent(of:)).filter {
            HostProcesses.name(of: $0).hasPrefix("slurmstepd")
        }
        try #require(!jobs.isEmpty, "nothing runs on \(node)")
        for pid in [daemon] + parents + jobs { _ = Glibc.kill(pid, SIGKILL) }
        // What they started meanwhile, and what has no environment of theirs, such as QEMU.
        for pid in jobs.flatMap(HostProcesses.descendants(of:)) + processes(of: node) {
            _ = Glibc.kill(pid, SIGKILL)
        }
    }

    /// Does `work` while there is no controller: it was ended by SIGKILL, and comes back afterwards.
    func withoutController(_ work: () async throws -> Void) async throws {
        try Data().write(to: URL(fileURLWithPath: away.string))
        let text = try String(contentsOfFile: folder.appending("slurmctld.pid").string, encoding: .utf8)
        _ = Glibc.kill(try #require(pid_t(text.prefix { $0.isNumber })), SIGKILL)
        defer { try? FileManager.default.removeItem(atPath: away.string) }
        try await work()
    }

    /// The QEMUs of the cluster's jobs.
    func machines() -> [pid_t] {
        let jobs = Self.nodes.flatMap(processes(of:))
        return Set(jobs + jobs.flatMap(HostProcesses.descendants(of:))).filter(HostProcesses.isMachine)
    }

    /// Processes of jobs on a node.
    func processes(of node: String) -> [pid_t] {
        HostProcesses.all().filter { pid in
            let environment = HostProcesses.environment(of: pid)
            return environment.contains("\(Self.mark)=\(folder)")
                && environment.contains("SLURMD_NODENAME=\(node)")
        }
    }

    private var killed: [String] {
        Self.nodes.filter { FileManager.default.fileExists(atPath: folder.appending("killed-\($0)").string) }
    }

    // MARK: - the daemons

    private var conf: String { folder.appending("slurm.conf").string }
    private var away: FilePath { folder.appending("away") }
    private var isAway: Bool { FileManager.default.fileExists(atPath: away.string) }

    private func tool(_ program: String, _ arguments: [String]) -> HostTool {
        HostTool(
            action: "run \(program) for a test", program: program, arguments: arguments, limit: Self.limit)
    }

    private func keepController() async throws {
        while true {
            do { try await tool("slurmctld", ["-D", "-f", conf]).run() } catch {
                guard isAway else { throw error }
            }
            while isAway { try await Task.sleep(for: .milliseconds(100)) }
        }
    }

    private var daemons: [HostTool] {
        let munged = tool(
            "munged",
            [
                "--foreground", "--force", "--num-threads=2", "--key-file=\(folder)/munge.key",
                "--socket=\(folder)/munge.socket", "--pid-file=\(folder)/munged.pid",
                "--log-file=\(folder)/munged.log", "--seed-file=\(folder)/munge.seed",
            ])
        return [munged] + Self.nodes.map { tool("slurmd", ["-D", "-N", $0, "-f", conf]) }
    }

    private func configure() throws {
        let manager = FileManager.default
        try manager.createDirectory(
            atPath: folder.appending("state").string, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o755])
        var generator = SystemRandomNumberGenerator()
        let key = Data((0..<128).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
        guard
            manager.createFile(
                atPath: folder.appending("munge.key").string, contents: key,
                attributes: [.posixPermissions: 0o600])
        else { throw Errno.ioError }
        let ports = try Self.freePorts(2 + Self.nodes.count)
        let host = String(ProcessInfo.processInfo.hostName.prefix { $0 != "." })
        let nodes = zip(Self.nodes, ports.dropFirst(2)).map { name, port in
            "NodeName=\(name) NodeHostname=\(host) NodeAddr=127.0.0.1 Port=\(port) CPUs=1 RealMemory=4096"
        }
        let text = """
            ClusterName=pacctlab
            SlurmctldHost=\(host)(127.0.0.1)
            SlurmctldPort=\(ports[0])
            SlurmdPort=\(ports[1])
            SlurmUser=\(NSUserName())
            SlurmdUser=\(NSUserName())
            AuthType=auth/munge
            AuthInfo=socket=\(folder)/munge.socket
            StateSaveLocation=\(folder)/state
            SlurmdSpoolDir=\(folder)/spool-%n
            SlurmctldPidFile=\(folder)/slurmctld.pid
            SlurmdPidFile=\(folder)/slurmd-%n.pid
            SlurmctldLogFile=\(folder)/slurmctld.log
            SlurmdLogFile=\(folder)/slurmd-%n.log
            ProctrackType=proctrack/linuxproc
            TaskPlugin=task/none
            SwitchType=switch/none
            MpiDefault=none
            MailProg=/bin/true
            ReturnToService=1
            SlurmdTimeout=10
            KillWait=10
            MinJobAge=300
            SchedulerType=sched/backfill
            SelectType=select/cons_tres
            SelectTypeParameters=CR_Core
            SlurmdParameters=config_overrides
            AccountingStorageType=accounting_storage/none
            JobCompType=jobcomp/none
            JobAcctGatherType=jobacct_gather/none
            \(nodes.joined(separator: "\n"))
            PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP

            """
        try text.write(
            toFile: conf, atomically: true, encoding: .utf8)
    }

    private func waitUntilIdle() async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        var seen = ""
        while ContinuousClock.now < deadline {
            seen = (try? await client("sinfo", ["--noheader", "--Node", "--format=%N %t"])) ?? ""
            if seen == Self.nodes.map({ "\($0) idle\n" }).joined() { return }
            try await Task.sleep(for: .milliseconds(200))
        }
        let log = (try? String(contentsOfFile: "\(folder)/slurmctld.log", encoding: .utf8)) ?? "no log"
        Issue.record("the cluster did not come up: \(seen) \(log.suffix(2000))")
        throw Errno.timedOut
    }

    private func client(_ program: String, _ arguments: [String]) async throws -> String {
        var values: [Environment.Key: String?] = [:]
        for (name, value) in environment {
            if let key = Environment.Key(rawValue: name) { values[key] = value }
        }
        return try await Subprocess.run(
            .name(program), arguments: Arguments(arguments), environment: .inherit.updating(values),
            output: .string(limit: 1 << 20), error: .discarded
        ).standardOutput
    }

    /// Ports that nobody has at the moment.
    private static func freePorts(_ count: Int) throws -> [UInt16] {
        var sockets: [CInt] = []
        defer { for socket in sockets { close(socket) } }
        return try (0..<count).map { _ in
            let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
            guard descriptor >= 0 else { throw Errno(rawValue: errno) }
            sockets.append(descriptor)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            return try withUnsafeMutablePointer(to: &address) { pointer in
                try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                    guard bind(descriptor, generic, size) == 0, getsockname(descriptor, generic, &size) == 0
                    else { throw Errno(rawValue: errno) }
                }
                return UInt16(bigEndian: pointer.pointee.sin_port)
            }
        }
    }
}
