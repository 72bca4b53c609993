// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// A build folder at a stable path, kept from one build to the next so that unchanged parts are not built
/// again. Nothing in it is an artifact. Whoever holds the value has the folder for itself.
///
/// Tools such as make go by times and believe what they find, also half an object file that a killed compiler
/// left. So a folder is only used again when its last user said ``settle()``.
struct BuildTree: Sendable {
    let path: FilePath
    /// Whether nothing of an earlier build is in it.
    let isFresh: Bool
    let lock: FileLock

    fileprivate static let mark = "settled"

    /// The tools that worked here ended by themselves, so that the next build may go on with what they left.
    func settle() throws { try Files.write("", to: path.appending(Self.mark)) }

    /// Takes ``settle()`` back: tools are going to work here again.
    func unsettle() throws {
        try Files.remove(path.appending(Self.mark))
        try Files.sync(path)
    }

    /// Whether the folder may be used again. A mark from the future says that the clock was set back, and then
    /// a changed source could look older than what was made from the one before.
    fileprivate static func isSettled(_ path: FilePath) -> Bool {
        guard let mark = Files.status(path.appending(mark)) else { return false }
        return mark.modified / 1_000_000_000 <= Int64(time(nil))
    }
}

extension ArtifactStore {
    /// Takes the build folder `name`, waiting for whoever has it.
    func tree(named name: String, purpose: String, progress: BuildProgress) async throws -> BuildTree {
        let lock = try await FileLock.lock(lockPath(kind: "tree", key: name), .exclusive) { holder in
            let who = holder.map { " (process \($0))" } ?? ""
            progress.line("Waiting for another pacctlab\(who) that uses the build folder of \(purpose).")
        }
        let path = treePath(name)
        let isUsable = BuildTree.isSettled(path)
        if !isUsable { try discard(path, kind: "tree", key: name) }
        try Files.createDirectory(path)
        _ = utimensat(AT_FDCWD, path.string, nil, 0)
        let tree = BuildTree(path: path, isFresh: !isUsable, lock: lock)
        if isUsable { try tree.unsettle() }
        return tree
    }

    /// Where a build folder is, or will be.
    func treePath(_ name: String) -> FilePath { root.appending("trees").appending(name) }

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
