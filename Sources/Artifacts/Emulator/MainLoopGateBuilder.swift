// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// Compiles what QEMU is loaded with so that the same seed is the same run with several CPUs too
/// (`images/qemu/main-loop-gate.c`).
public struct MainLoopGateBuilder: Sendable {
    let store: ArtifactStore
    let home: LabHome
    let progress: BuildProgress

    static let kind = "main-loop-gate"
    /// Raised when the way of building changes in a way that changes the result.
    private static let recipe = "1"

    /// A shared object for LD_PRELOAD (man 8 ld.so). As long as this value lives, no `prune` removes it.
    public struct Gate: Sendable {
        /// Where it is.
        public let path: FilePath
        /// The artifact's key.
        public var key: String { lease.manifest.key }

        let lease: Artifact

        init(lease: Artifact) {
            path = lease.path.appending("main-loop-gate.so")
            self.lease = lease
        }
    }

    /// Makes a builder.
    public init(store: ArtifactStore, home: LabHome, progress: BuildProgress = .silent) {
        self.store = store
        self.home = home
        self.progress = progress
    }

    /// Finds or compiles it.
    ///
    /// - Throws: ``ArtifactError`` with `commandFailed` when it does not compile.
    public func build() async throws -> Gate {
        let source = home.root.appending("images/qemu/main-loop-gate.c")
        let compiler = try await Toolchain.detect()
        let artifact = try await SourcesChanged.retrying("the gate of QEMU's main loop", progress: progress) {
            let sum = try await Checksum.of(files: [source])
            let key = try ArtifactKey([
                ("recipe", Self.recipe), ("source", sum.joined()), ("compiler", compiler.identity),
            ])
            return try await store.artifact(
                kind: Self.kind, key: key, inputsDescription: "gate of QEMU's main loop", progress: progress
            ) { work in
                try await Command(
                    action: "compile what QEMU is loaded with", program: "gcc",
                    arguments: [
                        "-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared",
                        "-o", work.appending("main-loop-gate.so").string, source.string, "-ldl",
                    ]
                ).check()
                guard try await Checksum.of(files: [source]) == sum else { throw SourcesChanged() }
            }
        }
        return Gate(lease: artifact)
    }
}
