// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage

/// Small file operations with typed errors. They block, briefly.
enum Files {
    /// What `lstat` says about a path.
    struct Status {
        enum Kind { case file, directory, symlink, other }
        let kind: Kind
        /// Bytes for a file.
        let size: Int64
        /// Bytes on disk.
        let allocated: Int64
        /// Time of last change of the content, in nanoseconds since 1970.
        let modified: Int64
        let mode: UInt32
        let inode: UInt64
        let device: UInt64
    }

    /// `lstat` or, with `following`, `stat`; `nil` when there is nothing at `path`.
    static func status(_ path: FilePath, following: Bool = false) -> Status? {
        var info = stat()
        let result = following ? stat(path.string, &info) : lstat(path.string, &info)
        guard result == 0 else { return nil }
        let kind: Status.Kind =
            switch info.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .symlink
            default: .other
            }
        return Status(
            kind: kind, size: Int64(info.st_size), allocated: Int64(info.st_blocks) * 512,
            modified: Int64(info.st_mtim.tv_sec) * 1_000_000_000 + Int64(info.st_mtim.tv_nsec),
            mode: info.st_mode, inode: UInt64(info.st_ino), device: UInt64(info.st_dev))
    }

    /// Whether something is there, symbolic links followed.
    static func exists(_ path: FilePath) -> Bool { status(path, following: true) != nil }

    /// Makes a folder and its parents; one that is there already is fine.
    static func createDirectory(_ path: FilePath) throws(ArtifactError) {
        if mkdir(path.string, 0o755) == 0 { return }
        switch errno {
        case EEXIST where status(path, following: true)?.kind == .directory: return
        case ENOENT:
            let parent = path.removingLastComponent()
            guard !parent.isEmpty, parent != path else { break }
            try createDirectory(parent)
            if mkdir(path.string, 0o755) == 0 || errno == EEXIST { return }
        default: break
        }
        throw .system(errno, action: "create a folder", path: path)
    }

    /// The names in a folder, sorted, without `.` and `..`; empty when there is no such folder.
    static func names(in directory: FilePath) throws(ArtifactError) -> [String] {
        guard let stream = opendir(directory.string) else {
            if errno == ENOENT { return [] }
            throw .system(errno, action: "list a folder", path: directory)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Calls `body` for everything below `directory`, depth first, a folder after what is in it.
    /// Symbolic links are not followed.
    static func walk(
        _ directory: FilePath, _ body: (FilePath, Status) throws -> Void
    ) throws {
        for name in try names(in: directory) {
            let path = directory.appending(name)
            guard let status = status(path) else { continue }
            if status.kind == .directory { try walk(path, body) }
            try body(path, status)
        }
    }

    /// Removes a file or a folder with everything in it; what is not there is fine.
    static func remove(_ path: FilePath) throws {
        guard let status = status(path) else { return }
        if status.kind == .directory {
            for name in try names(in: path) { try remove(path.appending(name)) }
            guard rmdir(path.string) == 0 || errno == ENOENT else {
                throw ArtifactError.system(errno, action: "remove a folder", path: path)
            }
        } else {
            guard unlink(path.string) == 0 || errno == ENOENT else {
                throw ArtifactError.system(errno, action: "remove a file", path: path)
            }
        }
    }

    /// Renames; the destination's folder must exist.
    static func rename(_ source: FilePath, to destination: FilePath) throws(ArtifactError) {
        guard Glibc.rename(source.string, destination.string) == 0 else {
            throw .system(errno, action: "move \(source)", path: destination)
        }
    }

    /// Makes a symbolic link at `path` that says `target`, replacing one that is there.
    static func link(_ path: FilePath, to target: String) throws(ArtifactError) {
        if symlink(target, path.string) == 0 { return }
        if errno == EEXIST, unlink(path.string) == 0, symlink(target, path.string) == 0 { return }
        throw .system(errno, action: "make a symbolic link", path: path)
    }

    /// Bytes on disk of everything below `path`.
    static func allocatedBytes(_ path: FilePath) throws -> Int64 {
        var total = status(path)?.allocated ?? 0
        if status(path)?.kind == .directory { try walk(path) { total += $1.allocated } }
        return total
    }

    /// The absolute path with symbolic links resolved; `nil` when there is nothing at `path`.
    static func realPath(_ path: FilePath) -> FilePath? {
        guard let resolved = realpath(path.string, nil) else { return nil }
        defer { free(resolved) }
        return FilePath(String(cString: resolved))
    }

    /// A new folder below `$TMPDIR` or /tmp that nobody else has.
    static func temporaryDirectory(_ prefix: String) throws(ArtifactError) -> FilePath {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/\(prefix)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw .system(errno, action: "make a temporary folder", path: FilePath(base))
        }
        return FilePath(platformString: template)
    }

    /// Where a program is: a path stays one, a name is looked for in `$PATH`, /usr/sbin and /sbin; `nil` when
    /// there is none that can be executed.
    static func program(_ name: String) -> FilePath? {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        let folders = name.contains("/") ? [] : (path + ":/usr/sbin:/sbin").split(separator: ":")
        let candidates =
            folders.map { FilePath(String($0)).appending(name) } + (folders.isEmpty ? [FilePath(name)] : [])
        return candidates.first { status($0, following: true)?.kind == .file && access($0.string, X_OK) == 0 }
    }
}
