// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// Turns what a ``KernelSpec`` says into source that can be built: fetched, verified, unpacked, patched.
struct KernelSourceBuilder: Sendable {
    let store: ArtifactStore
    let home: LabHome
    let progress: BuildProgress

    static let kind = "source"
    /// Raised when unpacking or patching changes in a way that changes the result.
    private static let recipe = "3"

    func source(_ source: KernelSpec.Source) async throws -> KernelSource {
        let list = try KernelSourceList.read(home.kernelImages.appending("source.yaml"))
        switch source {
        case .version(let name): return try await version(name, list)
        case .tree(let path, let privateCopy):
            return try await KernelTree(path: path, series: list.series)
                .source(privateCopy: privateCopy, builder: self)
        case .tarball(let place, let sha256):
            let sum = sha256.lowercased()
            guard Checksum.isDigest(sum) else {
                throw ArtifactError(
                    .invalidInput, action: "use a kernel tarball", subject: sha256,
                    reason: "A SHA-256 is 64 hex digits.")
            }
            return try await tarball([place], sha256: sum, bytes: nil, series: list.series)
        }
    }

    /// Debian's tarball from the machine's own mirrors, then kernel.org's.
    private func version(_ name: String?, _ list: KernelSourceList) async throws -> KernelSource {
        let (name, version) = try list.entry(name)
        var failures: [String] = []
        if let tarball = version.debian, let sum = tarball.sha256 {
            let cached = try await isCached(sha256: sum)
            let mirrors = cached ? [] : try await DebianMirrors.addresses()
            if cached || !mirrors.isEmpty {
                do {
                    return try await self.tarball(
                        mirrors.map { $0 + tarball.file }, sha256: sum, bytes: tarball.bytes,
                        series: list.series)
                } catch let error as ArtifactError {
                    guard case .commandFailed = error.code else { throw error }
                    failures.append("Debian's mirror: \(error.reason)")
                }
            } else {
                failures.append("Debian's mirror: this machine's apt has none configured.")
            }
        }
        if let tarball = version.kernelOrg {
            if let sum = tarball.sha256 {
                return try await self.tarball(
                    [list.kernelOrg + tarball.file], sha256: sum, bytes: tarball.bytes, series: list.series)
            }
            failures.append("kernel.org: the checksum of \(tarball.file) is not known to the lab.")
        }
        throw ArtifactError(
            .notFound, action: "get the kernel source", subject: "Linux \(name)",
            reason: failures.joined(separator: " "),
            remedy: "Download it elsewhere and give it with --kernel-tarball PATH-OR-URL --sha256 SUM"
                + " (sums are in sha256sums.asc at \(list.kernelOrg)), or use --kernel-tree DIR.")
    }

    /// Whether no network is needed.
    private func isCached(sha256: String) async throws -> Bool {
        if store.contains(kind: Self.kind, key: try await sourceKey("sha256", sha256)) { return true }
        return store.contains(kind: Downloader.kind, key: try Downloader.key(sha256))
    }

    private func tarball(
        _ places: [String], sha256: String, bytes: Int?, series: String
    ) async throws -> KernelSource {
        let name = places.first.map(Downloader.fileName) ?? "linux-\(sha256.prefix(12))"
        let key = try await sourceKey("sha256", sha256)
        return try await build(key: key, description: "source of \(name)", subject: name, series: series) {
            tree in
            var lease: Artifact?
            let file: FilePath
            if let place = places.first, !place.contains("://") {
                // Absolute: tar runs in another folder than we do.
                guard let found = Files.realPath(FilePath(place)), Files.status(found)?.kind == .file else {
                    throw ArtifactError(
                        .notFound, action: "use a kernel tarball", subject: place,
                        reason: "There is no such file.")
                }
                file = found
                progress.phase("verify \(name)")
                let actual = try await Checksum.of(file: file)
                guard actual == sha256 else {
                    throw ArtifactError.wrongChecksum(expected: sha256, actual: actual, subject: place)
                }
            } else {
                (file, lease) = try await Downloader(store: store, progress: progress)
                    .fetch(places, sha256: sha256, bytes: bytes)
            }
            try await unpack(file, into: tree)
            withExtendedLifetime(lease) {}
        }
    }

    /// Makes the source artifact: `fill` puts the tree into the folder it is given, the patches go on top.
    func build(
        key: ArtifactKey, description: String, subject: String, series: String,
        fill: (FilePath) async throws -> Void
    ) async throws -> KernelSource {
        let patches = try KernelPatches(home: home)
        let artifact = try await store.artifact(
            kind: Self.kind, key: key, inputsDescription: description, progress: progress
        ) { work in
            let tree = work.appending("linux")
            try Files.createDirectory(tree)
            try await fill(tree)
            try KernelVersion(tree: tree).check(series: series, of: subject)
            try await patches.apply(to: tree, progress: progress)
        }
        let tree = artifact.path.appending("linux")
        return KernelSource(
            path: tree, version: try KernelVersion(tree: tree), identity: key.hash, lease: artifact)
    }

    /// The key of a source that gets our patches.
    func sourceKey(_ name: String, _ value: String) async throws -> ArtifactKey {
        try ArtifactKey([
            ("recipe", Self.recipe), (name, value),
            ("patches", try await KernelPatches(home: home).identity()),
        ])
    }

    private func unpack(_ file: FilePath, into tree: FilePath) async throws {
        progress.phase("unpack \(file.lastComponent?.string ?? file.string)")
        // tar runs it, and says of a missing one only that it "cannot exec".
        if file.string.hasSuffix(".xz"), Files.program("xz") == nil {
            throw ArtifactError.programMissing("xz", action: "unpack the kernel source", package: "xz-utils")
        }
        // A third of the tree are register tables of one graphics driver, which no guest has.
        // A checkpoint is 1000 records of 10 KiB; Linux 6.18 unpacked is about 1.6 GB.
        let expected = store.estimate("unpack-checkpoints", default: 160)
        var done = 0
        try await Command(
            action: "unpack the kernel source", program: "tar",
            arguments: [
                // A name with a colon would be one on another machine.
                "--extract", "--force-local", "--file", file.string, "--directory", tree.string,
                "--strip-components=1", "--no-same-owner", "--exclude=*/drivers/gpu/drm/amd/include/*",
                "--checkpoint=1000", "--checkpoint-action=echo=checkpoint",
            ],
            directory: tree, limit: .seconds(7200)
        ).check { line in
            guard line.contains("checkpoint") else { return }
            done += 1
            progress.step(done, of: max(expected, done))
        }
        store.remember(done, as: "unpack-checkpoints")
    }
}
