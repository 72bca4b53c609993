// SPDX-License-Identifier: Apache-2.0

import Artifacts
import SystemPackage

extension RunDriver {
    /// What a run was, or is to be, made of, from the cache: nothing is built, and what the sources say by now is not
    /// asked.
    ///
    /// - Parameters:
    ///   - owner: Whose it is, for messages: "the run results/x".
    ///   - remedy: What to do when something is gone.
    /// - Throws: ``LabError`` when something is not in the cache.
    func materials(
        of inputs: RunInputs, labModules wanted: [String], owner: String, remedy: String
    ) throws -> Materials {
        func gone(_ what: String, _ remedy: String = remedy) -> LabError {
            LabError(.trouble, "\(what) of \(owner) is not in the cache \(store.root).", remedy: remedy)
        }
        guard let kernel = try store.kernel(variant: inputs.kernel.variant, key: inputs.kernel.key) else {
            throw gone(
                "The kernel (\(inputs.kernel.release), \(inputs.kernel.variant))",
                "Build it again: \(inputs.kernel.spec.rebuildCommand)")
        }
        let layers = try inputs.image.map { layer in
            guard let found = try store.layer(named: layer.name, key: layer.key) else {
                throw gone("The guest's image (\(layer.name))")
            }
            return found
        }
        func modules(_ module: RunInputs.Module) throws -> ModuleArtifact {
            guard let found = try store.modules(of: FilePath(module.folder), key: module.key) else {
                throw gone("The module \(module.folder)")
            }
            return found
        }
        guard let gate = try store.gate(key: inputs.gate) else { throw gone("What QEMU is loaded with") }
        let labModules = try inputs.labModules.map(modules)
        var lab: [String: ModuleArtifact.File] = [:]
        for file in labModules.flatMap(\.koFiles) where wanted.contains(file.name) { lab[file.name] = file }
        return Materials(
            kernel: kernel, underTest: try modules(inputs.module), lab: lab, layers: layers,
            labModules: labModules, gate: gate)
    }
}
