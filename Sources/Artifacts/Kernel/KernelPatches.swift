// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// The patches of images/kernel/patches, in the order of their names.
struct KernelPatches: Sendable {
    let files: [FilePath]

    init(home: LabHome) throws {
        let folder = home.kernelImages.appending("patches")
        files = try Files.names(in: folder).filter { $0.hasSuffix(".patch") }.map { folder.appending($0) }
    }

    /// Changes when a patch does.
    func identity() async throws -> String {
        try Checksum.of(try await Checksum.of(files: files).joined(separator: "\n"))
    }

    /// Applies all of them to our own copy of the source; one that is in it already is left out.
    ///
    /// Context may have moved (another 6.18.x), but not changed.
    func apply(to tree: FilePath, progress: BuildProgress) async throws {
        for file in files {
            let name = file.lastComponent?.string ?? file.string
            progress.phase("apply \(name)")
            // Not --batch: that takes a patch which is not in the tree for a reversed one, and finds it.
            func patch(_ options: [String]) -> Command {
                Command(
                    action: "apply a kernel patch", program: "patch",
                    arguments: ["-p1", "--force", "--fuzz=0", "--no-backup-if-mismatch"] + options
                        + ["--input", file.string],
                    directory: tree)
            }
            let isThere = try await patch(["--reverse", "--dry-run"]).run().succeeded
            if isThere {
                progress.line("\(name) is in the source already.")
                continue
            }
            let result = try await patch(["--forward"]).run()
            guard !result.succeeded else { continue }
            let failure = patch([]).failure(result)
            if case .diskFull = failure.code { throw failure }
            throw ArtifactError(
                failure.code, action: "apply a kernel patch", subject: file.string,
                reason: "The source does not look as the patch expects. \(result.tail)",
                remedy: "Use one of the versions of images/kernel/source.yaml, or adapt the patch.")
        }
    }
}
