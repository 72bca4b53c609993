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
    private static let recipe = "5"

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
        try KernelMake.check(store.root, remedy: "Point XDG_CACHE_HOME to another folder.")
        let artifact = try await SourcesChanged.retrying("module \(folder)", progress: progress) {
            let job = try await Job(
                sources: ModuleSources(folder: folder), folder: folder, target: target, symbols: symbols,
                defines: defines, recipe: Self.recipe, store: store)
            return try await store.artifact(
                kind: Self.kind, key: job.key, inputsDescription: "module \(job.name)", progress: progress
            ) { work in
                progress.phase("compile module \(job.name)")
                try await compile(job, into: work)
            }
        }
        return try ModuleArtifact(artifact: artifact, folder: folder)
    }

    /// One state of the sources, and what is to be made of it.
    private struct Job {
        let sources: ModuleSources
        let folder: FilePath
        let target: Target
        let symbols: [FilePath]
        let defines: [String]
        let name: String
        /// Of the sources, in the order of their paths.
        let sums: [String]
        let foreigners: [FilePath]
        let foreignSums: [String]
        let treeName: String
        let copy: ModuleCopy
        let key: ArtifactKey
        /// Stands for the sources alone.
        let version: String

        init(
            sources: ModuleSources, folder: FilePath, target: Target, symbols: [FilePath], defines: [String],
            recipe: String, store: ArtifactStore
        ) async throws {
            (self.sources, self.folder, self.target) = (sources, folder, target)
            (self.symbols, self.defines) = (symbols, defines)
            name = sources.root.lastComponent?.string ?? sources.root.string
            // Only the names between the common folder and the module's get into the copy's path.
            try KernelMake.check(FilePath(sources.module), remedy: "Rename the folder.")
            let place = try ArtifactKey([
                ("folder", sources.root.string), ("module", sources.module), ("kernel", target.key),
                ("tree", target.buildTree.string),
            ])
            treeName = "module-\(place.hash)"
            copy = ModuleCopy(tree: store.treePath(treeName), module: sources.module)
            sums = try await Checksum.of(files: sources.paths.map { sources.base.appending($0) })
            foreigners = copy.knownForeigners().filter { Files.exists($0) }
            foreignSums = try await Checksum.of(files: foreigners)
            let content = zip(sources.paths, sums).map { "\($0)\t\($1)\n" }
            version = try ArtifactKey([("files", content.joined())]).hash
            let outside = zip(foreigners, foreignSums).map { "\($0)\t\($1)\n" }
            key = try ArtifactKey([
                ("recipe", recipe), ("place", place.hash), ("files", content.joined()),
                ("outside", outside.joined()),
                ("symbols", try await Checksum.of(files: symbols).joined(separator: " ")),
                ("options", defines.joined(separator: " ")),
            ])
        }
    }

    private func compile(_ job: Job, into work: FilePath) async throws {
        let copy = job.copy
        let tree = try await store.tree(
            named: job.treeName, purpose: "module \(job.name)", progress: progress)
        defer { withExtendedLifetime(tree) {} }
        let make = ModuleMake(
            copy: copy, sources: job.sources, folder: job.folder, kernel: job.target.buildTree, jobs: jobs,
            symbols: job.symbols, defines: job.defines, progress: progress)
        var outcome: ModuleMake.Outcome
        do {
            try await fill(copy, job, tree)
            outcome = try await make.run { try tree.settle() }
        } catch let error as ArtifactError where !tree.isFresh && error.isUnexplained {
            // No line of the compiler says why: it may be what an earlier build left.
            try tree.unsettle()
            try copy.clear()
            try await fill(copy, job, tree)
            outcome = try await make.run { try tree.settle() }
        }
        try await checkForeigners(job)
        for module in outcome.modules {
            let file = work.appending(module.lastComponent?.string ?? "")
            try Files.copy(module, to: file)
            // As `make modules_install INSTALL_MOD_STRIP=1` does it.
            try await Command(
                action: "strip the module \(job.name)", program: "strip",
                arguments: ["--strip-debug", "-o", ModuleArtifact.loaded(file).string, file.string]
            ).check()
        }
        let symvers = outcome.modules[0].removingLastComponent().appending("Module.symvers")
        let main = copy.path.appending("Module.symvers")
        if let found = [main, symvers].first(where: { Files.exists($0) }) {
            try Files.copy(found, to: work.appending("Module.symvers"))
        }
        var record = outcome.record
        record.version = job.version
        try Files.write(
            Array(try JSONEncoder().encode(record)), to: work.appending(ModuleArtifact.Record.name))
    }

    /// Brings the copy up to date, and makes sure that it is what the key says.
    private func fill(_ copy: ModuleCopy, _ job: Job, _ tree: BuildTree) async throws {
        try copy.sync(from: job.sources)
        let sums = try await Checksum.of(files: job.sources.paths.map { copy.top.appending($0) })
        guard sums == job.sums else {
            try tree.settle()
            throw SourcesChanged()
        }
    }

    /// Files that the module reads by an absolute path are known only after it was compiled. Nothing is kept
    /// under a key that does not have them.
    private func checkForeigners(_ job: Job) async throws {
        let kernel = job.target.buildTree
        let source = Files.realPath(kernel.appending("source"))
        let found = try job.copy.foreigners(besides: [kernel] + [source].compactMap(\.self))
        if found == job.foreigners, try await Checksum.of(files: found) == job.foreignSums { return }
        try job.copy.remember(foreigners: found)
        throw SourcesChanged()
    }
}

extension ArtifactError {
    /// A failed compilation that no message of the compiler explains.
    fileprivate var isUnexplained: Bool {
        guard case .compileFailed(let lines, _) = code else { return false }
        return !lines.contains { $0.severity == .error }
    }
}
