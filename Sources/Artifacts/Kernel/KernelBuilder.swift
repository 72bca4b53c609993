// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// Builds kernels, each once.
public struct KernelBuilder: Sendable {
    let store: ArtifactStore
    let home: LabHome
    let jobs: Int
    let progress: BuildProgress

    static let kind = "kernel"
    /// Raised when the way of building changes in a way that changes the result.
    private static let recipe = "1"
    /// What the kernel says it was built at; any constant makes equal inputs give equal bytes.
    private static let timestamp = "Thu Jan  1 00:00:00 UTC 2026"

    /// - Parameter jobs: How many compilers at a time; by default one a CPU.
    public init(
        store: ArtifactStore, home: LabHome, jobs: Int? = nil, progress: BuildProgress = .silent
    ) {
        self.store = store
        self.home = home
        self.jobs = max(1, jobs ?? ProcessInfo.processInfo.activeProcessorCount)
        self.progress = progress
    }

    /// The variants that can be built, sorted.
    public func variants() throws -> [String] { try KernelConfiguration.variants(home: home) }

    /// Finds or builds a kernel, and the source before it.
    ///
    /// - Throws: ``ArtifactError``; `wrongVersion` and `missingExport` say that the user's tree will not do,
    ///   `optionsRefused` that a fragment asks for what Kconfig does not give.
    public func build(_ spec: KernelSpec) async throws -> KernelArtifact {
        try KernelMake.check(store.root, remedy: "Point XDG_CACHE_HOME to another folder.")
        let toolchain = try await Toolchain.detect()
        return try await SourcesChanged.retrying("kernel \(spec.variant)", progress: progress) {
            try await build(spec, toolchain: toolchain)
        }
    }

    private func build(_ spec: KernelSpec, toolchain: Toolchain) async throws -> KernelArtifact {
        let configuration = try KernelConfiguration(variant: spec.variant, home: home)
        let source = try await KernelSourceBuilder(store: store, home: home, progress: progress)
            .source(spec.source)
        try KernelMake.check(source.path, remedy: "Move the tree, or build a copy of it with --private-copy.")
        let key = try ArtifactKey([
            ("recipe", Self.recipe), ("source", source.identity), ("configuration", configuration.text),
            ("toolchain", toolchain.identity),
        ])
        let artifact = try await store.artifact(
            kind: Self.kind, key: key, inputsDescription: "kernel \(source.version) \(spec.variant)",
            progress: progress
        ) { work in
            try KernelMake.checkPrograms()
            let tree = work.appending("build")
            try Files.createDirectory(tree)
            try await configure(tree, source: source, configuration: configuration, toolchain: toolchain)
            try await compile(tree, source: source, variant: spec.variant, toolchain: toolchain)
            try await source.checkUnchanged()
            try KernelBuildTree(path: tree).reduce()
            // kbuild wrote the absolute paths of this folder; say where it will be.
            let final = store.path(kind: Self.kind, key: key.hash).appending("build")
            try KernelBuildTree(path: tree).relocate(to: final, source: source.path)
        }
        try KernelBuildTree(path: artifact.path.appending("build")).relocateIfMoved(source: source.path)
        return try KernelArtifact(variant: spec.variant, artifact: artifact, source: source)
    }

    private func configure(
        _ tree: FilePath, source: KernelSource, configuration: KernelConfiguration, toolchain: Toolchain
    ) async throws {
        progress.phase("configure kernel \(configuration.variant)")
        let merged = tree.removingLastComponent().appending("merged.config")
        try Files.write(configuration.text, to: merged)
        var environment = environment
        environment.updateValue(merged.string, forKey: "KCONFIG_ALLCONFIG")
        try await KernelMake(action: "configure the kernel").command(
            arguments(tree, source, toolchain) + ["allnoconfig"], environment: environment, directory: tree
        ).check()
        try configuration.verify(finalConfig: Files.text(tree.appending(".config")))
    }

    /// `modules` builds no module (the fragments have none), but has modpost write Module.symvers.
    private func compile(
        _ tree: FilePath, source: KernelSource, variant: String, toolchain: Toolchain
    ) async throws {
        progress.phase("compile kernel \(variant)")
        // Held while compiling, so that no prune takes the compiler cache away.
        let cache = try await FileLock.lock(store.lockPath(kind: "ccache", key: "ccache"), .shared)
        defer { withExtendedLifetime(cache) {} }
        let estimate = "kernel-\(variant)-steps"
        let expected = store.estimate(estimate, default: 1500)
        var steps = 0
        try await KernelMake(action: "compile the kernel").command(
            arguments(tree, source, toolchain) + ["-j\(jobs)", "bzImage", "modules"],
            environment: environment, directory: tree
        ).check { line in
            if KernelMake.isStep(line) {
                steps += 1
                progress.step(steps, of: max(expected, steps))
            } else if line.contains("warning: ") || line.contains("error: ") || line.contains("*** ") {
                progress.line(line)
            }
        }
        store.remember(steps, as: estimate)
    }

    private func arguments(_ tree: FilePath, _ source: KernelSource, _ toolchain: Toolchain) -> [String] {
        let hostCompiler = toolchain.compiler == "gcc" ? "gcc" : "ccache gcc"
        return [
            "-C", source.path.string, "O=\(tree)", "ARCH=x86_64", "CC=\(toolchain.compiler)",
            "HOSTCC=\(hostCompiler)", "LOCALVERSION=",
        ]
    }

    private var environment: [String: String?] {
        Toolchain.ccacheEnvironment(cache: store.root).merging([
            "KBUILD_BUILD_TIMESTAMP": Self.timestamp, "KBUILD_BUILD_USER": "pacctlab",
            "KBUILD_BUILD_HOST": "pacctlab", "KBUILD_BUILD_VERSION": "1",
        ]) { $1 }
    }
}
