// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage

extension ArtifactError {
    /// Wraps an `errno`; `ENOSPC` and `EDQUOT` become ``Code/diskFull(fileSystem:)``.
    static func system(_ number: CInt, action: String, path: FilePath) -> ArtifactError {
        if number == ENOSPC || number == EDQUOT { return diskFull(action: action, path: path) }
        return ArtifactError(
            .system(number), action: action, subject: path.string,
            reason: "The operating system says: \(String(cString: strerror(number))).")
    }

    /// The error for a full file system, which is named by its mount point.
    static func diskFull(action: String, path: FilePath) -> ArtifactError {
        let mount = FileSystemSpace.mountPoint(of: path)
        let free = FileSystemSpace.available(at: mount).map { ", \($0 >> 20) MiB are free" } ?? ""
        return ArtifactError(
            .diskFull(fileSystem: mount.string), action: action, subject: path.string,
            reason: "No space is left on the file system mounted at \(mount)\(free).",
            remedy: "Free some with `pacctlab cache prune`, or point XDG_CACHE_HOME to a larger file system.")
    }

    /// The error for a program that is not installed.
    static func programMissing(_ name: String, action: String, package: String?) -> ArtifactError {
        ArtifactError(
            .programMissing(name), action: action, subject: name,
            reason: "The program \(name) is not installed.",
            remedy: package.map { "Install it with `apt-get install \($0)`." })
    }
}

/// What is known about a file system's room.
enum FileSystemSpace {
    /// Bytes an unprivileged process may still write at `path`; `nil` when it cannot be found out.
    static func available(at path: FilePath) -> Int64? {
        var info = statvfs()
        guard statvfs(path.string, &info) == 0 else { return nil }
        return Int64(info.f_bavail) * Int64(info.f_frsize)
    }

    /// The mount point that holds `path` (or its nearest existing parent): the topmost folder
    /// on the same device.
    static func mountPoint(of path: FilePath) -> FilePath {
        var current = path
        var info = stat()
        while stat(current.string, &info) != 0 {
            guard current.removeLastComponent() else { return "/" }
        }
        let device = info.st_dev
        var parent = current
        while parent.removeLastComponent() {
            guard stat(parent.string, &info) == 0, info.st_dev == device else { return current }
            current = parent
        }
        return current
    }
}
