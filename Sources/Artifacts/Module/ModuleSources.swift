// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// The source files of a module: everything in its folder that is not a build product, and what it includes
/// from elsewhere by a relative path.
struct ModuleSources: Sendable {
    /// The module's folder, symbolic links resolved.
    let root: FilePath
    /// The deepest folder that holds all of ``paths``: ``root``, or one above it when the module includes
    /// `../x.h`.
    let base: FilePath
    /// ``root`` relative to ``base``; empty when they are the same.
    let module: String
    /// Relative to ``base``, sorted.
    let paths: [String]
    let recipe: ModuleRecipe

    /// More than this is no module folder, but somebody's home.
    static let limits = (files: 5000, bytes: Int64(256 << 20))

    init(folder: FilePath) throws {
        guard let root = Files.realPath(folder), Files.status(root)?.kind == .directory else {
            throw ArtifactError(
                .notFound, action: "build a module", subject: folder.string,
                reason: "There is no such folder.",
                remedy: "Give --module a folder with a Kbuild file or a Makefile.")
        }
        self.root = root
        recipe = try ModuleRecipe(folder: root, shown: folder)
        var listing = Listing()
        try listing.collect(root, prefix: "", above: [root])
        guard !listing.isTooMuch else { throw Self.tooMuch(listing, folder: folder) }
        let outside = try ModuleNeighbours(root: root, paths: listing.paths).paths
        for path in outside {
            listing.paths.append(path.string)
            listing.bytes += Files.status(path, following: true)?.size ?? 0
        }
        guard !listing.isTooMuch else { throw Self.tooMuch(listing, folder: folder) }
        let base = outside.reduce(root) { Self.common($0, $1.removingLastComponent()) }
        let module = Self.relative(root, to: base)
        let inner = listing.paths.dropLast(outside.count).map { module.isEmpty ? $0 : module + "/" + $0 }
        (self.base, self.module) = (base, module)
        paths = (inner + outside.map { Self.relative($0, to: base) }).sorted()
        try Self.checkNames(paths, folder: folder)
    }

    /// Whether a file is one that kbuild or the compiler makes.
    static func isProduct(_ name: String) -> Bool {
        for suffix in [".o", ".ko", ".mod", ".mod.c", ".cmd", ".a", ".symversions", ".gcda", ".gcno"]
        where name.hasSuffix(suffix) { return true }
        return ["modules.order", "Module.symvers", "modules.nsdeps", "compile_commands.json"].contains(name)
    }

    /// The file names of a folder, gathered.
    private struct Listing {
        var paths: [String] = []
        var bytes: Int64 = 0
        var isTooMuch: Bool { paths.count > limits.files || bytes > limits.bytes }

        /// - Parameter above: The real paths of the folders on the way here: a link to one of them has no end.
        mutating func collect(_ folder: FilePath, prefix: String, above: [FilePath]) throws {
            for name in try Files.names(in: folder) where !name.hasPrefix(".") && !isProduct(name) {
                let path = folder.appending(name)
                // A link is taken for what it points to; a dangling one is left out.
                guard let status = Files.status(path, following: true) else { continue }
                switch status.kind {
                case .directory:
                    guard let real = Files.realPath(path), !above.contains(real) else { continue }
                    try collect(path, prefix: prefix + name + "/", above: above + [real])
                case .file:
                    paths.append(prefix + name)
                    bytes += status.size
                default: continue
                }
                if isTooMuch { return }
            }
        }
    }

    private static func tooMuch(_ listing: Listing, folder: FilePath) -> ArtifactError {
        ArtifactError(
            .invalidInput, action: "build a module", subject: folder.string,
            reason: "The folder holds \(limits.files) files or \(limits.bytes >> 20) MiB or more,"
                + " which is no module.",
            remedy: "Give --module the folder that has the module's Kbuild file or Makefile.")
    }

    /// Names of folders get into make's arguments, and a file's name can do without a newline.
    private static func checkNames(_ paths: [String], folder: FilePath) throws {
        guard let bad = paths.first(where: { $0.contains("\n") }) else { return }
        throw ArtifactError(
            .invalidInput, action: "build a module", subject: folder.string,
            reason: "A file has a newline in its name: \(bad.debugDescription).", remedy: "Rename it.")
    }

    private static func common(_ one: FilePath, _ other: FilePath) -> FilePath {
        var result = one
        while !other.starts(with: result) { result.removeLastComponent() }
        return result
    }

    private static func relative(_ path: FilePath, to base: FilePath) -> String {
        var rest = path
        return rest.removePrefix(base) ? rest.string : path.string
    }
}
