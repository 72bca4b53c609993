// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// How the runs of a campaign become Slurm's jobs. Kept in the campaign's folder, so that whoever goes on with it asks
/// for the same.
public struct SlurmOptions: Sendable, Codable, Equatable {
    /// The partition; nil: the cluster's default.
    public var partition: String?
    /// Whom the time is charged to; nil: the user's default.
    public var account: String?
    /// Features that every node must have, as `sbatch --constraint` takes them.
    public var constraint: String?
    /// Features that a node must have for scenarios that use a PMU where there is one: hosts whose guests can have
    /// it. Nil: any node; counters are simulated where there is none.
    public var pmuConstraint: String?
    /// Whether every run has its node for itself. Blocks of the plan can want that, too.
    public var isExclusive = false
    /// Slurm's limit for one run; nil: what the limits of the scenario's steps come to.
    public var time: Duration?
    /// Memory that a run is granted, MiB; nil: the guest's, and what QEMU and pacctlab need besides.
    public var memoryMiB: Int?
    /// Tasks that may be in the queue or running at once.
    public var tasks = 64
    /// How often a run is submitted at most when nodes are lost under it.
    public var attempts = 3
    /// Between two looks at the queue. Slurm's people do not like to be asked more often than every few seconds.
    public var poll = Duration.seconds(10)
    /// Handed to `sbatch` as they are.
    public var extra: [String] = []

    /// Everything at its default.
    public init() {}

    private static let name = "slurm/options.json"

    /// Reads what a campaign was begun with; nil when it is not one of Slurm.
    ///
    /// - Throws: ``LabError`` when it cannot be read.
    public static func read(in campaign: FilePath) throws(LabError) -> SlurmOptions? {
        let path = campaign.pushing(FilePath(name))
        guard let data = FileManager.default.contents(atPath: path.string) else { return nil }
        do { return try JSONDecoder().decode(SlurmOptions.self, from: data) } catch {
            throw LabError(
                .badInput, "\(path) cannot be read: \(error)",
                remedy: "Another version of pacctlab wrote it. Go on with that one, or begin a new campaign.")
        }
    }

    /// Writes them into the folder of a campaign.
    public func write(in campaign: FilePath) throws {
        let path = campaign.pushing(FilePath(Self.name))
        try FileManager.default.createDirectory(
            atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
        try JSONEncoder().encode(self).write(to: URL(fileURLWithPath: path.string), options: .atomic)
    }
}
