// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import Foundation
import LabEngine
import Reports
import RunStore
import SystemPackage

/// The process of a campaign: holds its lock, gives way to others on the machine, and runs it.
struct SoakLoop {
    struct Options: ParsableArguments {
        @Option(
            help: ArgumentHelp(
                "Guests at once, or with Slurm tasks in its queue: a number, or auto.", valueName: "count"))
        var jobs = "auto"
        @Option(
            help: ArgumentHelp(
                "What makes the runs: local, this machine; slurm, a cluster (default: local, or as it was begun).",
                valueName: "engine"))
        var engine: EngineChoice?
        @OptionGroup(title: "With --engine slurm") var slurm: SlurmArguments
        @Option(help: "What runs the guests: auto takes KVM where it truly works.")
        var accel = RunRequest.AcceleratorChoice.auto
        @Flag(help: "Print one JSON document on standard output, and nothing else.") var json = false

        func validate() throws {
            guard jobs == "auto" || Int(jobs).map({ (1...256).contains($0) }) == true else {
                throw ValidationError("--jobs takes 1 to 256, or auto.")
            }
        }
    }

    /// As nice as can be: QEMU and compilers inherit it. Somebody who works on the machine comes first.
    private static let niceness: Int32 = 15

    let library: SoakLibrary
    let store: RunStore
    let how: Options

    func run(_ campaign: StoredCampaign) async throws {
        guard let lock = try library.lock(campaign) else {
            throw LabError(
                .trouble, "The campaign \(campaign.id) is being run by another process.",
                remedy: "pacctlab soak status \(campaign.id) shows how it stands.")
        }
        defer { withExtendedLifetime(lock) {} }
        let jobs = Int(how.jobs)
        let slurm = try how.slurm.options(of: campaign, engine: how.engine, tasks: jobs)
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceness)
        let (plan, matrix) = try library.plan(text: campaign.plan, file: campaign.planFile)
        var request = RunRequest(module: FilePath(campaign.module), results: FilePath(campaign.directory))
        request.accelerator = how.accel
        // A replay says what a dump would.
        request.dump = .never
        var configuration = Lab.Configuration()
        configuration.onCompleted = RunPages.writer
        configuration.logger.logLevel = .warning
        let emergency = Emergency()
        let text = SoakText(style: TerminalStyle(colour: Terminal.errorColour))
        Terminal.printError("campaign \(campaign.id)\n")
        _ = try await Interruption.guarding(impatient: { emergency.killAll() }) {
            [configuration, request, store] in
            try await Lab.with(configuration) { lab in
                emergency.watch(lab)
                let engine: any SoakEngine =
                    if let slurm {
                        SlurmRunner(
                            lab: lab, store: store, campaign: campaign.id, plan: plan, matrix: matrix,
                            request: request, options: slurm, pacctlab: try Self.executable())
                    } else {
                        SoakRunner(
                            lab: lab, store: store, campaign: campaign.id, plan: plan, matrix: matrix,
                            request: request, jobs: jobs)
                    }
                return try await engine.run { event in
                    switch event {
                    case .ran(let cell, let run, let done):
                        Terminal.printError(text.ran(cell, run, done: done) + "\n")
                    case .found(let signature, let run):
                        Terminal.printError(text.found(signature, run) + "\n")
                    case .paused: Terminal.printError("paused; pacctlab soak resume goes on\n")
                    case .trouble(let cell, let reason): Terminal.printError("\(cell): \(reason)\n")
                    }
                }
            }
        }
        guard let now = try store.campaign(campaign.id) else { return }
        var standing = try library.standing(now, in: store)
        // Its lock is ours, until we are gone.
        standing.isAlive = false
        try Self.publish(standing, json: how.json)
    }

    /// This very command, for the nodes of a cluster.
    private static func executable() throws -> FilePath {
        FilePath(try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    }

    static func publish(_ standing: SoakStanding, json: Bool) throws {
        let text = SoakText(style: TerminalStyle(colour: Terminal.colour))
        Terminal.print(json ? [try standing.contractJSON()] : text.lines(standing))
        if standing.verdict != .passed { throw ExitCode(standing.verdict.exitStatus) }
    }
}
