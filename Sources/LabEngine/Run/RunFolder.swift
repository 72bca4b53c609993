// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// A run's folder on the host: the evidence, complete or with a `run.json` that says why not.
///
/// `run.json` is written first, with the verdict `inconclusive`: whatever ends pacctlab before the
/// verdict, even SIGKILL, leaves an honest answer. Names from a guest never become paths before they
/// are checked.
struct RunFolder: Sendable {
    /// Why a folder's first `run.json` is inconclusive.
    static let unfinished = "pacctlab ended before the verdict (killed, or the machine went down)"

    /// The folder.
    let path: FilePath
    /// The run's id, which is the folder's name.
    let id: String

    /// Makes a folder with a name that no other run has.
    init(results: FilePath, scenario: String, variant: String, seed: UInt64) throws {
        path = try NewFolder.make(in: results, "\(NewFolder.plain(scenario))-\(variant)-s\(seed)")
        id = path.lastComponent?.string ?? ""
        try FileManager.default.createDirectory(
            atPath: path.appending("job").string, withIntermediateDirectories: false)
    }

    var job: FilePath { path.appending("job") }
    var console: FilePath { path.appending("console.log") }

    /// Writes a file of the folder whole or not at all.
    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: url(name), options: .atomic)
    }

    /// Adds to the console's file.
    func appendConsole(_ bytes: [UInt8]) throws { try append(bytes, to: console) }

    /// Adds to the output of a step.
    func appendOutput(_ bytes: [UInt8], ofStep index: Int) throws {
        let folder = path.appending("output")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        try append(bytes, to: folder.appending("step-\(index + 1).log"))
    }

    /// Adds to a snapshot, in the guest's own format.
    func appendSnapshot(_ bytes: some Collection<UInt8>, of moment: String) throws {
        let folder = path.appending("snapshots")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        try append(Array(bytes), to: folder.appending(moment))
    }

    /// Adds to the samples, in the guest's own format.
    func appendSamples(_ bytes: some Collection<UInt8>) throws {
        try append(Array(bytes), to: path.appending("samples.txt"))
    }

    private func append(_ bytes: [UInt8], to path: FilePath) throws {
        let file = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .append, .closeOnExec],
            permissions: [.ownerReadWrite, .groupRead, .otherRead])
        _ = try file.closeAfter { try file.writeAll(bytes) }
    }

    /// Writes a file that the guest's agent collected; its name must be a plain file name.
    func write(_ bytes: [UInt8], toCollected name: String) throws {
        let plain = name.utf8.allSatisfy { byte in
            byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                || (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5A)
                || (byte >= 0x61 && byte <= 0x7A)
        }
        guard plain, !name.isEmpty, !name.hasPrefix("."), name.utf8.count <= 100 else { return }
        let folder = path.appending("files")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: folder.appending(name).string))
    }

    private func url(_ name: String) -> URL { URL(fileURLWithPath: path.appending(name).string) }
}
