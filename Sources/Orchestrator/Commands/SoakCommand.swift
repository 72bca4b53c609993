// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import Foundation
import LabEngine
import Reports
import RunStore
import SystemPackage

/// `pacctlab soak`: runs round the clock.
struct SoakCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "soak",
        abstract: "Run scenarios round the clock, with a statistic of what fails.",
        discussion: """
            A plan is a shipped one by its name (soaks/), or a YAML file: a matrix as in a suite, with weights, a disk budget, \
            and what pacctlab gate demands. Every run is stored before the next takes its place: after Ctrl-C, SIGKILL or \
            a power cut, resume goes on where it was.

              pacctlab soak start module --for 8h
              pacctlab soak start my-plan.yaml --until-confident 1%
              pacctlab soak status               how the last campaign stands
              pacctlab soak pause                from another terminal; resume goes on
              pacctlab soak extend --for 2h
              pacctlab soak start module --for 8h --engine slurm --partition lab      on a cluster
              pacctlab soak start module --for 8h --detach --quiet-hours 08:00-18:00 --notify 'mail -s soak me < $1'
              pacctlab soak install module --at 20:00 --for 11h     every night by itself
              pacctlab gate module               may the module go on the lab machine?
            """,
        subcommands: [
            Start.self, Status.self, Resume.self, Pause.self, Stop.self, Extend.self, List.self, Install.self,
        ])

    /// Which campaign.
    struct Choice: ParsableArguments {
        @Argument(help: "The campaign's id (default: the youngest).") var campaign: String?

        func find(in store: RunStore) throws -> StoredCampaign {
            let all = try store.campaigns()
            guard let campaign else {
                guard let youngest = all.first else {
                    throw LabError(
                        .badInput, "There is no campaign yet.", remedy: "pacctlab soak start begins one.")
                }
                return youngest
            }
            guard let found = all.first(where: { $0.id == campaign }) else {
                throw LabError(
                    .badInput, "There is no campaign \(campaign).", remedy: "pacctlab soak list shows them.")
            }
            return found
        }
    }

    /// When a campaign ends.
    struct Limits: ParsableArguments {
        @Option(name: .customLong("for"), help: ArgumentHelp("How long, as in 90m or 8h.", valueName: "time"))
        var time: String?
        @Option(help: ArgumentHelp("How many runs.", valueName: "count")) var runs: Int?

        var duration: Duration? { time.flatMap { Duration(text: $0) } }

        func validate() throws {
            if time != nil, duration == nil {
                throw ValidationError("--for takes a number with a unit, as in 8h.")
            }
            if let runs, runs < 1 { throw ValidationError("--runs takes a whole number, at least 1.") }
        }
    }

    struct Start: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Begin a campaign.")
        @Argument(help: "The plan: a name or a YAML file.") var plan = "module"
        @OptionGroup var limits: Limits
        @Flag(help: "End with the first failure.") var untilFailure = false
        @Option(
            help: ArgumentHelp(
                "End when every cell's failure rate is below this with 95 % confidence, as in 1%.",
                valueName: "share"))
        var untilConfident: String?
        @Option(
            help: ArgumentHelp(
                "Folder of the module under test (default: kmod/pacct_energy).", valueName: "dir"))
        var module: String?
        @Option(help: ArgumentHelp("Where the campaign's folder goes.", valueName: "dir")) var results =
            "results"
        @OptionGroup var manners: SoakLoop.Manners
        @Flag(help: "Go on with an unfinished campaign of the plan, if there is one.") var orResume = false
        @Flag(help: "Run it in the background, beyond this terminal.") var detach = false
        @OptionGroup var how: SoakLoop.Options

        func validate() throws {
            if let untilConfident, Share(text: untilConfident) == nil {
                throw ValidationError("--until-confident takes a share, as in 1%.")
            }
            if how.engine != .slurm, how.slurm.isGiven {
                throw ValidationError("There are options for Slurm: --engine slurm goes with them.")
            }
            guard limits.time != nil || limits.runs != nil || untilFailure || untilConfident != nil else {
                throw ValidationError(
                    "Say when it ends: --for, --runs, --until-failure or --until-confident.")
            }
        }

        func run() async throws {
            let home = try LabHome.find()
            let library = SoakLibrary(home: home)
            let working = FilePath(FileManager.default.currentDirectoryPath)
            let text = try library.text(of: plan)
            let file =
                ScenarioLibrary.isPath(plan) ? working.pushing(FilePath(plan)).string : "soaks/\(plan).yaml"
            let (read, matrix) = try library.plan(text: text, file: file)
            let store = try library.store()
            let loop = SoakLoop(library: library, store: store, how: how)
            if orResume, let open = try library.unfinished(read.name, in: store) {
                try store.change(open.id) { $0.state = .running }
                return try await detach ? loop.detach(open) : loop.run(open)
            }
            let folder = try NewFolder.make(
                in: working.pushing(FilePath(results)), "soak-\(NewFolder.plain(read.name))")
            var campaign = StoredCampaign(
                id: folder.lastComponent?.string ?? "", name: read.name, plan: text, planFile: file,
                module: (module.map { working.pushing(FilePath($0)) }
                    ?? home.root.appending("kmod/pacct_energy")).string,
                directory: folder.string,
                endsAt: limits.duration.map { Date.now.timeIntervalSince1970 + $0.inSeconds },
                maxRuns: limits.runs,
                untilFailure: untilFailure, confidence: untilConfident.flatMap { Share(text: $0)?.value })
            (campaign.quietHours, campaign.command) = (manners.quietHours, manners.notify)
            campaign.webhook = manners.webhook
            try library.begin(campaign, read, matrix, in: store)
            try await detach ? loop.detach(campaign) : loop.run(campaign)
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Go on with a campaign that was paused, killed or interrupted.")
        @OptionGroup var choice: Choice
        @Flag(help: "Run it in the background, beyond this terminal.") var detach = false
        @OptionGroup var how: SoakLoop.Options

        func run() async throws {
            let library = SoakLibrary(home: try LabHome.find())
            let store = try library.store()
            let campaign = try choice.find(in: store)
            guard campaign.state != .ended else {
                throw LabError(
                    .badInput, "The campaign \(campaign.id) has ended: \(campaign.reason ?? "").",
                    remedy: "pacctlab soak extend gives it more time or runs.")
            }
            try store.change(campaign.id) { $0.state = .running }
            if try library.lock(campaign) == nil {
                return Terminal.print(["\(campaign.id) goes on in the process that has it"])
            }
            let loop = SoakLoop(library: library, store: store, how: how)
            try await detach ? loop.detach(campaign) : loop.run(campaign)
        }
    }

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say how a campaign stands.",
            discussion: "Exit status 0 when every cell has shown its rate, 1 with any failure, 3 before that."
        )
        @OptionGroup var choice: Choice
        @Flag(help: "Print one JSON document on standard output, and nothing else.") var json = false

        func run() throws {
            let library = SoakLibrary(home: try LabHome.find())
            let store = try library.store()
            let standing = try library.standing(try choice.find(in: store), in: store)
            try SoakLoop.publish(standing, json: json)
        }
    }

    struct Pause: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Begin no more runs until it is resumed.")
        @OptionGroup var choice: Choice
        func run() throws { try change(choice, to: .paused) }
    }

    struct Stop: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a campaign when what runs is over.")
        @OptionGroup var choice: Choice
        func run() throws { try change(choice, to: .stopping) }
    }

    struct Extend: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a campaign more time or more runs, from now on.")
        @OptionGroup var choice: Choice
        @OptionGroup var limits: Limits

        func validate() throws {
            if limits.time == nil, limits.runs == nil {
                throw ValidationError("Say by what: --for or --runs.")
            }
        }

        func run() throws {
            let store = try SoakLibrary(home: try LabHome.find()).store()
            let campaign = try choice.find(in: store)
            let done = try store.counts(of: campaign.id).reduce(0) {
                $0 + $1.passed + $1.failed + $1.inconclusive
            }
            let (seconds, runs) = (limits.duration?.inSeconds, limits.runs)
            try store.change(campaign.id) { campaign in
                let now = Date.now.timeIntervalSince1970
                if let seconds { campaign.endsAt = max(now, campaign.endsAt ?? now) + seconds }
                if let runs { campaign.maxRuns = max(done, campaign.maxRuns ?? done) + runs }
                // What has ended waits to be resumed.
                if campaign.state == .ended { (campaign.state, campaign.reason) = (.paused, nil) }
            }
            Terminal.print(["extended \(campaign.id)"])
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the campaigns.")
        func run() throws {
            let store = try SoakLibrary(home: try LabHome.find()).store()
            Terminal.print(
                SoakText(style: TerminalStyle(colour: Terminal.colour)).list(try store.campaigns()))
        }
    }

    private static func change(_ choice: Choice, to state: StoredCampaign.State) throws {
        let library = SoakLibrary(home: try LabHome.find())
        let store = try library.store()
        let campaign = try choice.find(in: store)
        guard campaign.state != .ended else {
            throw LabError(.badInput, "The campaign \(campaign.id) has ended: \(campaign.reason ?? "").")
        }
        let isAlive = try library.lock(campaign) == nil
        try store.change(campaign.id) { campaign in
            campaign.state = !isAlive && state == .stopping ? .ended : state
            if campaign.state == .ended { campaign.reason = "stopped" }
        }
        Terminal.print(["\(campaign.id): \(state.rawValue)"])
    }
}

/// `pacctlab gate`: may the module go on the lab machine?
struct GateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gate",
        abstract: "Answer go or no-go for a module, from a campaign and a written policy.",
        discussion: """
            The policy is the part "gate" of the plan: the failure rate that every cell must have shown to be below with 95 % \
            confidence, how many runs there must be, and on which variants. Only runs of the module as it is now count; any \
            failure is a no-go, and in doubt there is no go.

              pacctlab gate module
              pacctlab gate module --campaign 20261125-...-soak-module --json

            Exit status 0 for go, 1 for no-go, 3 when there is not enough evidence.
            """)

    @Argument(help: "The plan with the policy: a name or a YAML file.") var plan = "module"
    @Option(help: ArgumentHelp("The campaign (default: the youngest of that plan).", valueName: "id"))
    var campaign: String?
    @Flag(help: "Print one JSON document on standard output, and nothing else.") var json = false

    func run() async throws {
        let library = SoakLibrary(home: try LabHome.find())
        let store = try library.store()
        let (read, matrix) = try library.plan(
            text: try library.text(of: plan), file: ScenarioLibrary.isPath(plan) ? plan : "soaks/\(plan).yaml"
        )
        let candidates = try store.campaigns().filter { found in
            campaign.map { found.id == $0 } ?? (found.name == read.name)
        }
        guard let found = candidates.first else {
            throw LabError(
                .trouble, "There is no campaign of the plan \(read.name): nothing is known of the module.",
                remedy: "pacctlab soak start \(plan) --for 8h begins one.")
        }
        let view = ProgressView()
        defer { view.finish() }
        var configuration = Lab.Configuration()
        configuration.progress = view.progress
        configuration.logger.logLevel = .warning
        let emergency = Emergency()
        let request = RunRequest(module: FilePath(found.module), results: FilePath(found.directory))
        let gate = try await Interruption.guarding(impatient: { emergency.killAll() }) { [configuration] in
            try await Lab.with(configuration) { lab in
                emergency.watch(lab)
                return try await Gate.judge(found, read, matrix, request: request, lab: lab, store: store)
            }
        }
        view.finish()
        let text = SoakText(style: TerminalStyle(colour: Terminal.colour))
        Terminal.print(json ? [try gate.contractJSON()] : text.lines(gate))
        if gate.verdict != .passed { throw ExitCode(gate.verdict.exitStatus) }
    }
}
