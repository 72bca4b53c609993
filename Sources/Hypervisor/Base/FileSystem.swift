// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import Glibc
import SystemPackage

/// The few file operations that the guests' folders need.
enum FileSystem {
    /// Makes a folder; an existing one is kept when `mayExist`.
    static func makeFolder(_ path: FilePath, mode: mode_t, mayExist: Bool = false) throws {
        guard mkdir(path.string, mode) != 0 else {
            // The umask must not decide who can reach a guest's files.
            guard chmod(path.string, mode) == 0 else {
                throw HypervisorError.system(errno, action: "set the mode of a folder", path: path)
            }
            return
        }
        if errno == EEXIST && mayExist { return }
        throw HypervisorError.system(errno, action: "make a folder", path: path)
    }

    /// Gives a file or folder to a user.
    static func give(_ path: FilePath, to owner: Owner) throws {
        guard lchown(path.string, owner.user, owner.group) == 0 else {
            throw HypervisorError.system(
                errno, action: "give a file to the user that QEMU runs as", path: path)
        }
    }

    /// Makes a folder and those above it, as far as they are missing. Whoever then uses it finds out
    /// whether that worked.
    static func makeFolders(_ path: FilePath) {
        var current: FilePath = "/"
        for component in path.components {
            current.append(component)
            _ = mkdir(current.string, 0o755)
        }
    }

    /// Writes a small file, whole.
    static func write(_ bytes: some Sequence<UInt8>, to path: FilePath) throws {
        do {
            let file = try FileDescriptor.open(
                path, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWrite)
            try file.closeAfter { _ = try file.writeAll(bytes) }
        } catch {
            throw HypervisorError.file(error, action: "write a file", path: path)
        }
    }

    /// Appends `source`'s content to an open file; returns its length.
    static func append(_ source: FilePath, to output: FileDescriptor) throws -> Int {
        do {
            let input = try FileDescriptor.open(source, .readOnly, options: [.closeOnExec])
            return try input.closeAfter {
                var total = 0
                while true {
                    let count = sendfile(output.rawValue, input.rawValue, nil, 1 << 20)
                    if count < 0 { throw Errno(rawValue: errno) }
                    if count == 0 { return total }
                    total += count
                }
            }
        } catch {
            throw HypervisorError.file(error, action: "copy a file for the guest", path: source)
        }
    }

    /// Copies a file with its holes. `target` must not exist.
    static func copySparse(_ source: FilePath, to target: FilePath) throws {
        do {
            let input = try FileDescriptor.open(source, .readOnly, options: [.closeOnExec])
            try input.closeAfter {
                let output = try FileDescriptor.open(
                    target, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                    permissions: .ownerReadWrite)
                try output.closeAfter { try copyData(of: input, to: output) }
            }
        } catch {
            throw HypervisorError.file(error, action: "copy a file", path: source)
        }
    }

    private static func copyData(of input: FileDescriptor, to output: FileDescriptor) throws {
        let size = Int(try input.seek(offset: 0, from: .end))
        guard ftruncate(output.rawValue, size) == 0 else { throw Errno(rawValue: errno) }
        var position = 0
        while position < size {
            var start = lseek(input.rawValue, position, pacct_seek_data())
            // Nothing but a hole is left.
            if start < 0 && errno == ENXIO { return }
            let end = lseek(input.rawValue, start, pacct_seek_hole())
            guard start >= 0, end > start else { throw Errno(rawValue: errno) }
            while start < end {
                // A file system that can lets both files have the same blocks.
                let count = pacct_copy_range(input.rawValue, output.rawValue, start, end - start)
                if count > 0 {
                    start += count
                } else if count < 0, [EXDEV, EINVAL, ENOSYS, EOPNOTSUPP].contains(errno) {
                    // The two are on file systems that know nothing of each other.
                    try copyBytes(of: input, to: output, from: start, to: end)
                    start = end
                } else {
                    throw count < 0 ? Errno(rawValue: errno) : Errno.ioError
                }
            }
            position = end
        }
    }

    private static func copyBytes(
        of input: FileDescriptor, to output: FileDescriptor, from start: Int, to end: Int
    ) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var position = start
        while position < end {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(end - position))
            let count = try input.read(fromAbsoluteOffset: Int64(position), into: part)
            guard count > 0 else { throw Errno.ioError }
            try output.writeAll(
                toAbsoluteOffset: Int64(position), UnsafeRawBufferPointer(rebasing: part[..<count]))
            position += count
        }
    }

    /// Removes a folder and everything below it. Symbolic links are removed, not followed.
    /// What is not there is no error.
    static func remove(_ path: FilePath) throws {
        var info = stat()
        guard lstat(path.string, &info) == 0 else {
            if errno == ENOENT { return }
            throw HypervisorError.system(errno, action: "look at a file", path: path)
        }
        if info.st_mode & S_IFMT == S_IFDIR {
            for name in try names(in: path) { try remove(path.appending(name)) }
            if rmdir(path.string) != 0 && errno != ENOENT {
                throw HypervisorError.system(errno, action: "remove a folder", path: path)
            }
        } else if unlink(path.string) != 0 && errno != ENOENT {
            throw HypervisorError.system(errno, action: "remove a file", path: path)
        }
    }

    /// The names in a folder, without `.` and `..`.
    static func names(in path: FilePath) throws -> [String] {
        guard let directory = opendir(path.string) else {
            if errno == ENOENT { return [] }
            throw HypervisorError.system(errno, action: "list a folder", path: path)
        }
        defer { closedir(directory) }
        var result: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { result.append(name) }
        }
        return result
    }

    /// Whether anything is there.
    static func exists(_ path: FilePath) -> Bool {
        var info = stat()
        return lstat(path.string, &info) == 0
    }
}

/// The user and group that QEMU runs as.
struct Owner: Sendable, Equatable {
    let user: uid_t
    let group: gid_t

    /// As root QEMU runs as this user, which Debian's libvirt packages also use.
    static let qemuUserName = "libvirt-qemu"

    /// The user that QEMU runs as: `libvirt-qemu` when we are root, else ourselves.
    static func ofQEMU() throws -> Owner {
        guard geteuid() == 0 else { return Owner(user: geteuid(), group: getegid()) }
        guard let entry = getpwnam(qemuUserName) else {
            throw HypervisorError(
                .libvirtUnavailable,
                "Could not start the hypervisor. As root, QEMU is given to the user \(qemuUserName), "
                    + "who does not exist on this host.",
                advice: "Run `ci/setup`, or `useradd --system --no-create-home \(qemuUserName)`, "
                    + "or run pacctlab as an ordinary user.")
        }
        return Owner(user: entry.pointee.pw_uid, group: groupOfKVM() ?? entry.pointee.pw_gid)
    }

    /// The group that may use KVM, where there is one: on most hosts /dev/kvm is root:kvm, 0660.
    private static func groupOfKVM() -> gid_t? {
        var info = stat()
        guard stat("/dev/kvm", &info) == 0, info.st_gid != 0, info.st_mode & 0o060 == 0o060 else {
            return nil
        }
        return info.st_gid
    }

    /// Whether the mode of /dev/kvm lets this user open it. Access lists are not looked at.
    var canOpenKVM: Bool {
        var info = stat()
        guard stat("/dev/kvm", &info) == 0 else { return false }
        if info.st_uid == user { return info.st_mode & 0o600 == 0o600 }
        if info.st_gid == group { return info.st_mode & 0o060 == 0o060 }
        return info.st_mode & 0o006 == 0o006
    }
}
