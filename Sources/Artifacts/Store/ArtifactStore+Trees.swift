// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// A build folder at a stable path, kept from one build to the next so that unchanged parts are not built
/// again. Nothing in it is an artifact. Whoever holds the value has the folder for itself.
struct BuildTree: Sendable {
    let path: FilePath
    let lock: FileLock
}

extension ArtifactStore {
    /// Takes the build folder `name`, waiting for whoever has it.
    func tree(named name: String, purpose: String, progress: BuildProgress) async throws -> BuildTree {
        let lock = try await FileLock.lock(lockPath(kind: "tree", key: name), .exclusive) { holder in
            let who = holder.map { " (process \($0))" } ?? ""
            progress.line("Waiting for another pacctlab\(who) that uses the build folder of \(purpose).")
        }
        let path = root.appending("trees").appending(name)
        try Files.createDirectory(path)
        _ = utimensat(AT_FDCWD, path.string, nil, 0)
        return BuildTree(path: path, lock: lock)
    }

    /// A number remembered from the last build, as in the count of compiled files.
    func estimate(_ name: String, default fallback: Int) -> Int {
        let path = root.appending("estimates").appending(name)
        guard let text = try? Files.text(path, limit: 64) else { return fallback }
        return Int(text.prefix { $0.isNumber }) ?? fallback
    }

    /// Remembers a number for ``estimate(_:default:)``; failing to is no reason to fail.
    func remember(_ value: Int, as name: String) {
        try? Files.createDirectory(root.appending("estimates"))
        try? Files.write("\(value)\n", to: root.appending("estimates").appending(name))
    }
}
