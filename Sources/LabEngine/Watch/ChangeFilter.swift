// SPDX-License-Identifier: Apache-2.0

/// Which changes in a watched folder are somebody's edit.
enum ChangeFilter {
    /// What editors and kbuild leave beside sources.
    private static let endings = [
        "~", ".swp", ".swo", ".swx", ".tmp", ".bak", ".orig", ".rej", ".o", ".ko", ".a", ".mod", ".mod.c",
        ".cmd",
        ".d", ".symvers", ".order",
    ]
    /// Vim writes a file of this name to see whether it may.
    private static let probes: Set<String> = ["4913"]

    /// Whether a file of this name, a change of which was seen, is one that builds and runs depend on.
    static func matters(_ name: String) -> Bool {
        // Hidden files are an editor's (Emacs' locks, Kate's swap files), git's or kbuild's.
        if name.hasPrefix(".") || name.hasPrefix("#") || probes.contains(name) { return false }
        return !endings.contains { name.hasSuffix($0) }
    }

    /// Whether a folder of this name is watched, too.
    static func isWatched(folder name: String) -> Bool { !name.hasPrefix(".") }
}
