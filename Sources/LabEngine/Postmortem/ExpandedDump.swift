// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import SystemPackage

/// A kept dump, uncompressed again.
enum ExpandedDump {
    private static let limit = Duration.seconds(300)

    /// Expands the dump to a file that has no name any more when this returns: whoever ends with it open, in whatever
    /// way, leaves nothing behind. The descriptor is inherited by programs that are started.
    static func open(_ dump: FilePath) async throws -> FileDescriptor {
        let folder = dump.removingLastComponent()
        let copy = folder.appending(".vmcore-\(getpid())")
        defer { for suffix in ["", ".gz"] { unlink(copy.string + suffix) } }
        try await expand(dump, to: copy)
        do {
            // A debugger writes to it: gdb needs other program headers than QEMU makes.
            return try FileDescriptor.open(copy, .readWrite)
        } catch {
            throw LabError(.trouble, "The expanded dump \(copy) cannot be opened: \(error).")
        }
    }

    private static func expand(_ dump: FilePath, to copy: FilePath) async throws {
        let action = "expand the memory dump \(dump)"
        switch dump.extension {
        case "zst":
            try await HostTool(
                action: action, program: "zstd",
                arguments: ["-d", "-q", "-f", dump.string, "-o", copy.string],
                limit: limit
            ).run()
        case "gz":
            // gzip names its output itself.
            let compressed = copy.string + ".gz"
            try FileManager.default.copyItem(atPath: dump.string, toPath: compressed)
            try await HostTool(
                action: action, program: "gzip", arguments: ["-d", "-f", compressed], limit: limit
            ).run()
        default:
            try await HostTool(
                action: action, program: "cp", arguments: ["--sparse=always", dump.string, copy.string],
                limit: limit
            ).run()
        }
    }
}
