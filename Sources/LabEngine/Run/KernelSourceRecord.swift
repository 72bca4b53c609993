// SPDX-License-Identifier: Apache-2.0

import Artifacts
import SystemPackage

/// Where a kernel's source comes from, in the words of the command line; for files.
public struct KernelSourceRecord: Sendable, Codable, Equatable {
    private var version: String?
    private var tree: String?
    private var privateCopy: Bool?
    private var tarball: String?
    private var sha256: String?

    /// Notes a source down.
    public init(_ source: KernelSpec.Source) {
        switch source {
        case .version(let version): self.version = version
        case .tree(let path, let privateCopy): (tree, self.privateCopy) = (path.string, privateCopy)
        case .tarball(let place, let sum): (tarball, sha256) = (place, sum)
        }
    }

    /// The source.
    public var source: KernelSpec.Source {
        if let tree { return .tree(FilePath(tree), privateCopy: privateCopy ?? false) }
        if let tarball, let sha256 { return .tarball(tarball, sha256: sha256) }
        return .version(version)
    }
}
