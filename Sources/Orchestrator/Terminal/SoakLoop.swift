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

        /// The same on a command line.
        var arguments: [String] {
            ["--jobs", jobs, "--accel", accel.rawValue] + (json ? ["--json"] : [])
        }

        func validate() throws {
            guard jobs == "auto" || Int(jobs).map({ (1...256).contains($0) }) == true else {
                throw ValidationError("--jobs takes 1 to 256, or auto.")
            }
        }
    }

    /// What a campaign keeps to, whoever runs it.
    struct Manners: ParsableArguments {
        @Option(
            help: ArgumentHelp(
                "Begin no run at these times of day, as in 08:00-18:00; several with commas between them.",
                valueName: "hours"))
        var quietHours: String?
        @Option(
            help: ArgumentHelp(
                "A line for the shell that is run for the first run of every bug, and at the end: $1 is a JSON file that tells.",
                valueName: "command"))
        var notify: String?
        @Option(
            help: ArgumentHelp("An address that the same JSON is posted to.", valueName: "url"))
        var webhook: String?

        func validate() throws {
            if let quietHours, QuietHours(text: quietHours) == nil {
                throw ValidationError(
                    "--quiet-hours takes times such as 08:00-18:00, and must leave some of the day.")
            }
            if let webhook, !(webhook.hasPrefix("https://") || webhook.hasPrefix("http://")) {
                throw ValidationError("--webhook takes an address that begins with https:// or http://.")
            }
        }

        /// The same on a command line.
        var arguments: [String] {
            [("--quiet-hours", quietHours), ("--notify", notify), ("--webhook", webhook)].flatMap {
                name, value in value.map { [name, $0] } ?? []
            }
        }
    }

    let library: SoakLibrary
    let store: RunStore
    let how: Options

    /// Lets another process run it, which outlives this one.
    func detach(_ campaign: StoredCampaign) async throws {
        // The other process finds them in the campaign's folder.
        _ = try options(of: campaign)
        try await Detached.start(campaign, how.arguments, library: library)
        Terminal.print([
            "campaign \(campaign.id) runs in the background",
            "  pacctlab soak status \(campaign.id)   how it stands",
            "  pacctlab soak stop \(campaign.id)     ends it",
            "  \(campaign.directory)/\(Detached.logName)",
        ])
    }

    func run(_ campaign: StoredCampaign) async throws {
        let slurm = try options(of: campaign)
        // Before anything is open: it may begin anew.
        for problem in await GoodNeighbour.begin(again: ["soak", "resume", campaign.id] + how.arguments) {
            Terminal.printError(problem + "\n")
        }
        guard let lock = try library.lock(campaign) else {
            throw LabError(
                .trouble, "The campaign \(campaign.id) is being run by another process.",
                remedy: "pacctlab soak status \(campaign.id) shows how it stands.")
        }
        defer { withExtendedLifetime(lock) {} }
        let jobs = Int(how.jobs)
        let notifier = SoakNotifier(campaign: campaign)
        let (news, feed) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
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
                async let following: Void = notifier.follow(news, in: store, onProblem: Self.complain)
                // What an earlier process did not come to.
                feed.yield()
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
                let reason = try await engine.run { event in
                    switch event {
                    case .ran(let cell, let run, let done):
                        Terminal.printError(text.ran(cell, run, done: done) + "\n")
                    case .found(let signature, let run):
                        Terminal.printError(text.found(signature, run) + "\n")
                        feed.yield()
                    case .resting(let rest): Terminal.printError(text.resting(rest) + "\n")
                    case .trouble(let cell, let reason): Terminal.printError("\(cell): \(reason)\n")
                    }
                }
                feed.finish()
                await following
                return reason
            }
        }
        guard let now = try store.campaign(campaign.id) else { return }
        var standing = try library.standing(now, in: store)
        // Its lock is ours, until we are gone.
        standing.isAlive = false
        if now.state == .ended { await notifier.finish(standing, in: store, onProblem: Self.complain) }
        try Self.publish(standing, json: how.json)
    }

    /// This very command, for the nodes of a cluster.
    private static func executable() throws -> FilePath {
        FilePath(try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    }

    /// What Slurm is asked for; nil for runs on this machine.
    private func options(of campaign: StoredCampaign) throws -> SlurmOptions? {
        try how.slurm.options(of: campaign, engine: how.engine, tasks: Int(how.jobs))
    }

    private static let complain: @Sendable (String) -> Void = { Terminal.printError($0 + "\n") }

    static func publish(_ standing: SoakStanding, json: Bool) throws {
        let text = SoakText(style: TerminalStyle(colour: Terminal.colour))
        Terminal.print(json ? [try standing.contractJSON()] : text.lines(standing))
        if standing.verdict != .passed { throw ExitCode(standing.verdict.exitStatus) }
    }
}
