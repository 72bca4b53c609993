// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// One line of `pacctlab cache list`.
public struct CacheEntry: Sendable, Hashable, Codable {
    /// As in "kernel"; "tree", "download" and "ccache" are build folders, downloads half here, and the compiler
    /// cache.
    public let kind: String
    /// The key's hash, or the folder's name.
    public let key: String
    /// What it is.
    public let description: String
    /// Bytes on disk.
    public let bytes: Int64
    /// When it was last used, in seconds since 1970.
    public let lastUsed: Int64
}

/// Which artifacts `prune` may remove.
public enum PrunePolicy: Sendable, Hashable {
    /// Everything.
    case all
    /// What was not used for this long.
    case olderThan(Duration)
    /// All but this many of each kind, the last used ones.
    case keepNewest(Int)
}

/// What `prune` did.
public struct PruneReport: Sendable, Hashable {
    /// What was removed.
    public var removed: [CacheEntry] = []
    /// What would have been, but is in use or being built.
    public var inUse: [CacheEntry] = []
    /// Bytes on disk set free.
    public var bytesFreed: Int64 { removed.reduce(0) { $0 + $1.bytes } }
}

extension ArtifactStore {
    /// Folders of the cache that do not hold artifacts.
    static let reserved: Set<String> = ["locks", "work", "trees", "downloads", "ccache", "estimates"]

    /// Everything in the cache, last used first.
    public func list() throws -> [CacheEntry] {
        var entries: [CacheEntry] = []
        for kind in try Files.names(in: root) where !Self.reserved.contains(kind) {
            // Others keep files of theirs here, such as what the host can do.
            guard Files.status(root.appending(kind))?.kind == .directory else { continue }
            for key in try Files.names(in: root.appending(kind)) {
                guard let manifest = manifest(kind: kind, key: key) else { continue }
                entries.append(
                    CacheEntry(
                        kind: kind, key: key, description: manifest.description, bytes: manifest.bytes,
                        lastUsed: lastUsed(path(kind: kind, key: key).appending(ArtifactManifest.name))))
            }
        }
        func add(_ kind: String, _ key: String, _ description: String) throws {
            let path = place(kind: kind, key: key)
            guard Files.exists(path) else { return }
            entries.append(
                CacheEntry(
                    kind: kind, key: key, description: description, bytes: try Files.allocatedBytes(path),
                    lastUsed: lastUsed(path)))
        }
        for name in try Files.names(in: root.appending("trees")) { try add("tree", name, "build folder") }
        for name in try Files.names(in: root.appending("downloads")) {
            try add("download", name, "download that is not complete")
        }
        try add("ccache", "ccache", "compiler cache of the kernels")
        return entries.sorted { ($0.lastUsed, $0.key) > ($1.lastUsed, $1.key) }
    }

    /// Removes artifacts that nobody uses or builds at the moment, and what killed builds left.
    public func prune(_ policy: PrunePolicy) throws -> PruneReport {
        try sweep()
        var report = PruneReport()
        var kept: [String: Int] = [:]
        let now = Int64(time(nil))
        for entry in try list() {
            switch policy {
            case .all: break
            case .olderThan(let age): if Double(now - entry.lastUsed) < age / .seconds(1) { continue }
            case .keepNewest(let count):
                kept[entry.kind, default: 0] += 1
                if kept[entry.kind, default: 0] <= count { continue }
            }
            if try remove(entry) { report.removed.append(entry) } else { report.inUse.append(entry) }
        }
        return report
    }

    /// Removes one entry unless somebody holds its lock.
    private func remove(_ entry: CacheEntry) throws -> Bool {
        guard let lock = try Self.patientLock(lockPath(kind: entry.kind, key: entry.key)) else {
            return false
        }
        defer { withExtendedLifetime(lock) {} }
        try discard(place(kind: entry.kind, key: entry.key), kind: entry.kind, key: entry.key)
        return true
    }

    private func place(kind: String, key: String) -> FilePath {
        switch kind {
        case "tree": treePath(key)
        case "download": root.appending("downloads").appending(key)
        case "ccache": root.appending("ccache")
        default: path(kind: kind, key: key)
        }
    }

    /// A lock that nobody holds can still look held: a program that is being started has a copy of every descriptor
    /// between fork and exec.
    private static func patientLock(_ path: FilePath) throws -> FileLock? {
        for _ in 0..<10 {
            if let lock = try FileLock.tryLock(path, .exclusive) { return lock }
            usleep(20_000)
        }
        return nil
    }

    /// Removes the folders in `work/` that no living build owns: those whose lock is free. What cannot be
    /// removed (another user's, say) stays: it does no harm, and the next sweep tries again.
    func sweep() throws {
        let work = root.appending("work")
        for name in try Files.names(in: work) {
            // <kind>-<key>-<pid>-<random>
            let parts = name.split(separator: "-")
            guard parts.count >= 4 else { continue }
            let owner = parts.dropLast(2).joined(separator: "-")
            // A builder holds the lock exclusively, so a shared one is enough to know that there is none.
            let lockPath = root.appending("locks").appending(owner)
            guard let lock = try? FileLock.tryLock(lockPath, .shared) else { continue }
            try? Files.remove(work.appending(name))
            withExtendedLifetime(lock) {}
        }
    }

    private func lastUsed(_ path: FilePath) -> Int64 {
        (Files.status(path)?.modified ?? 0) / 1_000_000_000
    }
}
