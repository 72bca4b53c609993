// SPDX-License-Identifier: Apache-2.0

import Foundation
import GuestContract
import Hypervisor
import SystemPackage

/// The job of a run, as its folder keeps it: `job/plan`, `job/job.cpio`, and the scenario that it was compiled from.
struct StoredJob: Sendable {
    /// The scenario, relative to the run's folder.
    static let scenarioName = "job/scenario.yaml"
    private static let archiveName = "job.cpio"
    private static let planName = "plan"

    /// What the agent did.
    let plan: JobPlan
    /// What the plan was compiled from.
    let scenario: Scenario
    /// The run's `job` folder.
    private let folder: FilePath

    /// Reads the job of the run in a folder.
    ///
    /// - Throws: ``LabError`` when it is not all there.
    init(run: FilePath) throws {
        folder = run.appending("job")
        let path = run.appending(Self.scenarioName)
        guard let data = FileManager.default.contents(atPath: folder.appending(Self.planName).string),
            FileManager.default.fileExists(atPath: folder.appending(Self.archiveName).string),
            let text = FileManager.default.contents(atPath: path.string)
        else {
            throw LabError(
                .badInput, "The run \(run) does not have its whole job any more (below \(folder)).",
                remedy: "Run the scenario again: pacctlab run.")
        }
        do { plan = try JobPlan(decoding: Array(data)) } catch {
            throw LabError(
                .badInput, "The plan of the run \(run) cannot be read: \(error).",
                remedy: "Another version of pacctlab wrote it. Run the scenario again.")
        }
        scenario = try Scenario(yaml: String(decoding: text, as: UTF8.self), file: path.string)
    }

    /// The job, to be judged as the first time.
    func job(
        _ materials: Materials, _ place: RunDriver.Place, _ limits: TimeLimits
    ) -> Job {
        Job(
            plan: plan, files: [], layers: scenario.usesStressNG ? ["stress-ng"] : [],
            moduleUnderTest: materials.underTest.koFiles.first?.name, provenance: place.provenance,
            guestScale: limits.guestScale,
            keepsRecords: ModuleFit(info: materials.underTest.koFiles.first?.info).keepsRecords)
    }

    /// What the guest is to be handed.
    func content() throws -> GuestSpec.SharedMemory.Content { try Self.content(in: folder) }

    /// Copies plan and archive to the `job` folder of another run.
    ///
    /// - Returns: What its guest is to be handed.
    func copy(to target: FilePath) throws -> GuestSpec.SharedMemory.Content {
        for name in [Self.planName, Self.archiveName] {
            try FileManager.default.copyItem(
                atPath: folder.appending(name).string, toPath: target.appending(name).string)
        }
        return try Self.content(in: target)
    }

    private static func content(in folder: FilePath) throws -> GuestSpec.SharedMemory.Content {
        let archive = folder.appending(archiveName)
        let attributes = try FileManager.default.attributesOfItem(atPath: archive.string)
        let length = attributes[.size] as? UInt64 ?? 0
        return .init(header: JobMemory.header(archiveLength: length), file: archive)
    }
}
