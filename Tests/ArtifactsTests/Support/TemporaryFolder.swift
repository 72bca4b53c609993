// SPDX-License-Identifier: Apache-2.0

import SystemPackage

@testable import Artifacts

/// A folder of one test's own, gone when the test is over.
final class TemporaryFolder: Sendable {
    let path: FilePath

    init() throws { path = try Files.temporaryDirectory("pacctlab-test") }

    deinit { try? Files.remove(path) }

    /// Writes a file below the folder, with the folders above it.
    @discardableResult
    func write(_ text: String, to name: String, mode: UInt32 = 0o644) throws -> FilePath {
        let file = path.appending(name)
        try Files.createDirectory(file.removingLastComponent())
        try Files.write(Array(text.utf8), to: file, mode: mode)
        return file
    }

    /// Makes a folder below the folder.
    @discardableResult
    func directory(_ name: String) throws -> FilePath {
        let folder = path.appending(name)
        try Files.createDirectory(folder)
        return folder
    }

    /// A store in the folder `cache`.
    func store() throws -> ArtifactStore {
        try ArtifactStore(paths: LabPaths(cache: path.appending("cache"), state: path.appending("state")))
    }

    /// Every file and folder below `name` with kind, mode and content: what must not change.
    func picture(of name: String) throws -> [String] {
        var lines: [String] = []
        try Files.walk(path.appending(name)) { path, status in
            let content = status.kind == .file ? try Files.text(path) : ""
            lines.append("\(path) \(status.kind) \(status.mode) \(status.modified) \(content)")
        }
        return lines
    }
}

/// Collects the events of a build.
final class Events: Sendable {
    private let log = Locked<[BuildEvent]>([])

    var progress: BuildProgress { BuildProgress { event in self.log.update { $0.append(event) } } }
    var all: [BuildEvent] { log.value }
    var lines: [String] {
        all.compactMap { if case .line(let text) = $0 { text } else { nil } }
    }
    var phases: [String] {
        all.compactMap { if case .phase(let name) = $0 { name } else { nil } }
    }
}
