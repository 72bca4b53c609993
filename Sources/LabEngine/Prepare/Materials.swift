// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import SystemPackage

/// Everything built that a run needs. As long as it lives, `prune` removes none of it.
struct Materials: Sendable {
    let kernel: KernelArtifact
    let underTest: ModuleArtifact
    /// The lab's own modules, by name.
    let lab: [String: ModuleArtifact.File]
    /// Layers of the guest image, the agent's first.
    let layers: [GuestLayer]

    let labModules: [ModuleArtifact]
    /// What QEMU is loaded with under TCG.
    let gate: MainLoopGateBuilder.Gate
    /// Files that the scenario takes along: path in the guest and file on the host.
    var carried: [(guest: FilePath, host: FilePath)] = []
}

/// Builds what a run needs, or finds it in the cache.
struct Preparation: Sendable {
    let home: LabHome
    let store: ArtifactStore
    let progress: BuildProgress

    /// Folders below kmod/ that hold modules of the lab. The module under test is not one of them.
    private static let labFolders = ["simhw", "witness", "perturb", "canaries"]

    func materials(
        for scenario: Scenario, request: RunRequest, provenance: CounterProvenance
    ) async throws -> Materials {
        let kernel = try await KernelBuilder(store: store, home: home, progress: progress)
            .build(request.kernel)
        let agent = try await AgentBuilder(store: store, home: home, progress: progress).build()
        let images = GuestImageBuilder(store: store, home: home, progress: progress)
        var layers = [try await images.build(agent: agent)]
        if scenario.usesStressNG { layers.append(try await images.layer(named: "stress-ng")) }
        let gate = try await MainLoopGateBuilder(store: store, home: home, progress: progress).build()
        let modules = ModuleBuilder(store: store, progress: progress)
        let lab = try await labModules(scenario, provenance, modules, kernel)
        let underTest = try await modules.build(request.module, kernel: kernel)
        // Before anything boots.
        try ModuleFit(info: underTest.koFiles.first?.info).check(scenario)
        let carried = try await CarriedFiles.placed(scenario.carried)
        return Materials(
            kernel: kernel, underTest: underTest, lab: lab.files, layers: layers, labModules: lab.artifacts,
            gate: gate, carried: carried)
    }

    private func labModules(
        _ scenario: Scenario, _ provenance: CounterProvenance, _ builder: ModuleBuilder,
        _ kernel: KernelArtifact
    ) async throws -> (files: [String: ModuleArtifact.File], artifacts: [ModuleArtifact]) {
        let wanted = JobCompiler.labModules(of: scenario, provenance: provenance)
        guard !wanted.isEmpty else { return ([:], []) }
        var files: [String: ModuleArtifact.File] = [:]
        var artifacts: [ModuleArtifact] = []
        for folder in Self.labFolders where !wanted.allSatisfy({ files[$0] != nil }) {
            let path = home.root.appending("kmod").appending(folder)
            guard FileManager.default.fileExists(atPath: path.string) else { continue }
            let built = try await own(path, builder, kernel)
            artifacts.append(built)
            for file in built.koFiles where wanted.contains(file.name) { files[file.name] = file }
        }
        return (files, artifacts)
    }

    /// A module of the lab's own. That it does not build says nothing about the module under test.
    private func own(
        _ folder: FilePath, _ builder: ModuleBuilder, _ kernel: KernelArtifact
    ) async throws -> ModuleArtifact {
        do { return try await builder.build(folder, kernel: kernel) } catch let error as ArtifactError
            where error.isModuleFault
        {
            throw LabError(
                .trouble,
                "The lab's own module \(folder.lastComponent?.string ?? "") does not build: \(error)",
                remedy: "Does the kernel have what kmod/ needs? pacctlab build kernel builds one that does.")
        }
    }
}
