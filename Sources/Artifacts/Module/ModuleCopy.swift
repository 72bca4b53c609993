// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// The private copy of a module's sources, with the objects of the last build beside them.
struct ModuleCopy: Sendable {
    /// Where the files are, laid out as below ``ModuleSources/base``.
    let top: FilePath
    /// The folder kbuild works in: the module's.
    let path: FilePath
    /// Names the sources that were synced last.
    private let list: FilePath
    /// Names the files outside that the last build read.
    private let foreigners: FilePath

    init(tree: FilePath, module: String) {
        top = tree.appending("src")
        path = module.isEmpty ? top : top.appending(module)
        list = tree.appending("sources")
        foreigners = tree.appending("foreigners")
    }

    /// Makes the sources here those of `sources`, touching only files whose content changed: make goes by
    /// times.
    ///
    /// When files came or went, everything starts anew. make would link the object of a source that is gone,
    /// and does not know that a new header may come before the one it found last time.
    func sync(from sources: ModuleSources) throws {
        let names = Array(sources.paths.joined(separator: "\n").utf8)
        if (try? Files.read(list)) != names { try Files.remove(top) }
        try Files.createDirectory(path)
        for name in sources.paths {
            let (source, copy) = (sources.base.appending(name), top.appending(name))
            let content = try Files.read(source)
            if Files.status(copy)?.kind == .file, try Files.read(copy) == content { continue }
            try Files.createDirectory(copy.removingLastComponent())
            let mode = (Files.status(source, following: true)?.mode ?? 0o644) & 0o777
            try Files.write(content, to: copy, mode: mode | 0o600, durable: false)
        }
        try Files.write(names, to: list, durable: false)
    }

    /// Removes what make left, sources included.
    func clear() throws {
        try Files.remove(list)
        try Files.remove(top)
    }

    /// Removes the lists of modules: a stale one must not pass for a new one.
    func removeOrders() throws { for order in try orders() { try Files.remove(order) } }

    private func orders() throws -> [FilePath] {
        var found: [FilePath] = []
        guard Files.exists(path) else { return [] }
        try Files.walk(path) { path, _ in
            if path.lastComponent?.string == "modules.order" { found.append(path) }
        }
        return found
    }

    /// Modules that the last build made, as kbuild lists them: modules.order names each module's object, a line
    /// each, relative to its own folder. A Makefile of the user's may point kbuild to a folder below.
    func modules() throws -> [FilePath] {
        let orders = try orders()
        let main = orders.filter { $0.removingLastComponent() == path }
        return try (main.isEmpty ? orders : main).flatMap { order in
            try Files.text(order).split(separator: "\n").map { line in
                let name = line.hasSuffix(".o") ? line.dropLast(2) + ".ko" : line[...]
                let file = FilePath(String(name))
                return file.isAbsolute ? file : order.removingLastComponent().appending(String(name))
            }
        }
    }

    /// Files outside that the last build read, by an absolute path in the module's sources or Makefile. They are
    /// no part of the copy, so their content is part of the key.
    func knownForeigners() -> [FilePath] {
        guard let text = try? Files.text(foreigners) else { return [] }
        return text.split(separator: "\n").map { FilePath(String($0)) }
    }

    /// Reads from kbuild's `.cmd` files what the compiler has read: a line `  PATH \` for each dependency.
    ///
    /// - Parameter known: Folders whose content is part of the key already.
    func foreigners(besides known: [FilePath]) throws -> [FilePath] {
        let prefixes = (known + [top, "/usr"]).map { $0.string + "/" }
        var found: Set<String> = []
        try Files.walk(top) { path, status in
            guard status.kind == .file, path.extension == "cmd" else { return }
            for line in try Files.text(path).split(separator: "\n") where line.hasPrefix("  /") {
                let name = String(line.dropFirst(2).prefix { $0 != " " })
                if !prefixes.contains(where: { name.hasPrefix($0) }) { found.insert(name) }
            }
        }
        return found.sorted().map { FilePath($0) }
    }

    /// Keeps the list for ``knownForeigners()``.
    func remember(foreigners found: [FilePath]) throws {
        try Files.write(found.map { $0.string + "\n" }.joined(), to: foreigners)
    }
}
