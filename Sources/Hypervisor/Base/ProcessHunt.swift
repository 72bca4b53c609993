// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import Glibc
import SystemPackage

/// A process found in /proc.
struct FoundProcess: Sendable, Equatable {
    let pid: pid_t
    let arguments: [String]
}

/// Finds QEMU processes by a folder that their command line names, and kills them.
///
/// A process is only ever signalled through a descriptor opened *before* its command line was
/// read, so that a number that was reused in between cannot hit a stranger.
enum ProcessHunt {
    /// QEMU processes with `folder`, or something in it, on their command line.
    static func emulators(naming folder: FilePath) -> [FoundProcess] {
        processes().compactMap { pid in
            guard let arguments = arguments(of: pid), matches(arguments, folder: folder) else { return nil }
            return FoundProcess(pid: pid, arguments: arguments)
        }
    }

    /// Sends SIGKILL to the processes of ``emulators(naming:)``; says how many there were.
    @discardableResult
    static func killEmulators(naming folder: FilePath) -> Int {
        killEmulators { matches($0, folder: folder) }
    }

    /// Sends SIGKILL to the QEMUs that libvirt only asks what they can do, below the root folder of an
    /// embedded driver: they listen at `lib/qemu/qmp-XXXXXX/qmp.monitor`.
    static func killCapabilityProbes(libvirtRoot: FilePath) {
        let prefix = "unix:\(libvirtRoot)/lib/qemu/qmp-"
        killEmulators { isEmulator($0) && $0.contains { $0.hasPrefix(prefix) } }
    }

    @discardableResult
    private static func killEmulators(where isMeant: ([String]) -> Bool) -> Int {
        var count = 0
        for pid in processes() where arguments(of: pid).map(isMeant) ?? false {
            let descriptor = pacct_pidfd_open(pid)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            guard let again = arguments(of: pid), isMeant(again) else { continue }
            if pacct_pidfd_send_signal(descriptor, SIGKILL) == 0 { count += 1 }
        }
        return count
    }

    /// Whether a command line is QEMU's and names the folder. The program's own name is asked
    /// for as well: an editor that has one of the folder's files open is left alone.
    static func matches(_ arguments: [String], folder: FilePath) -> Bool {
        guard isEmulator(arguments) else { return false }
        let prefix = folder.string + "/"
        return arguments.dropFirst().contains { argument in
            argument.contains(prefix) || argument == folder.string
        }
    }

    private static func isEmulator(_ arguments: [String]) -> Bool {
        arguments.first.flatMap { FilePath($0).lastComponent?.string }?.hasPrefix("qemu") ?? false
    }

    /// The numbers of every process that this process may see.
    static func processes() -> [pid_t] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var result: [pid_t] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let pid = pid_t(name) { result.append(pid) }
        }
        return result
    }

    /// A process's command line; `nil` when it is gone, a zombie or the kernel's.
    static func arguments(of pid: pid_t) -> [String]? {
        guard let bytes = SmallFile.read("/proc/\(pid)/cmdline", limit: 1 << 16), !bytes.isEmpty else {
            return nil
        }
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Reads files that are small by nature (/proc, /sys, our own notes).
enum SmallFile {
    /// At most `limit` bytes from the file's start; `nil` when it cannot be read.
    static func read(_ path: String, limit: Int = 1 << 16) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var result: [UInt8] = []
        while result.count < limit {
            let room = min(4096, limit - result.count)
            let piece = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                count = max(0, Glibc.read(descriptor, buffer.baseAddress, room))
            }
            if piece.isEmpty { break }
            result += piece
        }
        return result
    }

    /// The file's text without white space at its end; `nil` when it cannot be read.
    static func text(_ path: String, limit: Int = 1 << 16) -> String? {
        guard let bytes = read(path, limit: limit) else { return nil }
        var text = Substring(String(decoding: bytes, as: UTF8.self))
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}

extension SmallFile {
    /// The last `limit` bytes of a file; empty when it cannot be read.
    static func end(of path: FilePath, limit: Int) -> [UInt8] {
        let descriptor = open(path.string, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        let start = max(0, size - limit)
        return [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            count = max(0, pread(descriptor, buffer.baseAddress, limit, start))
        }
    }
}
