// SPDX-License-Identifier: Apache-2.0

import Foundation
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

    /// The kernel that was built under a key; `nil` when it, or its source, is not in the cache any more.
    public func kernel(variant: String, key: String) throws -> KernelArtifact? {
        guard let artifact = try existing(kind: KernelBuilder.kind, key: key) else { return nil }
        let link = artifact.path.appending("build/source")
        let source = FilePath(try FileManager.default.destinationOfSymbolicLink(atPath: link.string))
        guard Files.exists(source) else { return nil }
        let version = try KernelVersion(tree: source)
        return try KernelArtifact(
            variant: variant, artifact: artifact,
            source: KernelSource(path: source, version: version, identity: ""))
    }

    /// The layer of a guest's image that was built under a key; `nil` when it is not in the cache any more.
    public func layer(named name: String, key: String) throws -> GuestLayer? {
        guard let artifact = try existing(kind: GuestImageBuilder.kind, key: key) else { return nil }
        let path = artifact.path.appending("\(name).cpio")
        guard let status = Files.status(path) else { return nil }
        return GuestLayer(
            name: name, archive: path, bytes: status.size, key: key, wasBuilt: false, lease: artifact)
    }

    /// The modules of a folder that were built under a key; `nil` when they are not in the cache any more.
    public func modules(of folder: FilePath, key: String) throws -> ModuleArtifact? {
        try existing(kind: ModuleBuilder.kind, key: key).map {
            try ModuleArtifact(artifact: $0, folder: folder)
        }
    }

    /// What QEMU was loaded with under a key; `nil` when it is not in the cache any more.
    public func gate(key: String) throws -> MainLoopGateBuilder.Gate? {
        try existing(kind: MainLoopGateBuilder.kind, key: key).map { MainLoopGateBuilder.Gate(lease: $0) }
    }
}
