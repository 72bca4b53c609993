// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// The private copy of a module folder, with the objects of the last build beside the sources.
struct ModuleCopy: Sendable {
    /// The folder kbuild works in.
    let path: FilePath
    /// Names the sources that were synced last.
    private let list: FilePath

    init(tree: FilePath) {
        path = tree.appending("src")
        list = tree.appending("sources")
    }

    /// Makes the sources here those of `sources`, touching only files whose content changed: make goes by
    /// times.
    ///
    /// The list of files is written before any is removed, so an interrupted sync is finished by the next
    /// one.
    func sync(from sources: ModuleSources) throws {
        try Files.createDirectory(path)
        let before = (try? Files.text(list).split(separator: "\n").map(String.init)) ?? []
        let union = Set(before).union(sources.paths).sorted()
        try Files.write(union.joined(separator: "\n"), to: list)
        let wanted = Set(sources.paths)
        for name in before where !wanted.contains(name) { try Files.remove(path.appending(name)) }
        for name in sources.paths {
            let (source, copy) = (sources.root.appending(name), path.appending(name))
            let content = try Files.read(source)
            if Files.status(copy)?.kind == .file, try Files.read(copy) == content { continue }
            try Files.createDirectory(copy.removingLastComponent())
            try Files.write(
                content, to: copy, mode: (Files.status(source, following: true)?.mode ?? 0o644) & 0o777)
        }
        try Files.write(sources.paths.joined(separator: "\n"), to: list)
    }

    /// Modules that the last build made, relative to ``path``, as kbuild lists them: modules.order names
    /// each module's object, a line each.
    func modules() throws -> [String] {
        let order = path.appending("modules.order")
        guard Files.exists(order) else { return [] }
        return try Files.text(order).split(separator: "\n").map { line in
            let name = line.hasSuffix(".o") ? line.dropLast(2) + ".ko" : line[...]
            let prefix = path.string + "/"
            return String(name.hasPrefix(prefix) ? name.dropFirst(prefix.count) : name)
        }
    }

    /// Where the module of that file name is.
    func built(_ fileName: String) throws -> FilePath {
        let relative = try modules().first { $0 == fileName || $0.hasSuffix("/" + fileName) }
        return path.appending(relative ?? fileName)
    }
}
