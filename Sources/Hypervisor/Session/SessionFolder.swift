// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import SystemPackage

/// The folder of one ``Hypervisor``: `TEMPORARY/pacctlab-UID/s-XXXXXX`.
///
/// `v` is the root of libvirt's embedded driver, `g1`, `g2`, ... belong to guests. The path is short
/// since libvirt binds UNIX sockets below it, whose addresses end at 107 bytes (unix(7)).
struct SessionFolder: Sendable {
    let path: FilePath
    /// Held open, and locked, for as long as the session lives.
    let lock: FileDescriptor

    var libvirtRoot: FilePath { path.appending("v") }

    static let marker = "pacctlab-session"
    private static let namePrefix = "s-"
    /// A folder younger than this may belong to a session that has not locked it yet.
    private static let youngest: Int = 60

    /// Makes a session's folder, and clears away those of sessions that were cut off. Blocks.
    static func make(in temporaryDirectory: FilePath, owner: Owner) throws -> SessionFolder {
        let base = temporaryDirectory.appending("pacctlab-\(geteuid())")
        try FileSystem.makeFolder(base, mode: 0o711, mayExist: true)
        var info = stat()
        guard lstat(base.string, &info) == 0, info.st_mode & S_IFMT == S_IFDIR, info.st_uid == geteuid()
        else {
            throw HypervisorError(
                .file, "Could not use the folder \(base). It is not a folder of this user.",
                advice: "Remove it, or choose another folder for temporary files.")
        }
        removeStale(in: base)

        var template = Array("\(base)/\(namePrefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw HypervisorError.system(errno, action: "make the session's folder", path: base)
        }
        let path = FilePath(String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
        do {
            guard chmod(path.string, 0o711) == 0 else {
                throw HypervisorError.system(errno, action: "set the mode of a folder", path: path)
            }
            let lock = try FileDescriptor.open(
                path.appending(marker), .readWrite, options: [.create, .closeOnExec],
                permissions: .ownerReadWrite)
            guard flock(lock.rawValue, LOCK_EX | LOCK_NB) == 0 else {
                throw HypervisorError.system(errno, action: "lock the session's folder", path: path)
            }
            let folder = SessionFolder(path: path, lock: lock)
            try folder.writeDriverConfiguration(owner: owner)
            return folder
        } catch {
            try? FileSystem.remove(path)
            throw HypervisorError.file(error, action: "prepare the session's folder", path: path)
        }
    }

    /// Whether a path looks like a session's folder of this user: what is about to be removed.
    static func isSession(_ path: FilePath) -> Bool {
        var info = stat()
        guard path.isAbsolute, path.lastComponent?.string.hasPrefix(namePrefix) ?? false,
            lstat(path.string, &info) == 0, info.st_mode & S_IFMT == S_IFDIR, info.st_uid == geteuid()
        else { return false }
        return FileSystem.exists(path.appending(marker))
    }

    /// Ends what is left of sessions whose process is gone: nobody holds their lock.
    private static func removeStale(in base: FilePath) {
        for name in (try? FileSystem.names(in: base)) ?? [] {
            let path = base.appending(name)
            var info = stat()
            guard isSession(path), lstat(path.string, &info) == 0,
                info.st_mtim.tv_sec + youngest < time(nil),
                let lock = try? FileDescriptor.open(
                    path.appending(marker), .readWrite, options: [.closeOnExec])
            else { continue }
            defer { try? lock.close() }
            guard flock(lock.rawValue, LOCK_EX | LOCK_NB) == 0 else { continue }
            ProcessHunt.killEmulators(naming: path)
            try? FileSystem.remove(path)
        }
    }

    /// See /etc/libvirt/qemu.conf for what each of these means.
    private func writeDriverConfiguration(owner: Owner) throws {
        let folder = libvirtRoot.appending("etc")
        try FileSystem.makeFolder(libvirtRoot, mode: 0o711)
        try FileSystem.makeFolder(folder, mode: 0o711)
        var lines = [
            // No virtlogd: there is no daemon.
            "stdio_handler = \"file\"",
            "security_driver = \"none\"",
            "seccomp_sandbox = 1",
            // Guests' files are copies that have the right owner already.
            "dynamic_ownership = 0",
            "remember_owner = 0",
            // Neither is there for us in a container, and nothing here needs them.
            "cgroup_controllers = []",
            "namespaces = []",
            "max_core = 0",
        ]
        if geteuid() == 0 {
            lines += ["user = \"+\(owner.user)\"", "group = \"+\(owner.group)\""]
        }
        try FileSystem.write((lines.joined(separator: "\n") + "\n").utf8, to: folder.appending("qemu.conf"))
    }

    /// Removes the folder and all guests' files, and closes the lock: to be called once. Blocks.
    func remove(logger: Logger) {
        for attempt in 1... {
            do {
                try FileSystem.remove(path)
                break
            } catch {
                // Something that was ending may just have made a file.
                guard attempt < 10 else {
                    logger.warning("\(error)")
                    break
                }
                BlockingThread.sleep(.milliseconds(50))
            }
        }
        try? lock.close()
    }
}
