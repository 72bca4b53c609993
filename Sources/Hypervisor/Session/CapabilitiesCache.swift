// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage

/// Keeps what libvirt found out about QEMU from one session to the next: asking takes a second and more.
///
/// libvirt keeps it below its root folder, which goes with the session. Its files say what they were
/// made from (QEMU, libvirt, the host's CPU and kernel), and libvirt ignores those that do not fit.
struct CapabilitiesCache: Sendable {
    /// Where it is kept.
    let folder: FilePath
    /// Where libvirt has it.
    let live: FilePath

    init(cacheDirectory: FilePath, libvirtRoot: FilePath) {
        folder = cacheDirectory.appending("libvirt-\(LibvirtConnection.libraryVersion)")
        live = libvirtRoot.appending("cache/qemu/capabilities")
    }

    /// Hands libvirt what is kept. Nothing depends on it: failures are ignored.
    func restore() {
        let root = live.removingLastComponent().removingLastComponent()
        for path in [root, live.removingLastComponent(), live] {
            try? FileSystem.makeFolder(path, mode: 0o700, mayExist: true)
        }
        copy(from: folder, to: live)
    }

    /// Keeps what libvirt has. Nothing depends on it: failures are ignored.
    func save() {
        FileSystem.makeFolders(folder)
        copy(from: live, to: folder)
    }

    private func copy(from source: FilePath, to target: FilePath) {
        for name in (try? FileSystem.names(in: source)) ?? [] where name.hasSuffix(".xml") {
            guard let bytes = SmallFile.read(source.appending(name).string, limit: 4 << 20),
                bytes != SmallFile.read(target.appending(name).string, limit: 4 << 20)
            else { continue }
            // Renamed into place: another session may be reading.
            let new = target.appending("\(name).\(getpid())")
            guard
                let file = try? FileDescriptor.open(
                    new, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWrite
                )
            else { continue }
            let isWhole = (try? file.closeAfter { try file.writeAll(bytes) }) != nil
            if !isWhole || rename(new.string, target.appending(name).string) != 0 { unlink(new.string) }
        }
    }
}
