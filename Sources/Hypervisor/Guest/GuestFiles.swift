// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage

/// A guest's files on the host, in a folder of its own that QEMU's user can read.
struct GuestFiles: Sendable {
    let folder: FilePath
    let kernel: FilePath
    /// `nil` for a guest without one.
    let initrd: FilePath?
    let console: FilePath
    let channel: FilePath
    /// The guest's memory, where it is a file: its own while a snapshot is made of it, else one of several guests.
    let memory: FilePath?
    /// What the guest shares with us; nil for one that shares nothing.
    let shared: FilePath?
    /// What QEMU is loaded with before all else; nil for nothing.
    let preload: FilePath?
    /// Where QEMU makes the socket for a debugger: a folder of QEMU's user, whom nobody else's processes can reach.
    var debugger: FilePath { folder.appending("gdb") }
    /// The socket of the guest's terminal, made by libvirt.
    var terminal: FilePath { folder.appending("terminal") }

    /// Copies what the guest boots from into a new folder. Blocks.
    ///
    /// They are copies since QEMU runs as a user who may not enter the caches they come from.
    static func make(
        in folder: FilePath, spec: GuestSpec, owner: Owner, memories: SessionMemories
    ) throws -> GuestFiles {
        try FileSystem.makeFolder(folder, mode: 0o711)
        do {
            let files = GuestFiles(
                folder: folder, kernel: folder.appending("kernel"),
                initrd: spec.initrd.isEmpty ? nil : folder.appending("initrd"),
                console: folder.appending("console"), channel: folder.appending("channel"),
                memory: try memory(of: spec, in: folder, owner: owner, memories: memories),
                shared: spec.sharedMemory == nil ? nil : folder.appending("shared"),
                preload: spec.preload == nil ? nil : folder.appending("preload.so"))
            try concatenate([spec.kernel], into: files.kernel, owner: owner)
            if let initrd = files.initrd { try concatenate(spec.initrd, into: initrd, owner: owner) }
            if let memory = spec.sharedMemory { try files.fillShared(memory) }
            if spec.hasDebugger {
                try FileSystem.makeFolder(files.debugger, mode: 0o700)
                try FileSystem.give(files.debugger, to: owner)
            }
            if let source = spec.preload, let copy = files.preload {
                try concatenate([source], into: copy, owner: owner)
            }
            return files
        } catch {
            try? FileSystem.remove(folder)
            throw error
        }
    }

    private static func memory(
        of spec: GuestSpec, in folder: FilePath, owner: Owner, memories: SessionMemories
    ) throws -> FilePath? {
        switch spec.origin {
        case .boot: return nil
        case .restore(let snapshot): return try memories.memory(of: snapshot)
        case .bootForSnapshot:
            let path = folder.appending("memory")
            try FileSystem.write([], to: path)
            try FileSystem.give(path, to: owner)
            return path
        }
    }

    /// Writes what is shared. QEMU can read the file and no more.
    func fillShared(_ memory: GuestSpec.SharedMemory) throws {
        guard let shared else { return }
        do {
            let file = try FileDescriptor.open(
                shared, .writeOnly, options: [.create, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
            try file.closeAfter {
                guard ftruncate(file.rawValue, off_t(memory.size)) == 0 else { throw Errno(rawValue: errno) }
                guard let content = memory.content else { return }
                try file.writeAll(content.header)
                let length = try FileSystem.append(content.file, to: file)
                guard content.header.count + length <= memory.size else {
                    throw HypervisorError(
                        .invalidSpec,
                        "Could not hand \(content.file) to the guest. It has \(length) bytes, and there is room for "
                            + "\(memory.size - content.header.count).",
                        advice: "Leave debug information out of what rides along, or carry fewer files.")
                }
            }
            guard chmod(shared.string, 0o644) == 0 else { throw Errno(rawValue: errno) }
        } catch {
            throw HypervisorError.file(error, action: "write the memory that the guest shares", path: shared)
        }
    }

    /// One file out of several, each padded to 4 bytes: the kernel unpacks such archives one after
    /// the other (Documentation/driver-api/early-userspace/buffer-format.rst).
    static func concatenate(_ sources: [FilePath], into target: FilePath, owner: Owner) throws {
        let output: FileDescriptor
        do {
            output = try FileDescriptor.open(
                target, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: [.ownerRead, .ownerWrite])
        } catch {
            throw HypervisorError.file(error, action: "make a file for the guest", path: target)
        }
        do {
            for source in sources {
                let length = try FileSystem.append(source, to: output)
                if sources.count > 1, length % 4 != 0 {
                    try output.writeAll([UInt8](repeating: 0, count: 4 - length % 4))
                }
            }
            try output.close()
        } catch {
            try? output.close()
            throw HypervisorError.file(error, action: "copy a file for the guest", path: target)
        }
        try FileSystem.give(target, to: owner)
    }
}
