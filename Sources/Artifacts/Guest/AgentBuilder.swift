// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// Builds the guest's PID 1 with the Swift on this machine, static and stripped.
public struct AgentBuilder: Sendable {
    let store: ArtifactStore
    let home: LabHome
    let progress: BuildProgress

    static let kind = "agent"
    /// Raised when the way of building changes in a way that changes the result.
    private static let recipe = "2"
    /// The targets the agent is made of, all there is in its package.
    private static let targets = ["CGuest", "GuestAgent", "GuestContract"]
    /// What of the caller's environment swift build may see: what it needs to be found and to run.
    private static let inherited: Set<String> = [
        "PATH", "HOME", "TMPDIR", "USER", "LOGNAME", "LD_LIBRARY_PATH", "TOOLCHAINS", "SWIFTLY_HOME_DIR",
        "SWIFTLY_BIN_DIR", "SWIFTLY_TOOLCHAINS_DIR",
    ]
    /// A package of the agent's targets alone. The lab's own one would have swift build fetch the libraries of
    /// the host's side first, which the agent has no use for and a machine without network cannot.
    private static let manifest = """
        // swift-tools-version: 6.2
        import PackageDescription
        let package = Package(
            name: "pacct-agent",
            products: [.executable(name: "pacct-agent", targets: ["GuestAgent"])],
            targets: [
                .target(name: "CGuest"), .target(name: "GuestContract"),
                .executableTarget(name: "GuestAgent", dependencies: ["CGuest", "GuestContract"]),
            ],
            swiftLanguageModes: [.v6])

        """

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
        let artifact = try await SourcesChanged.retrying("the guest agent", progress: progress) {
            let files = try await files()
            let key = try await key(files)
            return try await store.artifact(
                kind: Self.kind, key: key, inputsDescription: "guest agent", progress: progress
            ) { work in
                try await compile(into: work.appending("pacct-agent"))
                guard try await self.files() == files else { throw SourcesChanged() }
            }
        }
        let path = artifact.path.appending("pacct-agent")
        return Agent(
            path: path, bytes: Files.status(path)?.size ?? 0, wasBuilt: artifact.wasBuilt, lease: artifact)
    }

    private func compile(into agent: FilePath) async throws {
        let tree = try await store.tree(named: "agent", purpose: "the guest agent", progress: progress)
        defer { withExtendedLifetime(tree) {} }
        let package = tree.path.appending("package")
        try Files.createDirectory(package.appending("Sources"))
        try Files.write(Self.manifest, to: package.appending("Package.swift"))
        for target in Self.targets {
            try Files.link(
                package.appending("Sources").appending(target), to: source(target).string)
        }
        progress.phase("compile the guest agent")
        let build = tree.path.appending("build")
        let command = Command(
            action: "compile the guest agent", program: "swift",
            arguments: [
                "build", "--package-path", package.string, "--scratch-path", build.string,
                "--configuration", "release", "--product", "pacct-agent", "-Xswiftc", "-static-executable",
            ],
            inherited: Self.inherited, directory: package, limit: .seconds(7200))
        let result = try await command.run { line in
            if let (done, total) = Self.step(line) { progress.step(done, of: total) }
            // The linker warns of dlopen() in every static program of Swift's; the agent never calls it.
            let isNotice = line.contains("statically linked applications")
            if !isNotice, line.contains("error: ") || line.contains("warning: ") {
                progress.line(line)
            }
        }
        if result.exitCode != nil { try tree.settle() }
        guard result.succeeded else { throw command.failure(result) }
        try Files.copy(build.appending("release/pacct-agent"), to: agent)
        try await Command(action: "strip the guest agent", program: "strip", arguments: [agent.string])
            .check()
    }

    private func source(_ target: String) -> FilePath { home.root.appending("Sources").appending(target) }

    /// A line with path and checksum for each of the agent's source files.
    private func files() async throws -> String {
        var files: [FilePath] = []
        for target in Self.targets {
            try Files.walk(source(target)) { path, status in
                if status.kind == .file { files.append(path) }
            }
        }
        let sums = try await Checksum.of(files: files)
        let prefix = home.root.string.utf8.count
        return zip(files, sums).map { file, sum in
            "\(String(decoding: file.string.utf8.dropFirst(prefix), as: UTF8.self))\t\(sum)\n"
        }.joined()
    }

    private func key(_ files: String) async throws -> ArtifactKey {
        let compiler = try await ProgramAnswers.shared.lines(
            "find the Swift compiler", "swift", ["--version"], inherited: Self.inherited, directory: home.root
        )
        return try ArtifactKey([
            ("recipe", Self.recipe), ("manifest", Self.manifest), ("files", files),
            ("compiler", compiler.map { "\($0)\n" }.joined()),
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
