// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// The source files of a module folder: everything that is not a build product.
struct ModuleSources: Sendable {
    /// How the folder is built.
    enum Recipe: Sendable, Hashable {
        /// It has kbuild's part (`obj-m`): `make -C KERNEL M=FOLDER modules`.
        case kbuild
        /// It has a Makefile of its own that takes the kernel's folder in this variable.
        case makefile(variable: String)
    }

    /// The folder, symbolic links resolved.
    let root: FilePath
    /// Relative to ``root``, sorted.
    let paths: [String]
    let recipe: Recipe

    /// More than this is no module folder, but somebody's home.
    private static let limits = (files: 5000, bytes: Int64(256 << 20))

    init(folder: FilePath) throws {
        guard let root = Files.realPath(folder), Files.status(root)?.kind == .directory else {
            throw ArtifactError(
                .notFound, action: "build a module", subject: folder.string,
                reason: "There is no such folder.",
                remedy: "Give --module a folder with a Kbuild file or a Makefile.")
        }
        self.root = root
        var found: [String] = []
        var bytes: Int64 = 0
        try Self.collect(root, prefix: "", into: &found, bytes: &bytes)
        guard found.count <= Self.limits.files, bytes <= Self.limits.bytes else {
            throw ArtifactError(
                .invalidInput, action: "build a module", subject: folder.string,
                reason: "The folder holds \(found.count) files of \(bytes >> 20) MiB, which is no module.",
                remedy: "Give --module the folder that has the module's Kbuild file or Makefile.")
        }
        paths = found.sorted()
        recipe = try Self.recipe(root, shown: folder)
    }

    /// Whether a file is one that kbuild or the compiler makes.
    static func isProduct(_ name: String) -> Bool {
        for suffix in [".o", ".ko", ".mod", ".mod.c", ".cmd", ".a", ".symversions", ".gcda", ".gcno"]
        where name.hasSuffix(suffix) { return true }
        return ["modules.order", "Module.symvers", "modules.nsdeps", "compile_commands.json"].contains(name)
    }

    private static func collect(
        _ folder: FilePath, prefix: String, into found: inout [String], bytes: inout Int64
    ) throws {
        for name in try Files.names(in: folder) where !name.hasPrefix(".") && !isProduct(name) {
            let path = folder.appending(name)
            // A link is taken for what it points to; a dangling one is left out.
            guard let status = Files.status(path, following: true) else { continue }
            switch status.kind {
            case .directory:
                // A linked folder may lead anywhere, or back here.
                if Files.status(path)?.kind == .directory {
                    try collect(path, prefix: prefix + name + "/", into: &found, bytes: &bytes)
                }
            case .file:
                found.append(prefix + name)
                bytes += status.size
            default: continue
            }
            if found.count > limits.files || bytes > limits.bytes { return }
        }
    }

    /// Variables that Makefiles of modules take the kernel's build folder in, the common ones first.
    private static let variables = ["KDIR", "KERNELDIR", "KERNEL_DIR", "KERNEL_SRC", "KSRC"]

    private static func recipe(_ root: FilePath, shown: FilePath) throws -> Recipe {
        var texts: [String] = []
        for name in ["Kbuild", "Makefile"] where Files.exists(root.appending(name)) {
            let text = try Files.text(root.appending(name), limit: 1 << 20)
            if name == "Kbuild" { return .kbuild }
            texts.append(text)
        }
        let lines = texts.flatMap { $0.split(separator: "\n") }.map(\.trimmingSpaces)
        if lines.contains(where: { $0.hasPrefix("obj-m") || $0.hasPrefix("obj-$(") }) { return .kbuild }
        for variable in variables
        where lines.contains(where: { $0.contains("$(\(variable))") || $0.contains("${\(variable)}") }) {
            return .makefile(variable: variable)
        }
        throw ArtifactError(
            .invalidInput, action: "build a module", subject: shown.string,
            reason: texts.isEmpty
                ? "The folder has neither a Kbuild file nor a Makefile."
                : "Its Makefile has no obj-m and takes no KDIR.",
            remedy: "Add a Kbuild file with `obj-m += NAME.o`.")
    }
}
