// SPDX-License-Identifier: Apache-2.0

import SystemPackage

extension ArtifactStore {
    /// The artifact of a key that was noted earlier; `nil` when it is not in the cache any more.
    public func existing(kind: String, key: String) throws -> Artifact? {
        // A key is hex digits; it was read from a file.
        guard !key.isEmpty, key.allSatisfy(\.isHexDigit), let manifest = manifest(kind: kind, key: key) else {
            return nil
        }
        guard let lease = try FileLock.tryLock(lockPath(kind: kind, key: key), .shared) else { return nil }
        return Artifact(path: path(kind: kind, key: key), manifest: manifest, wasBuilt: false, lease: lease)
    }

    /// The `vmlinux` of a kernel that was built under a key; `nil` when it is not in the cache any more.
    public func vmlinux(ofKernel key: String) throws -> (path: FilePath, artifact: Artifact)? {
        guard let artifact = try existing(kind: KernelBuilder.kind, key: key) else { return nil }
        return (artifact.path.appending("build/vmlinux"), artifact)
    }
}
