// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// A Python with drgn, which reads memory dumps. As long as this value lives, no `prune` removes it.
public struct Drgn: Sendable {
    /// The interpreter.
    public let python: FilePath
    /// Whether this call installed it, as opposed to finding it.
    public let wasBuilt: Bool

    let lease: Artifact

    /// A script of ours to run in it.
    ///
    /// - Parameter limit: How long it may take; it is killed then.
    public func tool(
        action: String, script: FilePath, arguments: [String], limit: Duration
    ) -> HostTool {
        HostTool(
            action: action, program: python.string,
            // Neither the user's environment nor the user's packages, and nothing is written beside the scripts.
            arguments: ["-E", "-s", "-B", script.string] + arguments, limit: limit)
    }
}

/// Installs drgn into a virtual environment of its own, each version once.
///
/// It comes from whatever index pip is configured with. Debian's package is older than the kernels that it would
/// have to read.
public struct DrgnBuilder: Sendable {
    let store: ArtifactStore
    let progress: BuildProgress

    static let kind = "drgn"
    /// The version: a later one may print differently, an earlier one does not know the kernel.
    public static let version = "0.3.0"
    /// Raised when the way of installing changes in a way that changes the result.
    private static let recipe = "1"
    /// Limit for each step of the installation.
    private static let limit = Duration.seconds(300)

    /// Makes a builder.
    public init(store: ArtifactStore, progress: BuildProgress = .silent) {
        self.store = store
        self.progress = progress
    }

    /// Finds it or installs it.
    ///
    /// - Throws: ``ArtifactError`` when there is no Python, no `venv` or no index to install from.
    public func build() async throws -> Drgn {
        let base = try await Self.basePython()
        let artifact = try await store.artifact(
            kind: Self.kind, key: try Self.key(base),
            inputsDescription: "drgn \(Self.version)", progress: progress
        ) { work in
            progress.phase("install drgn \(Self.version)")
            try await install(into: work.appending("venv"), python: base.path)
        }
        return Drgn(
            python: artifact.path.appending("venv/bin/python3"), wasBuilt: artifact.wasBuilt, lease: artifact)
    }

    /// Whether it is installed.
    public func isBuilt() async -> Bool {
        guard let base = try? await Self.basePython(), let key = try? Self.key(base) else {
            return false
        }
        return store.contains(kind: Self.kind, key: key)
    }

    private func install(into venv: FilePath, python: String) async throws {
        do {
            try await Command(
                action: "make a virtual environment for drgn", program: python,
                arguments: ["-m", "venv", venv.string], limit: Self.limit
            ).check()
            let own = venv.appending("bin/python3").string
            try await Command(
                action: "install drgn", program: own,
                arguments: [
                    "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary",
                    ":all:",
                    "drgn==\(Self.version)",
                ], limit: Self.limit
            ).check()
            try await Command(
                action: "try drgn", program: own, arguments: ["-s", "-B", "-c", "import drgn"],
                limit: Self.limit
            ).check()
        } catch let error as ArtifactError {
            throw ArtifactError(
                error.code, action: error.action, subject: error.subject, reason: error.reason,
                remedy: "Install python3-venv (`apt-get install python3-venv`), and see that `pip download "
                    + "drgn==\(Self.version)` works here; then `pacctlab build drgn`.")
        }
    }

    private static func key(_ base: (path: String, version: String)) throws -> ArtifactKey {
        try ArtifactKey([
            ("recipe", recipe), ("drgn", version), ("python", base.path), ("version", base.version),
        ])
    }

    /// The interpreter that `python3` stands for: what is in PATH may be a script that chooses one.
    private static func basePython() async throws -> (path: String, version: String) {
        var lines: [String] = []
        try await Command(
            action: "look at the host's Python", program: "python3",
            arguments: [
                "-c", "import sys, platform; print(sys.executable); print(platform.python_version())",
            ],
            limit: .seconds(30)
        ).check { lines.append($0) }
        guard lines.count == 2, lines[0].hasPrefix("/") else {
            throw ArtifactError(
                .programMissing("python3"), action: "look at the host's Python", subject: "python3",
                reason: "It does not say where it is.", remedy: "Install python3 and python3-venv.")
        }
        return (lines[0], lines[1])
    }
}
