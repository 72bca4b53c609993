// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import Glibc
import Synchronization
import SystemPackage

/// A process that outlives us just long enough to clean up.
///
/// libvirt starts QEMU as a daemon: when the lab is killed, guests would run on for ever. The guardian
/// holds one end of a pipe whose other end only the lab has. When the lab dies, of whatever cause,
/// the kernel closes that end; the guardian then kills the session's QEMUs and removes its folder.
public final class Guardian: Sendable {
    /// Which program is the guardian.
    public enum Launch: Sendable, Hashable {
        /// This process's own executable, as `EXECUTABLE guardian FOLDER`.
        case reexecute
        /// Another executable, as `PROGRAM guardian FOLDER`; it must call ``Guardian/runAsWatcher(folder:)``.
        case program(FilePath)
        /// None: QEMUs outlive a lab that is killed. For programs that have their own way.
        case none
    }

    /// What the watcher says once it watches.
    static let readyMessage: [UInt8] = Array("ready\n".utf8)
    /// What tells the watcher that there is nothing left to do.
    static let releaseByte = UInt8(ascii: "q")

    private let pid: pid_t
    private let pipe: FileDescriptor

    private init(pid: pid_t, pipe: FileDescriptor) {
        self.pid = pid
        self.pipe = pipe
    }

    /// Starts the guardian and waits until it watches. Blocks, 10 seconds at most.
    static func start(_ launch: Launch, folder: FilePath) throws -> Guardian? {
        let program: FilePath
        switch launch {
        case .none: return nil
        case .program(let path): program = path
        case .reexecute: program = "/proc/self/exe"
        }
        do {
            let life = try FileDescriptor.pipe()
            let ready = try FileDescriptor.pipe()
            defer {
                try? life.readEnd.close()
                try? ready.readEnd.close()
            }
            // Nothing that we start may inherit the end that stands for our life.
            for descriptor in [life.writeEnd, ready.readEnd] {
                try descriptor.setCloseOnExec()
            }
            let pid: pid_t
            do {
                defer { try? ready.writeEnd.close() }
                pid = try spawn(
                    program, ["guardian", folder.string], input: life.readEnd, output: ready.writeEnd)
            } catch {
                try? life.writeEnd.close()
                throw error
            }
            let guardian = Guardian(pid: pid, pipe: life.writeEnd)
            guard waitUntilReady(ready.readEnd) else {
                guardian.end()
                throw HypervisorError(
                    .guardian,
                    "Could not start the guardian (\(program) guardian \(folder)). It did not report within 10 seconds.",
                    advice: "Without it, guests would outlive a lab that is killed.")
            }
            return guardian
        } catch {
            throw HypervisorError.file(error, action: "start the guardian", path: program)
        }
    }

    /// Tells the guardian that all is cleaned up, and waits for its end. Blocks, 5 seconds at most.
    func release() {
        _ = try? pipe.writeAll([Self.releaseByte])
        end()
    }

    private func end() {
        try? pipe.close()
        for _ in 0..<500 {
            if waitpid(pid, nil, WNOHANG) != 0 { return }
            BlockingThread.sleep(.milliseconds(10))
        }
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    private static func waitUntilReady(_ descriptor: FileDescriptor) -> Bool {
        var received: [UInt8] = []
        let deadline = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < deadline {
            var request = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
            guard poll(&request, 1, 100) > 0 else { continue }
            var byte: UInt8 = 0
            guard Glibc.read(descriptor.rawValue, &byte, 1) == 1 else { return false }
            received.append(byte)
            if received == readyMessage { return true }
            if !readyMessage.starts(with: received) { return false }
        }
        return false
    }

    /// Starts a program in a session of its own: a Ctrl-C at the terminal is not for it.
    private static func spawn(
        _ program: FilePath, _ arguments: [String], input: FileDescriptor, output: FileDescriptor
    ) throws -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(PACCT_SPAWN_SETSID))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.rawValue, 0)
        posix_spawn_file_actions_adddup2(&actions, output.rawValue, 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        var argv = ([program.string] + arguments).map { strdup($0) }
        defer { argv.forEach { free($0) } }
        argv.append(nil)
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, program.string, &actions, &attributes, argv, pacct_environment())
        guard failure == 0 else {
            throw HypervisorError.system(failure, action: "start the guardian", path: program)
        }
        return pid
    }
}

extension FileDescriptor {
    /// Keeps the descriptor from every program that we start.
    func setCloseOnExec() throws {
        guard pacct_set_close_on_exec(rawValue) == 0 else { throw Errno(rawValue: errno) }
    }
}
