// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import SystemPackage

/// Which kernel source: the options that every command with a kernel shares.
struct KernelOptions: ParsableArguments {
    static let variantHelp = "release, debug, kcsan, rt"

    @Option(
        help: ArgumentHelp(
            "A kernel source tree of yours, such as /data/linux. Built with O=, never written to.",
            valueName: "dir"))
    var kernelTree: String?

    @Flag(help: "Build a patched copy of --kernel-tree, which does not export perf_event_read_local itself.")
    var privateCopy = false

    @Option(help: ArgumentHelp("A kernel tarball: path or URL. Needs --sha256.", valueName: "place"))
    var kernelTarball: String?

    @Option(help: ArgumentHelp("The SHA-256 that --kernel-tarball must have.", valueName: "hex"))
    var sha256: String?

    @Option(help: "A kernel version that images/kernel/source.yaml knows (default: the one it names).")
    var kernelVersion: String?

    func validate() throws {
        let named = [kernelTree, kernelTarball, kernelVersion].compactMap(\.self)
        guard named.count <= 1 else {
            throw ValidationError("--kernel-tree, --kernel-tarball and --kernel-version exclude each other.")
        }
        if kernelTarball != nil && sha256 == nil {
            throw ValidationError("--kernel-tarball needs --sha256: the lab builds nothing it cannot verify.")
        }
        if kernelTarball == nil && sha256 != nil {
            throw ValidationError("--sha256 belongs to --kernel-tarball.")
        }
        if privateCopy && kernelTree == nil {
            throw ValidationError("--private-copy belongs to --kernel-tree.")
        }
    }

    func spec(variant: String) throws -> KernelSpec {
        if let kernelTree {
            return KernelSpec(
                variant: variant, source: .tree(FilePath(kernelTree), privateCopy: privateCopy))
        }
        if let kernelTarball, let sha256 {
            return KernelSpec(variant: variant, source: .tarball(kernelTarball, sha256: sha256))
        }
        return KernelSpec(variant: variant, source: .version(kernelVersion))
    }
}
