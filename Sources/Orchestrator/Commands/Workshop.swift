// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import SystemPackage

/// The builders, with progress shown, for commands that build and do not run.
struct Workshop {
    let home: LabHome
    let store: ArtifactStore
    let progress: BuildProgress

    var kernels: KernelBuilder { KernelBuilder(store: store, home: home, progress: progress) }
    var modules: ModuleBuilder { ModuleBuilder(store: store, progress: progress) }

    /// Opens the checkout and the cache, and does `work` with progress shown.
    static func with(_ work: @escaping @Sendable (Workshop) async throws -> Void) async throws {
        let view = ProgressView()
        defer { view.finish() }
        let shop = Workshop(
            home: try LabHome.find(), store: try ArtifactStore(paths: LabPaths()), progress: view.progress)
        try await Interruption.guarding { try await work(shop) }
    }

    /// Every layer of the guest image, the agent in the first.
    func image() async throws -> [GuestLayer] {
        let agent = try await AgentBuilder(store: store, home: home, progress: progress).build()
        let images = GuestImageBuilder(store: store, home: home, progress: progress)
        return [try await images.build(agent: agent), try await images.layer(named: "stress-ng")]
    }

    /// The folders below kmod/ that build modules, sorted by name.
    func labModuleFolders() throws -> [FilePath] {
        let root = home.root.appending("kmod")
        return try FileManager.default.contentsOfDirectory(atPath: root.string).sorted()
            .map { root.appending($0) }
            .filter { folder in
                ["Kbuild", "Makefile"].contains {
                    FileManager.default.fileExists(atPath: folder.appending($0).string)
                }
            }
    }
}
