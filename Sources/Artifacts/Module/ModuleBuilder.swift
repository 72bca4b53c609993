// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// Builds out-of-tree modules in private copies of their folders.
///
/// There is one build folder per module folder and kernel, kept in the cache, so that a changed file
/// recompiles only what depends on it, and two kernels never share an object. What comes out is copied to
/// an artifact.
public struct ModuleBuilder: Sendable {
    let store: ArtifactStore
    let jobs: Int
    let progress: BuildProgress

    static let kind = "module"
    /// Raised when the way of building changes in a way that changes the result.
    private static let recipe = "1"

    /// - Parameter jobs: How many compilers at a time; by default one a CPU.
    public init(store: ArtifactStore, jobs: Int? = nil, progress: BuildProgress = .silent) {
        self.store = store
        self.jobs = max(1, jobs ?? ProcessInfo.processInfo.activeProcessorCount)
        self.progress = progress
    }

    /// Finds or builds the modules of a folder.
    ///
    /// - Parameters:
    ///   - folder: Has a Kbuild file, or a Makefile with `obj-m` or one that takes `KDIR=`. Never written to.
    ///   - kernel: What to build against.
    ///   - symbols: Module.symvers of modules that this one builds on.
    ///   - defines: Compiler options to add, as in `-DDEBUG`.
    /// - Throws: ``ArtifactError``; `compileFailed` and `missingSymbols` are the module's fault
    ///   (``ArtifactError/isModuleFault``).
    public func build(
        _ folder: FilePath, kernel: KernelArtifact, symbols: [FilePath] = [], defines: [String] = []
    ) async throws -> ModuleArtifact {
        try await build(
            folder,
            against: Target(buildTree: kernel.buildTree, key: kernel.key), symbols: symbols, defines: defines)
    }

    /// The part of a kernel that matters here.
    struct Target: Sendable {
        let buildTree: FilePath
        let key: String
    }

    func build(
        _ folder: FilePath, against target: Target, symbols: [FilePath] = [], defines: [String] = []
    ) async throws -> ModuleArtifact {
        let sources = try ModuleSources(folder: folder)
        let sums = try await Checksum.of(files: sources.paths.map { sources.root.appending($0) })
        let content = zip(sources.paths, sums).map { "\($0)\t\($1)\n" }.joined()
        let name = folder.lastComponent?.string ?? sources.root.string
        let place = try await ArtifactKey([
            ("folder", sources.root.string), ("kernel", target.key), ("tree", target.buildTree.string),
        ])
        let key = try await ArtifactKey([
            ("recipe", Self.recipe), ("place", place.hash), ("files", content),
            ("symbols", try await Checksum.of(files: symbols).joined(separator: " ")),
            ("options", defines.joined(separator: " ")),
        ])
        let artifact = try await store.artifact(
            kind: Self.kind, key: key, inputsDescription: "module \(name)", progress: progress
        ) { work in
            progress.phase("compile module \(name)")
            let tree = try await store.tree(
                named: "module-\(place.hash)", purpose: "module \(name)", progress: progress)
            let copy = ModuleCopy(tree: tree.path)
            try copy.sync(from: sources)
            let make = ModuleMake(
                copy: copy, sources: sources, folder: folder, kernel: target.buildTree, jobs: jobs,
                symbols: symbols, defines: defines, progress: progress)
            let record = try await make.run()
            for module in record.modules {
                try Files.copy(copy.built(module), to: work.appending(module))
            }
            let symvers = copy.path.appending("Module.symvers")
            if Files.exists(symvers) { try Files.copy(symvers, to: work.appending("Module.symvers")) }
            try Files.write(
                Array(try JSONEncoder().encode(record)), to: work.appending(ModuleArtifact.Record.name))
            withExtendedLifetime(tree) {}
        }
        return try ModuleArtifact(artifact: artifact, folder: folder)
    }
}
