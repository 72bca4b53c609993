// SPDX-License-Identifier: Apache-2.0

import SystemPackage

@testable import Artifacts

/// A kernel that was built on this machine before, found in the user's cache and only read.
///
/// Building one takes ten minutes, which is no matter for these tests. `ci/test` builds the kernels before it
/// runs them, so there they run; LabTests cover the same ground through the command in any case.
struct BuiltKernel {
    let target: ModuleBuilder.Target
    private let lease: FileLock

    /// The release kernel used last; `nil` when there is none.
    static func find() -> BuiltKernel? {
        guard let store = try? ArtifactStore(paths: LabPaths()),
            let entries = try? store.list().filter({
                $0.kind == "kernel" && $0.description.hasSuffix(" release")
            })
        else { return nil }
        for entry in entries {
            let tree = store.path(kind: "kernel", key: entry.key).appending("build")
            // Its source may have been pruned, and then it is of no use before the next build.
            guard Files.exists(tree.appending("source/Makefile")),
                let lease = try? FileLock.tryLock(store.lockPath(kind: "kernel", key: entry.key), .shared)
            else { continue }
            return BuiltKernel(target: .init(buildTree: tree, key: entry.key), lease: lease)
        }
        return nil
    }

    static let isThere = find() != nil
}
