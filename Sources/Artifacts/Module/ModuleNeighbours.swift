// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// Files outside a module's folder that its sources name by a relative path: `#include "../x.h"`,
/// `ccflags-y += -I$(src)/../include`, `mod-y += ../common/util.o`, `include ../common.mk`.
///
/// Found by reading, before any compiler runs, since the private copy must have them. What this overlooks, the
/// compiler then does not find either, and says so.
struct ModuleNeighbours {
    /// Absolute, each once, in the order they were found.
    private(set) var paths: [FilePath] = []

    private let root: FilePath
    /// Folders outside that headers are looked for in.
    private var searched: [FilePath] = []
    private var seen: Set<FilePath> = []

    /// - Parameter paths: The files of the folder, relative to `root`.
    init(root: FilePath, paths inner: [String]) throws {
        self.root = root
        let files = inner.map { root.appending($0) }
        for file in files where Self.isMakefile(file) {
            try readMakefile(file, in: file.removingLastComponent())
        }
        // What was found is read as well; it may name more. Makefiles come first, since they name the folders
        // that headers are looked for in. What they include speaks of the folder that includes it.
        try readFound { if Self.isMakefile($1) { try $0.readMakefile($1, in: root) } }
        for file in files where Self.isSource(file) { try readSource(file) }
        try readFound { if !Self.isMakefile($1) { try $0.readSource($1) } }
    }

    private mutating func readFound(_ read: (inout ModuleNeighbours, FilePath) throws -> Void) rethrows {
        var index = 0
        while index < paths.count, paths.count <= ModuleSources.limits.files {
            try read(&self, paths[index])
            index += 1
        }
    }

    private static func isMakefile(_ file: FilePath) -> Bool {
        ["Kbuild", "Makefile"].contains(file.lastComponent?.string) || ["mk", "inc"].contains(file.extension)
    }

    private static func isSource(_ file: FilePath) -> Bool {
        ["c", "h", "S", "s", "inc"].contains(file.extension)
    }

    private mutating func readSource(_ file: FilePath) throws {
        let folder = file.removingLastComponent()
        for line in try Self.lines(of: file) {
            guard let (name, isQuoted) = Self.included(line), !name.hasPrefix("/") else { continue }
            let folders = (isQuoted ? [folder] : []) + searched
            for candidate in folders.map({ $0.appending(name) }) where add(candidate) { break }
        }
    }

    private mutating func readMakefile(_ file: FilePath, in folder: FilePath) throws {
        for line in try Self.lines(of: file) {
            for name in Self.upwards(line) {
                let path = folder.appending(name).lexicallyNormalized()
                if Files.status(path, following: true)?.kind == .directory {
                    if !isInside(path), !searched.contains(path) { searched.append(path) }
                } else if path.extension == "o", let stem = path.stem {
                    // An object is made from a source beside it.
                    for ending in ["c", "S"] {
                        if add(path.removingLastComponent().appending("\(stem).\(ending)")) { break }
                    }
                } else {
                    _ = add(path)
                }
            }
        }
    }

    /// Takes a file that is there; whether it is.
    private mutating func add(_ path: FilePath) -> Bool {
        let path = path.lexicallyNormalized()
        guard Files.status(path, following: true)?.kind == .file else { return false }
        if !isInside(path), seen.insert(path).inserted { paths.append(path) }
        return true
    }

    private func isInside(_ path: FilePath) -> Bool { path.starts(with: root) }

    private static func lines(of file: FilePath) throws -> [Substring] {
        try Files.text(file, limit: 16 << 20).split(separator: "\n")
    }

    /// The name in `#include "name"` or `<name>`, and whether it is in quotes.
    static func included(_ line: Substring) -> (name: String, isQuoted: Bool)? {
        var rest = line.drop { $0 == " " || $0 == "\t" }
        guard rest.first == "#" else { return nil }
        rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
        guard rest.hasPrefix("include") else { return nil }
        rest = rest.dropFirst(7).drop { $0 == " " || $0 == "\t" }
        guard let open = rest.first, open == "\"" || open == "<" else { return nil }
        let name = rest.dropFirst().prefix { $0 != (open == "<" ? ">" : "\"") }
        return name.isEmpty ? nil : (String(name), open == "\"")
    }

    /// The parts of a Makefile's line that lead upwards, from the first `..` on: `-I$(src)/../include` has
    /// `../include`.
    static func upwards(_ line: Substring) -> [String] {
        let text = line.prefix { $0 != "#" }
        return text.split { " \t=:,;'\"(){}".contains($0) }.compactMap { word in
            let word = word.hasPrefix("-I") ? word.dropFirst(2) : word
            let parts = word.split(separator: "/", omittingEmptySubsequences: false)
            // What stands before is nothing, or the end of a variable and so in the word before.
            guard let first = parts.firstIndex(of: ".."), first == 0 || parts[..<first] == [""] else {
                return nil
            }
            return parts[first...].joined(separator: "/")
        }
    }
}
