// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import LabEngine
import RunStore
import SystemPackage

/// What makes the runs of a campaign.
enum EngineChoice: String, ExpressibleByArgument, CaseIterable {
    /// This machine.
    case local
    /// A cluster, by job arrays.
    case slurm
}

/// The options of `--engine slurm`. What is not given is as the campaign was begun with.
struct SlurmArguments: ParsableArguments {
    @Option(help: ArgumentHelp("The partition of the jobs.", valueName: "name")) var partition: String?
    @Option(help: ArgumentHelp("The account that the jobs are charged to.", valueName: "name")) var account:
        String?
    @Option(
        help: ArgumentHelp("Features that every node must have, as sbatch takes them.", valueName: "features")
    )
    var constraint: String?
    @Option(
        help: ArgumentHelp(
            "Features of nodes whose guests can have a PMU: for scenarios that use one where there is one.",
            valueName: "features"))
    var pmuConstraint: String?
    @Flag(
        help: "Every run has its node for itself. A plan can say so of a part: exclusive: true in its matrix."
    )
    var exclusive = false
    @Option(
        help: ArgumentHelp(
            "Slurm's limit for one run, as in 30m (default: from the limits of the scenario's steps).",
            valueName: "time"))
    var taskTime: String?
    @Option(
        help: ArgumentHelp("Memory of one run (default: the guest's and 512 MiB besides).", valueName: "mib"))
    var taskMemory: Int?
    @Option(help: ArgumentHelp("How often a run is submitted when its nodes are lost.", valueName: "count"))
    var attempts: Int?
    @Option(help: ArgumentHelp("Between two looks at the queue (default: 10s).", valueName: "time")) var poll:
        String?
    @Option(
        help: ArgumentHelp(
            "An option for sbatch, as in --sbatch=--reservation=lab; may be given several times.",
            valueName: "option"))
    var sbatch: [String] = []

    func validate() throws {
        for (name, text) in [("--task-time", taskTime), ("--poll", poll)] {
            if let text, Duration(text: text).map({ $0 < .seconds(1) }) ?? true {
                throw ValidationError("\(name) takes a number with a unit, at least 1s.")
            }
        }
        if let taskMemory, !(256...1_048_576).contains(taskMemory) {
            throw ValidationError("--task-memory takes 256 to 1048576 MiB.")
        }
        if let attempts, !(1...100).contains(attempts) {
            throw ValidationError("--attempts takes 1 to 100.")
        }
    }

    /// Whether there is any.
    var isGiven: Bool {
        exclusive || attempts != nil || taskMemory != nil || !sbatch.isEmpty
            || [partition, account, constraint, pmuConstraint, taskTime, poll].contains { $0 != nil }
    }

    /// What a campaign's jobs are to be like; nil when its runs are made on this machine.
    ///
    /// - Parameters:
    ///   - engine: What was asked for; nil: as the campaign was begun.
    ///   - tasks: Most tasks at once; nil: as it was.
    /// - Throws: `LabError` when that cannot be.
    func options(
        of campaign: StoredCampaign, engine: EngineChoice?, tasks: Int?
    ) throws -> SlurmOptions? {
        let folder = FilePath(campaign.directory)
        let known = try SlurmOptions.read(in: folder)
        guard engine == .slurm || (engine == nil && known != nil) else {
            if known != nil {
                throw LabError(
                    .badInput,
                    "The campaign \(campaign.id) runs on Slurm: tasks of it may be there that nobody here knows of.",
                    remedy: "Leave --engine out, or begin another campaign.")
            }
            if isGiven {
                throw LabError(
                    .badInput, "There are options for Slurm, and the runs are made on this machine.",
                    remedy: "--engine slurm makes them on a cluster.")
            }
            return nil
        }
        var options = known ?? SlurmOptions()
        options.partition = partition ?? options.partition
        options.account = account ?? options.account
        options.constraint = constraint ?? options.constraint
        options.pmuConstraint = pmuConstraint ?? options.pmuConstraint
        options.isExclusive = exclusive || options.isExclusive
        options.time = taskTime.flatMap { Duration(text: $0) } ?? options.time
        options.memoryMiB = taskMemory ?? options.memoryMiB
        options.attempts = attempts ?? options.attempts
        options.poll = poll.flatMap { Duration(text: $0) } ?? options.poll
        options.tasks = tasks ?? options.tasks
        if !sbatch.isEmpty { options.extra = sbatch }
        try options.write(in: folder)
        return options
    }
}
