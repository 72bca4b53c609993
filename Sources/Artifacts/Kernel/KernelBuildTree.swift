// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// A finished `O=` folder, and what it takes to keep it small and move it.
struct KernelBuildTree: Sendable {
    let path: FilePath

    /// Single files that boot, debug, or `make M=` needs.
    private static let files: Set<String> = [
        ".config", "Makefile", "Module.symvers", "System.map", "vmlinux", "source",
        "arch/x86/boot/bzImage", "tools/objtool/objtool", "tools/bpf/resolve_btfids/resolve_btfids",
    ]
    /// Folders that `make M=` needs: generated headers, and kbuild's own programs.
    private static let folders = ["include/", "arch/x86/include/", "scripts/"]

    /// Removes everything that nothing needs any more: from about 1 GB, 150 MB stay.
    func reduce() throws {
        let prefix = path.string.utf8.count + 1
        try Files.walk(path) { entry, status in
            let relative = String(decoding: entry.string.utf8.dropFirst(prefix), as: UTF8.self)
            if status.kind == .directory {
                if try Files.names(in: entry).isEmpty { try Files.remove(entry) }
            } else if !Self.isNeeded(relative) {
                try Files.remove(entry)
            }
        }
    }

    /// Whether a file of the build folder, named relative to it, is kept.
    static func isNeeded(_ relative: String) -> Bool {
        if files.contains(relative) { return true }
        guard folders.contains(where: { relative.hasPrefix($0) }) else { return false }
        let name = relative.split(separator: "/").last ?? ""
        return
            !(name.hasSuffix(".o") || name.hasSuffix(".a") || (name.hasPrefix(".") && name.hasSuffix(".cmd")))
    }

    /// Makes the folder usable at `destination`, where it will be renamed to.
    ///
    /// Absolute paths are in two places only: the generated Makefile (`outputmakefile` in the kernel's own
    /// one writes these three lines) and the link `source`. Kbuild treats the tree as read-only for `make
    /// M=`, so none of its rules ever runs again.
    func relocate(to destination: FilePath, source: FilePath) throws {
        try Files.write(makefile(destination, source), to: path.appending("Makefile"))
        try Files.link(path.appending("source"), to: source.string)
    }

    /// Makes a folder usable again that was moved as a whole, such as a cache that a pipeline has restored elsewhere.
    /// Two that do so at once write the same.
    func relocateIfMoved(source: FilePath) throws {
        let wanted = makefile(path, source)
        let present = try? Files.text(path.appending("Makefile"))
        guard present != wanted else { return }
        let link = path.appending("source")
        try Files.remove(link)
        try relocate(to: path, source: source)
    }

    private func makefile(_ destination: FilePath, _ source: FilePath) -> String {
        """
        # Written by pacctlab after the example of kbuild, for the folder's final place
        export KBUILD_OUTPUT = \(destination)
        include \(source)/Makefile

        """
    }
}
