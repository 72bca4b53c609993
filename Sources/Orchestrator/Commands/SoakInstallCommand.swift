// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import Foundation
import LabEngine
import SystemPackage

extension SoakCommand {
    /// `pacctlab soak install`: campaigns that begin by themselves.
    struct Install: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a campaign begin by itself, night by night: a timer and a service of systemd.",
            discussion: """
                Writes NAME.service and NAME.timer into the user's folder of units, has systemd-analyze check both, and \
                switches the timer on. Where the user has no systemd, it prints a line for cron instead. A campaign that \
                was cut off, by a power cut or a new kernel, goes on the next time instead of a new one.

                  pacctlab soak install module --at 20:00 --days Mon..Fri --for 11h
                  pacctlab soak install my-plan.yaml --on-calendar 'Sat *-*-* 08:00' --for 36h
                  pacctlab soak install module --at 20:00 --for 11h --print   only show them
                  pacctlab soak install module --remove
                """)
        @Argument(help: "The plan: a name or a YAML file.") var plan = "module"
        @Option(help: ArgumentHelp("The time of day it begins, as in 20:00.", valueName: "time")) var at:
            String?
        @Option(
            help: ArgumentHelp("Days of the week, as in Mon..Fri or Sat (default: all).", valueName: "days"))
        var days: String?
        @Option(
            help: ArgumentHelp("Any other time, as systemd.time(7) describes them.", valueName: "calendar"))
        var onCalendar: String?
        @Option(name: .customLong("for"), help: ArgumentHelp("How long, as in 8h.", valueName: "time"))
        var time: String?
        @Option(
            help: ArgumentHelp(
                "Folder of the module under test (default: kmod/pacct_energy).", valueName: "dir"))
        var module: String?
        @Option(help: ArgumentHelp("Where the campaigns' folders go.", valueName: "dir")) var results =
            "results"
        @OptionGroup var manners: SoakLoop.Manners
        @Flag(help: "Print the units and the line for cron, and write nothing.") var print = false
        @Flag(help: "Switch the timer off, and remove it and its service.") var remove = false

        func validate() throws {
            if remove { return }
            guard (at == nil) != (onCalendar == nil) else {
                throw ValidationError("Say when: --at 20:00, or --on-calendar.")
            }
            if days != nil, at == nil { throw ValidationError("--days goes with --at.") }
            if let at, SoakSchedule(time: at, days: days) == nil {
                throw ValidationError("--at takes a time such as 20:00, --days such as Mon..Fri or Sat.")
            }
            guard let time, Duration(text: time) != nil else {
                throw ValidationError("Say how long with --for, as in --for 8h.")
            }
        }

        func run() async throws {
            let library = SoakLibrary(home: try LabHome.find())
            let text = try library.text(of: plan)
            let (read, _) = try library.plan(text: text, file: plan)
            let folder = try Self.folder()
            let units = SoakUnits(
                name: "pacctlab-soak-\(NewFolder.plain(read.name))",
                description: "pacctlab: campaigns of the plan \(read.name)", command: try command(),
                directory: FileManager.default.currentDirectoryPath, limits: GoodNeighbour.limits)
            if remove { return try await remove(units, in: folder) }
            let schedule = at.flatMap { SoakSchedule(time: $0, days: days) }
            let calendar = schedule?.onCalendar ?? onCalendar ?? ""
            let service = units.service(niceness: Int(GoodNeighbour.niceness))
            let timer = units.timer(calendar)
            let cron = schedule?.cronLine(units)
            if print {
                Terminal.print(
                    ["# \(units.name).service", service, "# \(units.name).timer", timer]
                        + (cron.map { ["# for cron:", $0] } ?? []))
                return
            }
            try await check(units.name, service, timer)
            guard await GoodNeighbour.hasSystemd() else {
                guard let cron else {
                    throw LabError(
                        .trouble, "This user has no systemd, and cron knows no such calendar.",
                        remedy: "Use --at and --days.")
                }
                Terminal.printError("This user has no systemd. For crontab -e:\n")
                return Terminal.print([cron])
            }
            try FileManager.default.createDirectory(
                atPath: folder.string, withIntermediateDirectories: true)
            for (suffix, content) in [("service", service), ("timer", timer)] {
                let path = folder.appending("\(units.name).\(suffix)")
                try Data(content.utf8).write(to: URL(filePath: path.string), options: .atomic)
                Terminal.printError("wrote \(path)\n")
            }
            try await systemctl(["daemon-reload"])
            try await systemctl(["enable", "--now", "\(units.name).timer"])
            Terminal.print(["systemctl --user list-timers \(units.name).timer shows when it is next"])
        }

        private func command() throws -> [String] {
            let working = FilePath(FileManager.default.currentDirectoryPath)
            let executable = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            var words = [executable, "soak", "start"]
            words.append(ScenarioLibrary.isPath(plan) ? working.pushing(FilePath(plan)).string : plan)
            words += [
                "--for", time ?? "", "--or-resume", "--results", working.pushing(FilePath(results)).string,
            ]
            if let module { words += ["--module", working.pushing(FilePath(module)).string] }
            return words + manners.arguments
        }

        /// Whether systemd would take them. Where it is not installed nobody can say.
        private func check(_ name: String, _ service: String, _ timer: String) async throws {
            guard HostProgram.find("systemd-analyze") != nil else {
                return Terminal.printError("systemd-analyze is not installed: the units are not checked\n")
            }
            let folder = FileManager.default.temporaryDirectory.appending(path: "\(name)-\(getpid())")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            var paths: [String] = []
            for (suffix, content) in [("service", service), ("timer", timer)] {
                let file = folder.appending(path: "\(name).\(suffix)")
                try Data(content.utf8).write(to: file)
                paths.append(file.path)
            }
            try await HostTool(
                action: "check the units", program: "systemd-analyze",
                arguments: ["verify", "--man=no"] + paths, limit: .seconds(60)
            ).run()
        }

        private func remove(_ units: SoakUnits, in folder: FilePath) async throws {
            let paths = ["timer", "service"].map { folder.appending("\(units.name).\($0)") }
            guard paths.contains(where: { FileManager.default.fileExists(atPath: $0.string) }) else {
                throw LabError(
                    .badInput, "There is no \(units.name).timer in \(folder).",
                    remedy: "A line of cron's is removed by crontab -e.")
            }
            if await GoodNeighbour.hasSystemd() {
                try await systemctl(["disable", "--now", "\(units.name).timer"])
            }
            for path in paths { try? FileManager.default.removeItem(atPath: path.string) }
            if await GoodNeighbour.hasSystemd() { try await systemctl(["daemon-reload"]) }
            Terminal.print(["removed \(units.name)"])
        }

        private func systemctl(_ arguments: [String]) async throws {
            try await HostTool(
                action: "tell systemd of the timer", program: "systemctl",
                arguments: ["--user"] + arguments,
                limit: .seconds(60)
            ).run()
        }

        /// The user's units, see systemd.unit(5).
        private static func folder() throws -> FilePath {
            let environment = ProcessInfo.processInfo.environment
            if let set = environment["XDG_CONFIG_HOME"], set.hasPrefix("/") {
                return FilePath(set).appending("systemd/user")
            }
            return FilePath(environment["HOME"] ?? "/root").appending(".config/systemd/user")
        }
    }
}

extension SoakSchedule {
    fileprivate func cronLine(_ units: SoakUnits) -> String {
        units.cronLine(self, niceness: Int(GoodNeighbour.niceness))
    }
}
