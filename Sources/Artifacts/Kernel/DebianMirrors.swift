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
        var addresses: [String] = []
        do {
            try await command.check { line in
                guard line.contains("://"), !addresses.contains(line) else { return }
                addresses.append(line)
            }
        } catch is ArtifactError {
            return []
        }
        let web = addresses.filter { $0.hasPrefix("http") }.map { $0.hasSuffix("/") ? $0 : $0 + "/" }
        return web.filter { !$0.contains("security") } + web.filter { $0.contains("security") }
    }
}
