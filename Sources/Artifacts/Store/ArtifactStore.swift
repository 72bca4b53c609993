// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// Something that was built and is whole. As long as this value (or a copy of it) lives, no `prune` removes
/// it.
public struct Artifact: Sendable {
    /// The folder with what was built.
    public let path: FilePath
    /// What it is and was made from.
    public let manifest: ArtifactManifest
    /// Whether this call built it, as opposed to finding it.
    public let wasBuilt: Bool
    /// Held while the artifact is in use.
    let lease: FileLock
}

/// The content-addressed cache.
///
/// Layout below ``LabPaths/cache``: `<kind>/<key>/` whole artifacts, `locks/<kind>-<key>` their locks,
/// `work/<kind>-<key>-<pid>-<random>/` builds under way, `trees/` build folders of modules and the agent,
/// `downloads/` files half here, `ccache/`, `estimates/`. A build happens in `work/` under an exclusive
/// lock, gets its manifest last, is synced, then renamed into place: a build killed at any moment leaves
/// only a folder in `work/`, which the next process sweeps.
public struct ArtifactStore: Sendable {
    /// The cache folder.
    public let root: FilePath

    /// Opens the cache and sweeps what killed builds left.
    public init(paths: LabPaths) throws {
        root = paths.cache
        for name in ["locks", "work"] { try Files.createDirectory(root.appending(name)) }
        try sweep()
    }

    /// Finds the artifact, or builds it.
    ///
    /// - Parameters:
    ///   - kind: A lower-case word: the folder's name.
    ///   - key: Everything that decides the content.
    ///   - inputsDescription: One line for people, as in "kernel 6.18.5 release".
    ///   - progress: Told when another process builds the same and this one waits.
    ///   - build: Fills the folder it is given. The folder is renamed to ``path(kind:key:)`` afterwards, so
    ///     nothing in it may name the folder itself.
    /// - Throws: What `build` throws; `CancellationError`; ``ArtifactError``.
    public func artifact(
        kind: String, key: ArtifactKey, inputsDescription: String,
        progress: BuildProgress = .silent,
        build: (FilePath) async throws -> Void
    ) async throws -> Artifact {
        let lockPath = lockPath(kind: kind, key: key.hash)
        let waiting: (Int32?) -> Void = { holder in
            let who = holder.map { " (process \($0))" } ?? ""
            progress.line("Waiting for another pacctlab\(who) that builds \(inputsDescription).")
        }
        var wasBuilt = false
        while true {
            let lease = try await FileLock.lock(lockPath, .shared, waiting: waiting)
            if let manifest = manifest(kind: kind, key: key.hash) {
                let path = path(kind: kind, key: key.hash)
                // Last use, for prune. Failing to say so is no reason to fail.
                _ = utimensat(AT_FDCWD, path.appending(ArtifactManifest.name).string, nil, 0)
                return Artifact(path: path, manifest: manifest, wasBuilt: wasBuilt, lease: lease)
            }
            _ = consume lease
            // Pruned between the build and the lease: built again.
            wasBuilt = false
            // Not waited for: others may find the artifact meanwhile and keep their leases for hours.
            guard let exclusive = try FileLock.tryLock(lockPath, .exclusive) else {
                // Not all at the same moment, or those that look would be in the way of each other for ever.
                try await Task.sleep(for: .milliseconds(Int.random(in: 1...20)))
                continue
            }
            if manifest(kind: kind, key: key.hash) == nil {
                try await buildLocked(kind: kind, key: key, description: inputsDescription, build: build)
                wasBuilt = true
            }
            _ = consume exclusive
        }
    }

    /// Whether the artifact is there, whole.
    public func contains(kind: String, key: ArtifactKey) -> Bool {
        manifest(kind: kind, key: key.hash) != nil
    }

    /// Where an artifact is or will be.
    public func path(kind: String, key: String) -> FilePath { root.appending(kind).appending(key) }

    func manifest(kind: String, key: String) -> ArtifactManifest? {
        ArtifactManifest.read(in: path(kind: kind, key: key), kind: kind, key: key)
    }

    func lockPath(kind: String, key: String) -> FilePath {
        root.appending("locks").appending("\(kind)-\(key)")
    }

    private func buildLocked(
        kind: String, key: ArtifactKey, description: String, build: (FilePath) async throws -> Void
    ) async throws {
        let work = workPath(kind: kind, key: key.hash)
        try Files.createDirectory(work)
        let start = ContinuousClock.now
        do {
            try await build(work)
            try Task.checkCancellation()
            let took = start.duration(to: .now)
            try ArtifactManifest(
                kind: kind, key: key.hash, description: description, inputs: key.inputs,
                created: Int64(time(nil)), bytes: try Files.allocatedBytes(work),
                buildSeconds: took / .seconds(1)
            ).write(in: work)
            try await Files.sync(tree: work)
            let destination = path(kind: kind, key: key.hash)
            try Files.createDirectory(destination.removingLastComponent())
            // A folder without a believable manifest may be in the way.
            if Files.exists(destination) { try discard(destination, kind: kind, key: key.hash) }
            try Files.rename(work, to: destination)
            try Files.sync(destination.removingLastComponent())
        } catch {
            try? Files.remove(work)
            throw error
        }
    }

    func workPath(kind: String, key: String) -> FilePath {
        let random = String(UInt32.random(in: 0...UInt32.max), radix: 16)
        return root.appending("work").appending("\(kind)-\(key)-\(getpid())-\(random)")
    }

    /// Removes a folder so that no half of it can ever be found under its name. The lock must be held.
    func discard(_ path: FilePath, kind: String, key: String) throws {
        guard Files.status(path) != nil else { return }
        let trash = workPath(kind: kind, key: key)
        try Files.rename(path, to: trash)
        try Files.remove(trash)
    }
}
