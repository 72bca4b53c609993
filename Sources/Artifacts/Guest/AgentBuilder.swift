// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// Builds the guest's PID 1 with the Swift on this machine, static and stripped.
public struct AgentBuilder: Sendable {
    let store: ArtifactStore
    let home: LabHome
    let progress: BuildProgress

    static let kind = "agent"
    /// Raised when the way of building changes in a way that changes the result.
    private static let recipe = "1"
    /// What the agent is made from, relative to the checkout.
    private static let inputs = ["Sources/CGuest", "Sources/GuestAgent", "Sources/GuestContract"]

    /// The agent. As long as this value lives, no `prune` removes it.
    public struct Agent: Sendable {
        /// The executable.
        public let path: FilePath
        /// Length in bytes.
        public let bytes: Int64
        /// Whether this call built it, as opposed to finding it.
        public let wasBuilt: Bool

        let lease: Artifact
    }

    /// Makes a builder.
    public init(store: ArtifactStore, home: LabHome, progress: BuildProgress = .silent) {
        self.store = store
        self.home = home
        self.progress = progress
    }

    /// Finds or builds the agent.
    ///
    /// - Throws: ``ArtifactError`` with `commandFailed` when it does not compile.
    public func build() async throws -> Agent {
        let key = try await key()
        let artifact = try await store.artifact(
            kind: Self.kind, key: key, inputsDescription: "guest agent", progress: progress
        ) { work in
            let tree = try await store.tree(named: "agent", purpose: "the guest agent", progress: progress)
            progress.phase("compile the guest agent")
            let arguments = [
                "build", "--package-path", home.root.string, "--scratch-path", tree.path.string,
                "--configuration", "release", "--product", "pacct-agent", "-Xswiftc", "-static-executable",
            ]
            try await Command(
                action: "compile the guest agent", program: "swift", arguments: arguments,
                directory: home.root, limit: .seconds(7200)
            ).check { line in
                if let (done, total) = Self.step(line) { progress.step(done, of: total) }
                // The linker warns of dlopen() in every static program of Swift's; the agent never calls it.
                let isNotice = line.contains("statically linked applications")
                if !isNotice && (line.contains("error: ") || line.contains("warning: ")) {
                    progress.line(line)
                }
            }
            let agent = work.appending("pacct-agent")
            try Files.copy(tree.path.appending("release/pacct-agent"), to: agent)
            try await Command(
                action: "strip the guest agent", program: "strip", arguments: [agent.string], directory: work
            ).check()
            withExtendedLifetime(tree) {}
        }
        let path = artifact.path.appending("pacct-agent")
        return Agent(
            path: path, bytes: Files.status(path)?.size ?? 0, wasBuilt: artifact.wasBuilt, lease: artifact)
    }

    private func key() async throws -> ArtifactKey {
        var files = [home.root.appending("Package.swift")]
        for folder in Self.inputs {
            try Files.walk(home.root.appending(folder)) { path, status in
                if status.kind == .file { files.append(path) }
            }
        }
        let sums = try await Checksum.of(files: files)
        let prefix = home.root.string.utf8.count
        let content = zip(files, sums).map { file, sum in
            "\(String(decoding: file.string.utf8.dropFirst(prefix), as: UTF8.self))\t\(sum)\n"
        }
        var compiler = ""
        try await Command(
            action: "find the Swift compiler", program: "swift", arguments: ["--version"],
            directory: home.root
        ).check { compiler += $0 + "\n" }
        return try await ArtifactKey([
            ("recipe", Self.recipe), ("files", content.joined()), ("compiler", compiler),
        ])
    }

    /// Reads swift build's `[3/17] Compiling ...`.
    static func step(_ line: String) -> (done: Int, total: Int)? {
        guard line.hasPrefix("["), let end = line.firstIndex(of: "]") else { return nil }
        let parts = line[..<end].dropFirst().split(separator: "/")
        guard parts.count == 2, let done = Int(parts[0]), let total = Int(parts[1]), total > 0 else {
            return nil
        }
        return (done, total)
    }
}
