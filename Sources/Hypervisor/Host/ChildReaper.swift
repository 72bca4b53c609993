// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import Glibc
import Synchronization

/// Collects the QEMUs that libvirt leaves behind as orphans.
///
/// libvirt starts QEMU as a daemon and waits, after having killed it, until its number is gone.
/// An orphan becomes a child of the nearest subreaper, or of process 1, which in a container may
/// take seconds to collect it or never do; every wait of libvirt's then takes its full length.
/// With this process as subreaper that wait is milliseconds, and QEMU's exit status is known.
final class ChildReaper: Sendable {
    static let shared = ChildReaper()

    private struct State {
        var users = 0
        var isRunning = false
        /// Processes whose end somebody else here waits for.
        var watched: Set<pid_t> = []
    }

    private let state = Mutex(State())

    /// Starts collecting, until as many calls of ``stop()`` have come.
    func start() throws(HypervisorError) {
        guard pacct_become_subreaper() == 0 else {
            throw .system(errno, action: "become the parent of orphaned QEMU processes")
        }
        let mustRun = state.withLock { state in
            state.users += 1
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if mustRun { BlockingThread.detach { self.loop() } }
    }

    func stop() { state.withLock { $0.users -= 1 } }

    /// Calls `ended` on a thread of its own, once, when the process ends. The process must exist.
    func watch(_ pid: pid_t, ended: @escaping @Sendable (ExitStatus) -> Void) throws(HypervisorError)
        -> ProcessHandle
    {
        _ = state.withLock { $0.watched.insert(pid) }
        let descriptor = pacct_pidfd_open(pid)
        guard descriptor >= 0 else {
            let number = errno
            _ = state.withLock { $0.watched.remove(pid) }
            throw .system(number, action: "watch QEMU's process \(pid)")
        }
        let handle = ProcessHandle(pid: pid, descriptor: descriptor)
        BlockingThread.detach {
            let status = handle.waitForEnd()
            _ = self.state.withLock { $0.watched.remove(pid) }
            ended(status)
        }
        return handle
    }

    private func loop() {
        var patience = Patience()
        while state.withLock({ state in
            if state.users == 0 { state.isRunning = false }
            return state.isRunning
        }) {
            var info = siginfo_t()
            // Only looks: the child may be one that libvirt or Subprocess waits for.
            let result = waitid(P_ALL, 0, &info, WEXITED | WNOWAIT)
            let collected = result == 0 ? collectOrphans(&patience) : 0
            // No child at all, or one that its own waiter is about to collect.
            if collected == 0 { BlockingThread.sleep(result == 0 ? patience.pause : .milliseconds(30)) }
        }
    }

    /// Collects dead children that nobody waits for. libvirt's and Subprocess's own children are collected by their
    /// waiters: a QEMU that became a daemon has a session of its own, anything else is known by nobody having come.
    private func collectOrphans(_ patience: inout Patience) -> Int {
        let ownSession = getsid(0)
        let ownPid = getpid()
        let watched = state.withLock { $0.watched }
        var count = 0
        var dead: Set<pid_t> = []
        for pid in ProcessHunt.processes() where !watched.contains(pid) {
            guard let entry = ProcessEntry.read(pid), entry.state == "Z", entry.parent == ownPid else {
                continue
            }
            dead.insert(pid)
            let isMachine = entry.session != ownSession && entry.name.hasPrefix("qemu")
            guard isMachine || patience.isOver(for: pid) else { continue }
            var status: CInt = 0
            if waitpid(pid, &status, WNOHANG) == pid { count += 1 }
        }
        patience.remember(dead)
        return count
    }

    /// How long dead children have been seen to lie about.
    private struct Patience {
        /// No waiter takes this long, however busy the host is.
        private static let limit = Duration.seconds(60)

        private var firstSeen: [pid_t: ContinuousClock.Instant] = [:]
        private var looks = 0

        /// Short while something may be happening, longer when it has not for a while.
        var pause: Duration { looks < 50 ? .milliseconds(3) : .milliseconds(100) }

        func isOver(for pid: pid_t) -> Bool {
            firstSeen[pid].map { $0.duration(to: .now) > Self.limit } ?? false
        }

        mutating func remember(_ dead: Set<pid_t>) {
            looks = dead.allSatisfy({ firstSeen[$0] != nil }) ? looks + 1 : 0
            firstSeen = firstSeen.filter { dead.contains($0.key) }
            for pid in dead where firstSeen[pid] == nil { firstSeen[pid] = .now }
        }
    }
}

/// How a process ended.
public enum ExitStatus: Sendable, Hashable, CustomStringConvertible {
    /// It returned or called exit, with this status.
    case exited(Int32)
    /// A signal ended it.
    case signalled(Int32)
    /// Not our child: nobody told us.
    case unknown

    /// As in "was killed by signal 9 (Killed)".
    public var description: String {
        switch self {
        case .exited(let status): "exited with status \(status)"
        case .signalled(let number):
            "was killed by signal \(number) (\(strsignal(number).map { String(cString: $0) } ?? "unknown"))"
        case .unknown: "ended"
        }
    }
}

/// A process that can be signalled and waited for without confusing it with another of the same number.
///
/// The descriptor is closed with the last reference: nobody can be using it then.
final class ProcessHandle: Sendable {
    let pid: pid_t
    private let descriptor: CInt

    init(pid: pid_t, descriptor: CInt) {
        self.pid = pid
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Sends SIGKILL; a process that has ended already is fine.
    func kill() { _ = pacct_pidfd_send_signal(descriptor, SIGKILL) }

    /// Sends SIGTERM, upon which QEMU writes out what it holds and ends.
    func terminate() { _ = pacct_pidfd_send_signal(descriptor, SIGTERM) }

    /// Blocks until the process has ended, and collects it if it is our child.
    func waitForEnd() -> ExitStatus {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while poll(&request, 1, -1) < 0 && errno == EINTR {}
        var status: CInt = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return .unknown }
        // wait(2): the low 7 bits are the signal, the next byte the exit status.
        let signal = status & 0x7f
        return signal == 0 ? .exited(status >> 8 & 0xff) : .signalled(signal)
    }
}

/// A line of /proc/PID/stat, as far as it is needed here; see proc(5).
struct ProcessEntry {
    let name: String
    let state: Character
    let parent: pid_t
    let session: pid_t

    static func read(_ pid: pid_t) -> ProcessEntry? {
        SmallFile.text("/proc/\(pid)/stat", limit: 4096).flatMap(parse)
    }

    /// The name may hold anything, closing brackets too: the last one ends it.
    static func parse(_ line: String) -> ProcessEntry? {
        guard let open = line.firstIndex(of: "("), let close = line.lastIndex(of: ")"), open < close else {
            return nil
        }
        let fields = line[line.index(after: close)...].split(separator: " ")
        guard fields.count > 4, let state = fields[0].first, let parent = pid_t(fields[1]),
            let session = pid_t(fields[3])
        else { return nil }
        return ProcessEntry(
            name: String(line[line.index(after: open)..<close]), state: state, parent: parent,
            session: session)
    }
}
