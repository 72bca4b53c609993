// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// A kernel source tree of the user. It is read, never written: builds go to an `O=` folder in the cache,
/// patches to a private copy.
struct KernelTree: Sendable {
    let path: FilePath
    let version: KernelVersion
    let series: String

    /// The symbol the lab's patch exports.
    static let neededExport = "perf_event_read_local"

    /// Looks at the tree.
    ///
    /// - Throws: ``ArtifactError`` with `notFound` or `wrongVersion`.
    init(path: FilePath, series: String) throws {
        guard let resolved = Files.realPath(path) else {
            throw ArtifactError(
                .notFound, action: "use a kernel tree", subject: path.string,
                reason: "There is no such folder.",
                remedy: "Give --kernel-tree the top folder of a kernel tree.")
        }
        self.path = resolved
        self.series = series
        version = try KernelVersion(tree: resolved)
        try version.check(series: series, of: path.string)
    }

    /// Whether modules may call ``neededExport``.
    func hasExport() throws -> Bool {
        let text = try Files.text(path.appending("kernel/events/core.c"), limit: 16 << 20)
        return text.split(separator: "\n").contains { line in
            (line.hasPrefix("EXPORT_SYMBOL_GPL(") || line.hasPrefix("EXPORT_SYMBOL("))
                && line.contains("(\(Self.neededExport))")
        }
    }

    /// What in the tree keeps an `O=` build from working, as kbuild's own check (`outputmakefile`) sees it.
    func obstacles() -> [String] {
        [".config", "include/config", "arch/x86/include/generated"].filter {
            Files.exists(path.appending($0))
        }
    }

    /// The source to build: the tree itself, or a private copy of it in the cache.
    func source(privateCopy: Bool, builder: KernelSourceBuilder) async throws -> KernelSource {
        let exports = try hasExport()
        if !exports && !privateCopy {
            throw ArtifactError(
                .missingExport(symbol: Self.neededExport), action: "use a kernel tree", subject: path.string,
                reason:
                    "Its kernel/events/core.c does not export \(Self.neededExport) to modules, and the lab"
                    + " does not write to your tree.",
                remedy: "Add --private-copy to build a patched copy of it, or apply"
                    + " images/kernel/patches/*.patch yourself.")
        }
        let obstacles = obstacles()
        let files = try await KernelTreeFiles(path: path)
        if !privateCopy && obstacles.isEmpty {
            return KernelSource(
                path: path, version: version, identity: "\(path) \(try await files.identity())", files: files)
        }
        if !privateCopy {
            builder.progress.line(
                "\(path) has been built in place (\(obstacles.joined(separator: ", "))), which rules an O= build out:"
                    + " building a private copy of its sources.")
        }
        let key = try await builder.sourceKey("tree", try await files.identity())
        return try await builder.build(
            key: key, description: "copy of \(path)", subject: path.string, series: series
        ) { destination in
            builder.progress.phase("copy \(path)")
            try await files.copy(to: destination)
            guard try await KernelTreeFiles(path: path).identity() == files.identity() else {
                throw SourcesChanged()
            }
        }
    }
}
