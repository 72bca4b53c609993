// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import Foundation
import LabEngine
import Reports
import Synchronization
import SystemPackage

/// `pacctlab canaries`: does the lab notice what it claims to notice?
struct CanariesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "canaries",
        abstract: "Run modules that misbehave on purpose, and check that each is caught.",
        discussion: """
            Each canary breaks pacct_energy's rules, or the kernel, in one way, in a guest of its own. It is caught when \
            the first finding has the right class, names the line that is to blame where there is one, and the rule \
            that was broken. One that gets through means that the lab cannot be trusted.

              pacctlab canaries                       all of them
              pacctlab canaries sleep_in_switch abba
              pacctlab canaries --variant release --jobs 4
              pacctlab canaries --list                what there is

            The list is kmod/canaries/canaries.yaml. Variants whose kernel is not built yet are built first.
            """)

    /// What a guest with a debug kernel needs on the host, MiB: its memory, and QEMU's own.
    private static let memoryOfJob: UInt64 = 768

    @Argument(help: "Canaries (default: all).") var names: [String] = []
    @Option(help: "Only those of this variant: \(KernelOptions.variantHelp). May be given several times.")
    var variant: [String] = []
    @Option(help: "Guests at once (default: as many as this machine has cores and memory for).") var jobs:
        Int?
    @Option(help: "Seed of every run.") var seed: UInt64 = 1
    @Flag(help: "Boot the guest for each run, instead of restoring it from a snapshot.") var cold = false
    @Option(help: ArgumentHelp("Where run folders go.", valueName: "dir")) var results = "results/canaries"
    @Flag(help: "Print one JSON document on standard output, and nothing else.") var json = false
    @Flag(help: "List the canaries, and run none.") var list = false

    func validate() throws {
        if let jobs, !(1...64).contains(jobs) { throw ValidationError("--jobs takes 1 to 64.") }
    }

    func run() async throws {
        let home = try LabHome.find()
        let table = try CanaryTable(home: home)
        let chosen = try table.selected(names: names, variants: variant)
        let text = CanaryText(style: TerminalStyle(colour: Terminal.colour))
        if list { return Terminal.print(text.list(chosen)) }
        let report = try await report(on: chosen, table)
        Terminal.print(json ? [try report.contractJSON()] : text.lines(report))
        if report.verdict != .passed { throw ExitCode(report.verdict.exitStatus) }
    }

    private func report(on chosen: [Canary], _ table: CanaryTable) async throws -> CanariesReport {
        let view = ProgressView()
        let emergency = Emergency()
        var configuration = Lab.Configuration()
        configuration.onCompleted = RunPages.writerOfFailures
        configuration.progress = view.progress
        configuration.logger.logLevel = .warning
        let lines = CanaryProgress(all: chosen.count)
        return try await Interruption.guarding(impatient: { emergency.killAll() }) { [configuration] in
            let clock = ContinuousClock()
            var results: [CanaryResult] = []
            // Children count once they have ended: the guests do when the lab is closed.
            let (duration, builds) = try await Lab.with(configuration) { lab in
                emergency.watch(lab)
                let runner = CanaryRunner(
                    lab: lab, table: table, request: request, jobs: jobs ?? Self.defaultJobs)
                for variant in Set(chosen.map(\.variant)).sorted() { try await runner.prepare(variant) }
                view.finish()
                let before = CPUTime.used
                let start = clock.now
                results = try await runner.run(chosen) { lines.take($0) }
                return (start.duration(to: clock.now), before)
            }
            return CanariesReport(
                canaries: results, wanted: chosen.count, duration: duration, cpu: CPUTime.used - builds)
        }
    }

    private var request: RunRequest {
        let working = FilePath(FileManager.default.currentDirectoryPath)
        var request = RunRequest(module: working, results: working.pushing(FilePath(results)))
        request.seed = seed
        request.boot = cold ? .cold : .restored
        return request
    }

    private static var defaultJobs: Int {
        let memory = Int(ProcessInfo.processInfo.physicalMemory >> 20 / memoryOfJob)
        return max(1, min(ProcessInfo.processInfo.activeProcessorCount, memory / 2))
    }
}

/// One line on standard error for each canary that has come to its end.
private final class CanaryProgress: Sendable {
    private let all: Int
    private let done = Mutex(0)
    private let text = CanaryText(style: TerminalStyle(colour: Terminal.errorColour))

    init(all: Int) { self.all = all }

    func take(_ event: CanaryRunner.Event) {
        guard case .finished(let result) = event else { return }
        // Held while the line is written, so that lines come in the order of their numbers.
        done.withLock { done in
            done += 1
            Terminal.printError(text.progress(result, done: done, of: all) + "\n")
        }
    }
}

/// CPU time of this process and of its children that have ended. QEMU's are among them: pacctlab adopts them.
enum CPUTime {
    static var used: Duration { used(by: RUSAGE_SELF) + used(by: RUSAGE_CHILDREN) }

    private static func used(by who: __rusage_who) -> Duration {
        var usage = rusage()
        guard getrusage(__rusage_who_t(who.rawValue), &usage) == 0 else { return .zero }
        return [usage.ru_utime, usage.ru_stime].reduce(.zero) {
            $0 + .seconds($1.tv_sec) + .microseconds($1.tv_usec)
        }
    }
}
