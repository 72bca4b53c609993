// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage

/// A lock between processes (and between tasks of one process): `flock(2)` on a file of its own.
///
/// The kernel drops it with the last copy of the descriptor, so a killed holder holds nothing. The
/// descriptor is close-on-exec: no child keeps a lock. The file stays when the lock goes, because unlinking
/// a lock file lets two processes lock two files of the same name.
final class FileLock: Sendable {
    enum Mode: Sendable { case shared, exclusive }

    let path: FilePath
    let mode: Mode
    private let descriptor: CInt

    private init(path: FilePath, mode: Mode, descriptor: CInt) {
        self.path = path
        self.mode = mode
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Takes the lock if it is free now, else returns `nil`.
    static func tryLock(_ path: FilePath, _ mode: Mode) throws(ArtifactError) -> FileLock? {
        let descriptor = open(path.string, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw .system(errno, action: "open a lock file", path: path)
        }
        let operation = (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB
        while flock(descriptor, operation) != 0 {
            if errno == EINTR { continue }
            let number = errno
            close(descriptor)
            if number == EWOULDBLOCK { return nil }
            throw .system(number, action: "lock a file", path: path)
        }
        if mode == .exclusive {
            // Who holds it, for the message of those who wait.
            let text = "\(getpid())\n"
            _ = ftruncate(descriptor, 0)
            _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
        }
        return FileLock(path: path, mode: mode, descriptor: descriptor)
    }

    /// Takes the lock, waiting as long as it takes. Polls, so that neither a thread of the pool is blocked
    /// nor a cancelled task stays.
    ///
    /// - Parameter waiting: Called once, when the lock is not free for a third of a second (a sweep or a look
    ///   is shorter), with the process id of the last exclusive holder if it is known.
    /// - Throws: `CancellationError`, or ``ArtifactError`` when the file cannot be opened.
    static func lock(
        _ path: FilePath, _ mode: Mode, waiting: (Int32?) -> Void = { _ in }
    ) async throws -> FileLock {
        var pause = Duration.milliseconds(10)
        let start = ContinuousClock.now
        var told = false
        while true {
            if let lock = try tryLock(path, mode) { return lock }
            if !told, start.duration(to: .now) > .milliseconds(300) {
                waiting(holder(of: path))
                told = true
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(250))
        }
    }

    /// The process that last took `path` exclusively.
    static func holder(of path: FilePath) -> Int32? {
        guard let text = try? Files.text(path, limit: 64) else { return nil }
        return Int32(text.prefix { $0.isNumber })
    }
}
