// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// How a module's folder is built.
struct ModuleRecipe: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// It has kbuild's part (`obj-m`): `make -C KERNEL M=FOLDER modules`.
        case kbuild
        /// It has a Makefile of its own that takes the kernel's folder in this variable.
        case makefile(variable: String)
    }

    let kind: Kind
    /// The file that says so: "Kbuild" or "Makefile".
    let file: String

    /// Variables that Makefiles of modules take the kernel's build folder in, the common ones first.
    private static let variables = ["KDIR", "KERNELDIR", "KERNEL_DIR", "KERNEL_SRC", "KSRC"]

    /// - Throws: ``ArtifactError`` with `invalidInput` when the folder has nothing to build it by.
    init(folder: FilePath, shown: FilePath) throws {
        // As kbuild does: a Kbuild file comes before a Makefile.
        if Files.status(folder.appending("Kbuild"), following: true)?.kind == .file {
            (kind, file) = (.kbuild, "Kbuild")
            return
        }
        file = "Makefile"
        let path = folder.appending(file)
        guard Files.status(path, following: true)?.kind == .file else {
            throw Self.refusal(shown, "The folder has neither a Kbuild file nor a Makefile.")
        }
        let lines = try Files.text(path, limit: 1 << 20).split(separator: "\n").map(\.trimmingSpaces)
        if lines.contains(where: Self.namesModules) {
            kind = .kbuild
        } else if let variable = Self.variables.first(where: { variable in
            lines.contains { $0.contains("$(\(variable))") || $0.contains("${\(variable)}") }
        }) {
            kind = .makefile(variable: variable)
        } else {
            throw Self.refusal(shown, "Its Makefile has no obj-m and takes no KDIR.")
        }
    }

    /// `obj-m := x.o`, `obj-$(CONFIG_X) += x.o`; not the `obj-m=x.o` in a command that calls make.
    private static func namesModules(_ line: String) -> Bool {
        guard line.hasPrefix("obj-m") || line.hasPrefix("obj-$") else { return false }
        return line.contains("=")
    }

    private static func refusal(_ folder: FilePath, _ reason: String) -> ArtifactError {
        ArtifactError(
            .invalidInput, action: "build a module", subject: folder.string, reason: reason,
            remedy: "Add a Kbuild file with `obj-m += NAME.o`.")
    }
}
