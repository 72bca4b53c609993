// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import SystemPackage

/// The node's side: one task of an array, which is one run.
public struct SlurmNode: Sendable {
    private let lab: Lab
    private let folder: SlurmFolder
    private let index: Int

    /// - Parameters:
    ///   - batch: The batch's folder.
    ///   - index: The task's number.
    public init(lab: Lab, batch: FilePath, index: Int) {
        (self.lab, folder, self.index) = (lab, SlurmFolder(path: batch), index)
    }

    /// Runs the task, and leaves its result in the batch's folder.
    ///
    /// - Returns: What it came to; nil when somebody has done it, or nobody wants it any more.
    /// - Throws: ``LabError`` when there is no such task; `CancellationError` when it was cut off: then no result is left.
    public func run() async throws -> RunReport? {
        let batch = try folder.read()
        guard batch.runs.indices.contains(index) else {
            throw LabError(.badInput, "The batch \(folder.path) has no task \(index).")
        }
        let run = batch.runs[index]
        let name = Self.name
        guard try folder.claim(index, for: "\(name) \(getpid())\n") else { return nil }
        let scenario = try Scenario(yaml: batch.scenario, file: "\(folder.path)/batch.json")
        var request = RunRequest(
            module: FilePath(batch.inputs.module.folder), results: FilePath(batch.campaign))
        request.kernel = batch.inputs.kernel.spec
        request.accelerator = batch.accelerator
        request.cpus = batch.inputs.cpus
        request.memoryMiB = batch.inputs.memoryMib
        request.seed = UInt64(run.seed)
        request.dump = batch.inputs.dump
        let report = try await report(scenario, request, batch.inputs)
        // What was cut off is no answer.
        if Task.isCancelled, report.verdict == .inconclusive {
            try? FileManager.default.removeItem(atPath: report.directory)
            throw CancellationError()
        }
        try folder.write(
            SlurmResult(run: run, node: name, report: report), index)
        return report
    }

    private func report(
        _ scenario: Scenario, _ request: RunRequest, _ inputs: RunInputs
    ) async throws -> RunReport {
        do {
            let prepared = try await lab.prepared(as: inputs, scenario, request)
            return try await lab.run(scenario, request, prepared: prepared).report
        } catch {
            guard let reason = Trouble.reason(error) else { throw error }
            return try lab.notRun(scenario, request, reason: "on \(Self.name): \(reason)")
        }
    }

    /// The node as Slurm calls it, or as it calls itself.
    private static var name: String {
        ProcessInfo.processInfo.environment["SLURMD_NODENAME"] ?? ProcessInfo.processInfo.hostName
    }
}

extension RunDriver {
    /// Makes everything that runs on other machines share: also what a node needs that has no PMU for its guests, and
    /// what one needs that has no KVM.
    func prepareElsewhere(_ scenario: Scenario, _ request: RunRequest) async throws -> PreparedRuns {
        let place = Place(
            accelerator: .tcg, reason: nil, provenance: scenario.counters == .none ? .none : .simulated)
        var request = request
        // No guest is ever restored under KVM.
        if request.accelerator == .kvm { request.boot = .cold }
        let materials = try await Preparation(home: home, store: store, progress: progress)
            .materials(for: scenario, request: request, provenance: place.provenance)
        return try await share(materials, place, request)
    }

    /// What was made elsewhere, found in the cache. A snapshot is one of a machine: a node with another QEMU makes its
    /// own, once.
    func prepared(
        as inputs: RunInputs, _ scenario: Scenario, _ request: RunRequest
    ) async throws -> PreparedRuns {
        let place = try await place(scenario, request)
        var materials = try materials(
            of: inputs, labModules: JobCompiler.labModules(of: scenario, provenance: place.provenance),
            owner: "the campaign",
            remedy: "Nothing is built on a node: XDG_CACHE_HOME must be on a file system that every node has."
        )
        materials.carried = try await CarriedFiles.placed(scenario.carried)
        return try await share(materials, place, request)
    }
}
