// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import Hypervisor
import SystemPackage

/// A guest's memory as a file in the run's folder: an ELF core, compressed once it has been read.
struct MemoryDump: Sendable {
    /// The file before it is compressed.
    static let rawName = "vmcore"
    /// Programs that compress, the best first, with what they add to the name.
    private static let packers: [(program: String, suffix: String, arguments: [String])] = [
        ("zstd", ".zst", ["-q", "-f", "-1", "-T2"]), ("gzip", ".gz", ["-f", "-k", "-1"]),
    ]
    private static let limit = Duration.seconds(120)

    /// The uncompressed file.
    let path: FilePath

    /// Writes the guest's memory into `folder`. The guest stands still from then on.
    ///
    /// The file cannot be larger than the guest's memory and the machine's few other segments.
    ///
    /// - Throws: `HypervisorError`, also when the disk has no room for it; no file is left then.
    init(of guest: Guest, in folder: FilePath) async throws {
        path = folder.appending(Self.rawName)
        try await guest.coreDump(to: path, limit: Self.limit)
    }

    /// Compresses the file to another one beside it. The uncompressed file stays.
    ///
    /// - Returns: The file to keep; the uncompressed one when this host has nothing to compress with.
    func pack() async throws -> FilePath {
        for packer in Self.packers where HostProgram.find(packer.program) != nil {
            let packed = FilePath(path.string + packer.suffix)
            var arguments = packer.arguments + [path.string]
            if packer.program == "zstd" { arguments += ["-o", packed.string] }
            try await HostTool(
                action: "compress the memory dump", program: packer.program, arguments: arguments,
                limit: Self.limit
            ).run()
            return packed
        }
        return path
    }

    /// Removes the uncompressed file.
    func removeRaw() throws { try FileManager.default.removeItem(atPath: path.string) }

    /// Removes whatever a failed attempt to compress has left.
    func removePacked() {
        for packer in Self.packers { unlink(path.string + packer.suffix) }
    }

    /// The dump in a run's folder, in whatever form it is there; nil when there is none.
    static func find(in folder: FilePath) -> FilePath? {
        let names = packers.map { rawName + $0.suffix } + [rawName]
        return names.map { folder.appending($0) }.first { FileManager.default.fileExists(atPath: $0.string) }
    }
}
