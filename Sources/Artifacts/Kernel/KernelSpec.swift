// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// Which kernel to build.
public struct KernelSpec: Sendable, Hashable {
    /// Where its source comes from.
    public enum Source: Sendable, Hashable {
        /// A version that images/kernel/source.yaml knows; `nil` is its default.
        case version(String?)
        /// A source tree of the user, never written to. A private copy gets the lab's patches.
        case tree(FilePath, privateCopy: Bool)
        /// A tarball by path or URL, with its SHA-256 in hex.
        case tarball(String, sha256: String)
    }

    /// The configuration: the name of a fragment in images/kernel/config.
    public var variant: String
    /// Where the source comes from.
    public var source: Source

    /// Makes a spec; by default the `release` kernel of the default version.
    public init(variant: String = "release", source: Source = .version(nil)) {
        self.variant = variant
        self.source = source
    }
}

/// A kernel that was built. As long as this value lives, no `prune` removes it.
public struct KernelArtifact: Sendable {
    /// The variant it was configured as.
    public let variant: String
    /// What boots.
    public let bzImage: FilePath
    /// What is debugged: the ELF file, with DWARF when the variant has it.
    public let vmlinux: FilePath
    /// The `O=` folder, usable as `make -C buildTree M=...`; pruned of everything that needs not.
    public let buildTree: FilePath
    /// The source it was built from.
    public let sourceTree: FilePath
    /// What `uname -r` says in the guest.
    public let release: String
    /// The final configuration.
    public let config: FilePath
    /// Addresses and symbols.
    public let systemMap: FilePath
    /// The symbols modules may use.
    public let moduleSymvers: FilePath
    /// The key of the kernel: equal keys are equal kernels.
    public let key: String
    /// Whether this call built it, as opposed to finding it.
    public let wasBuilt: Bool
    /// Bytes on disk.
    public let bytes: Int64

    let leases: [Artifact]

    init(variant: String, artifact: Artifact, source: KernelSource) throws {
        let tree = artifact.path.appending("build")
        self.variant = variant
        buildTree = tree
        bzImage = tree.appending("arch/x86/boot/bzImage")
        vmlinux = tree.appending("vmlinux")
        config = tree.appending(".config")
        systemMap = tree.appending("System.map")
        moduleSymvers = tree.appending("Module.symvers")
        sourceTree = source.path
        release = String(
            try Files.text(tree.appending("include/config/kernel.release")).prefix { !$0.isNewline })
        key = artifact.manifest.key
        wasBuilt = artifact.wasBuilt
        bytes = artifact.manifest.bytes
        leases = [artifact] + [source.lease].compactMap { $0 }
    }
}

/// Kernel source, ready for an `O=` build.
struct KernelSource: Sendable {
    let path: FilePath
    let version: KernelVersion
    /// Decides the content; part of the kernel's key.
    let identity: String
    /// Of a source in the cache.
    let lease: Artifact?
    /// The files of a user's own tree, which may change at any moment.
    let files: KernelTreeFiles?

    init(
        path: FilePath, version: KernelVersion, identity: String, lease: Artifact? = nil,
        files: KernelTreeFiles? = nil
    ) {
        (self.path, self.version, self.identity) = (path, version, identity)
        (self.lease, self.files) = (lease, files)
    }

    /// - Throws: ``SourcesChanged`` when the tree is no longer what ``identity`` says.
    func checkUnchanged() async throws {
        guard let files else { return }
        let now = try await KernelTreeFiles(path: files.root)
        guard try await now.identity() == files.identity() else { throw SourcesChanged() }
    }
}
