// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// The source files of a kernel tree: what its own .gitignore files do not call a build product.
///
/// git does the listing, with an empty repository of ours beside the tree, so it works for trees without
/// `.git` as well and touches nothing in it.
struct KernelTreeFiles: Sendable {
    let root: FilePath
    /// Relative to ``root``, sorted.
    let paths: [String]
    /// Size and time of last change of each file.
    private let states: [String]

    init(path: FilePath) async throws {
        root = path
        let repository = try Files.temporaryDirectory("pacctlab-git")
        defer { try? Files.remove(repository) }
        let environment: [String: String?] = [
            "GIT_DIR": repository.string, "GIT_WORK_TREE": path.string, "GIT_INDEX_FILE": nil,
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
        ]
        try await Command(
            action: "list a kernel tree", program: "git",
            arguments: ["init", "--quiet", "--bare", repository.string],
            environment: environment.merging(["GIT_DIR": nil, "GIT_WORK_TREE": nil]) { $1 }
        ).check()
        var found: [String] = []
        // Names that git would quote (no kernel file has one) are left as they are by core.quotePath=false.
        try await Command(
            action: "list a kernel tree", program: "git",
            arguments: [
                "-c", "core.quotePath=false", "-c", "core.excludesFile=/dev/null", "ls-files", "--others",
                "--exclude-standard",
            ],
            environment: environment, directory: path
        ).check { found.append($0) }
        let paths = found.sorted()
        guard paths.count > 100 else {
            throw ArtifactError(
                .invalidInput, action: "list a kernel tree", subject: path.string,
                reason: "It has only \(paths.count) source files.",
                remedy: "Name the top folder of a complete kernel tree.")
        }
        self.paths = paths
        states = paths.map { name in
            guard let status = Files.status(path.appending(name)) else { return "gone" }
            return "\(status.size)\t\(status.modified)"
        }
    }

    /// A hash over path, size and modification time (nanoseconds) of every file: about half a second, where
    /// hashing 1.5 GB of content would take many.
    func identity() async throws -> String {
        try Checksum.of(zip(paths, states).map { "\($0)\t\($1)\n" }.joined())
    }

    /// Copies the files, with their times (make goes by them), without copying blocks where the file system
    /// can share.
    func copy(to destination: FilePath) async throws {
        let list = try Files.temporaryDirectory("pacctlab-copy")
        defer { try? Files.remove(list) }
        let names = list.appending("names")
        try Files.write(Array(paths.joined(separator: "\0").utf8), to: names)
        try await Command(
            action: "copy a kernel tree", program: "xargs",
            arguments: [
                "--null", "--arg-file", names.string, "cp", "--archive", "--parents", "--reflink=auto",
                "--target-directory", destination.string, "--",
            ],
            directory: root, limit: .seconds(7200)
        ).check()
    }
}
