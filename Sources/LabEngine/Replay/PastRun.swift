// SPDX-License-Identifier: Apache-2.0

import Artifacts
import SystemPackage

/// A run that is over, read from its folder: enough to do it again.
public struct PastRun: Sendable {
    /// Its folder.
    public let folder: FilePath
    /// What it came to.
    public let report: RunReport
    /// What decided it.
    public let inputs: RunInputs
    let job: StoredJob

    /// Reads the folder of a run.
    ///
    /// - Throws: ``LabError`` when something is missing, ``ScenarioError`` when its scenario cannot be read.
    public init(folder: FilePath) throws {
        report = try RunReport.read(in: folder)
        self.folder = folder
        inputs = try RunInputs.read(in: folder)
        job = try StoredJob(run: folder)
    }

    /// The scenario that it ran.
    public var scenario: Scenario { job.scenario }

    /// What to ask of a run like it.
    ///
    /// - Parameter results: Where its folder goes.
    public func request(results: FilePath) -> RunRequest {
        var request = RunRequest(module: FilePath(inputs.module.folder), results: results)
        request.kernel = inputs.kernel.spec
        request.accelerator = inputs.accel == .kvm ? .kvm : .tcg
        request.boot = inputs.boot
        request.cpus = inputs.cpus
        request.memoryMiB = inputs.memoryMib
        request.seed = inputs.seed
        request.dump = inputs.dump
        return request
    }
}

extension RunDriver {
    /// What a past run was made of, from the cache: not what its sources say by now.
    ///
    /// - Throws: ``LabError`` when something is gone, or the machine is not what it was.
    func prepared(like past: PastRun, _ request: RunRequest) async throws -> PreparedRuns {
        let inputs = past.inputs
        guard inputs.accel == .tcg else {
            throw LabError(
                .badInput, "The run \(past.folder) was under KVM, where no two runs are alike.",
                remedy: "pacctlab run --accel tcg makes one that can be replayed.")
        }
        let place = Place(accelerator: .tcg, reason: nil, provenance: inputs.pmu)
        let materials = try materials(
            of: inputs, labModules: JobCompiler.labModules(of: past.scenario, provenance: inputs.pmu),
            owner: "the run \(past.folder)", remedy: "Run the scenario again: pacctlab run.")
        var prepared = try await share(materials, place, request)
        prepared.job = past.job
        let changed = inputs.differences(from: prepared.inputs(of: request))
        guard changed.isEmpty else {
            throw LabError(
                .trouble,
                "The run \(past.folder) cannot be done again as it was. This has changed since: "
                    + "\(changed.joined(separator: ", "))\(prepared.note.map { " (\($0))" } ?? "").",
                remedy: "Use the pacctlab and the QEMU that it was made with, or run the scenario again.")
        }
        return prepared
    }
}
