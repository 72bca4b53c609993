// SPDX-License-Identifier: Apache-2.0

import Synchronization
import SystemPackage

/// A guest that was stopped, on disk: `memory`, its RAM byte by byte (with holes where it was never touched), and
/// `state`, everything else of its machine in QEMU's format.
///
/// Any number of guests are restored from one: they share the memory, copy on write.
public struct Snapshot: Sendable, Hashable {
    /// The folder with the two files, which are never changed.
    public let folder: FilePath

    /// The snapshot in a folder.
    public init(folder: FilePath) { self.folder = folder }

    /// The guest's RAM.
    public var memory: FilePath { folder.appending("memory") }
    /// The rest of its machine.
    public var state: FilePath { folder.appending("state") }
}

/// The memories of the snapshots that a session's guests were restored from.
///
/// QEMU (7.2) opens the file that a guest's memory begins with for writing, even where it maps it privately. So what
/// it gets is a copy, one for each snapshot and session: no guest reaches the cache.
final class SessionMemories: Sendable {
    private let folder: FilePath
    private let owner: Owner
    private let copies = Mutex<[Snapshot: FilePath]>([:])

    init(folder: FilePath, owner: Owner) {
        self.folder = folder
        self.owner = owner
    }

    /// The session's copy. Blocks while it is made.
    func memory(of snapshot: Snapshot) throws -> FilePath {
        try copies.withLock { copies in
            if let copy = copies[snapshot] { return copy }
            let copy = folder.appending("m\(copies.count + 1)")
            do {
                try FileSystem.copySparse(snapshot.memory, to: copy)
                try FileSystem.give(copy, to: owner)
            } catch {
                try? FileSystem.remove(copy)
                throw error
            }
            copies[snapshot] = copy
            return copy
        }
    }
}
