// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// A guest's files on the host, in a folder of its own that QEMU's user can read.
struct GuestFiles: Sendable {
    let folder: FilePath
    let kernel: FilePath
    /// `nil` for a guest without one.
    let initrd: FilePath?
    let console: FilePath
    let channel: FilePath
    /// The socket of the guest's terminal, made by libvirt.
    var terminal: FilePath { folder.appending("terminal") }

    /// Copies what the guest boots from into a new folder. Blocks.
    ///
    /// They are copies since QEMU runs as a user who may not enter the caches they come from.
    static func make(in folder: FilePath, spec: GuestSpec, owner: Owner) throws -> GuestFiles {
        try FileSystem.makeFolder(folder, mode: 0o711)
        let files = GuestFiles(
            folder: folder, kernel: folder.appending("kernel"),
            initrd: spec.initrd.isEmpty ? nil : folder.appending("initrd"),
            console: folder.appending("console"), channel: folder.appending("channel"))
        do {
            try concatenate([spec.kernel], into: files.kernel, owner: owner)
            if let initrd = files.initrd { try concatenate(spec.initrd, into: initrd, owner: owner) }
        } catch {
            try? FileSystem.remove(folder)
            throw error
        }
        return files
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
