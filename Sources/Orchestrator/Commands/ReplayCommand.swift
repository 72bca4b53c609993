// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import Foundation
import LabEngine
import Reports
import SystemPackage

/// `pacctlab replay`: the same run once more.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Do a run again, and say whether it was identical.",
        discussion: """
            A run's folder is enough: it has the job, byte for byte, and says which kernel, image and machine it was. \
            These come from the cache, as they were then, whatever the sources say by now. Console, kernel log, \
            ledger and energy records are compared byte by byte; where they differ, the first line that does is shown.

              pacctlab replay latest
              pacctlab replay results/20261125-...-smoke-release-s7

            With --gdb the guest is one that a debugger looks into, as often and as long as you like: its clock stands \
            still with it. gdb has the symbols of the kernel and of each module where the guest loads it. It stops \
            before the instruction that crashed, if the run crashed and the report names one; else where the kernel \
            begins to report; else before the job begins. Its "threads" are the guest's CPUs.

              pacctlab replay latest --gdb                          just before the crash
              pacctlab replay latest --gdb --at pacct_exit_hook     at a function, of the kernel or of a module
              pacctlab replay latest --gdb --at-time 2.5            at the first timer interrupt from 2.5 s on
              pacctlab replay latest --gdb -c bt -c 'info locals'   gdb's commands instead of a prompt
              pacctlab replay latest --gdb --command look.gdb       a file of such commands

            At the end it says whether the guest's console was, as far as it got, that of the run.

            Exit status 0 when it was identical, 1 when it was not, 2 when there is no such run, 3 when it could not be \
            done again. With --gdb, 3 also when gdb did not get there. Runs under KVM cannot be replayed.
            """)

    @Argument(help: "The run: its folder, its id, or \"latest\".") var run: String
    @Flag(help: "Look into the guest with gdb.") var gdb = false
    @Option(help: ArgumentHelp("With --gdb: stop at this function.", valueName: "symbol")) var at: String?
    @Option(
        help: ArgumentHelp(
            "With --gdb: stop at this time of the guest's clock, as in the kernel log.", valueName: "seconds")
    )
    var atTime: Double?
    @Option(
        name: .customShort("c"),
        help: ArgumentHelp("With --gdb: do this instead of showing a prompt. Repeatable.", valueName: "text"))
    var snippets: [String] = []
    @Option(
        help: ArgumentHelp(
            "With --gdb: a file of gdb's commands, done before those of -c.", valueName: "file"))
    var command: String?
    @Flag(help: "Print one JSON document on standard output, and nothing else.") var json = false
    @Option(help: ArgumentHelp("Where run folders are, and where the new one goes.", valueName: "dir"))
    var results = "results"

    func validate() throws {
        if !gdb, at != nil || atTime != nil || command != nil || !snippets.isEmpty {
            throw ValidationError("--at, --at-time, --command and -c go with --gdb.")
        }
        if gdb, json { throw ValidationError("--json does not go with --gdb, which has the terminal.") }
        if at != nil, atTime != nil { throw ValidationError("--at and --at-time exclude each other.") }
        if let at, at.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_.]*/) == nil {
            throw ValidationError("--at takes the name of a function.")
        }
        if let atTime, !(0...1e9).contains(atTime) {
            throw ValidationError("--at-time takes seconds, as in 2.5.")
        }
        if let command, !FileManager.default.isReadableFile(atPath: command) {
            throw ValidationError("--command: \(command) cannot be read.")
        }
    }

    func run() async throws {
        let view = ProgressView()
        defer { view.finish() }
        let working = FilePath(FileManager.default.currentDirectoryPath)
        let results = working.pushing(FilePath(results))
        let past = try PastRun(folder: RunFolders.find(run, results: results, working: working))
        var configuration = Lab.Configuration()
        configuration.onCompleted = RunPages.writer
        configuration.progress = view.progress
        configuration.logger.logLevel = .warning
        if gdb { return try await debug(past, configuration, view) }
        let report = try await inLab(configuration) { lab in try await lab.replay(past, results: results) }
        view.finish()
        let text = ReplayText(style: TerminalStyle(colour: Terminal.colour))
        Terminal.print(json ? [try report.contractJSON()] : text.lines(report))
        if report.verdict != .passed { throw ExitCode(report.verdict.exitStatus) }
    }

    private func debug(_ past: PastRun, _ configuration: Lab.Configuration, _ view: ProgressView) async throws
    {
        let moment =
            at.map { ReplayMoment.symbol($0) } ?? atTime.map { .time(.seconds($0)) } ?? past.momentOfInterest
        let commands = (command.map { ["source \($0)"] } ?? []) + snippets
        let shield = InterruptionShield()
        let ending = try await inLab(configuration, shield: shield) { lab in
            try await lab.debug(past, at: moment, commands: commands) { isTaken in
                view.finish()
                isTaken ? shield.raise() : shield.lower()
            }
        }
        view.finish()
        Terminal.printError(
            ReplayText(style: TerminalStyle(colour: Terminal.errorColour)).line(ending) + "\n")
        if ending.difference != nil { throw ExitStatus.failed.code }
        if ending.status != 0 { throw ExitStatus.inconclusive.code }
    }

    private func inLab<Output: Sendable>(
        _ configuration: Lab.Configuration, shield: InterruptionShield? = nil,
        _ work: @escaping @Sendable (Lab) async throws -> Output
    ) async throws -> Output {
        let emergency = Emergency()
        return try await Interruption.guarding(impatient: { emergency.killAll() }, shield: shield) {
            try await Lab.with(configuration) { lab in
                emergency.watch(lab)
                return try await work(lab)
            }
        }
    }
}
