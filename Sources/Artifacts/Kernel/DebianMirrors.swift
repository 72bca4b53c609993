// SPDX-License-Identifier: Apache-2.0

/// The archives this machine's own apt is configured with.
enum DebianMirrors {
    /// Their addresses, ending in a slash, each once; empty on a machine without apt.
    ///
    /// `apt-get indextargets` prints what sources.list and sources.list.d amount to (apt's
    /// doc/acquire-additional-files.md). Archives for security updates have no such pool and come last.
    static func addresses() async throws -> [String] {
        let command = Command(
            action: "ask apt for its mirrors", program: "apt-get",
            arguments: ["indextargets", "--format", "$(REPO_URI)"])
        var lines: [String] = []
        do {
            try await command.check { lines.append($0) }
        } catch is ArtifactError {
            return []
        }
        return addresses(in: lines)
    }

    /// The addresses that curl can fetch from, in what apt printed.
    static func addresses(in lines: [String]) -> [String] {
        var found: [String] = []
        for line in lines where line.hasPrefix("http://") || line.hasPrefix("https://") {
            let address = line.hasSuffix("/") ? line : line + "/"
            if !found.contains(address) { found.append(address) }
        }
        return found.filter { !$0.contains("security") } + found.filter { $0.contains("security") }
    }
}
