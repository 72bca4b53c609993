// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import Foundation
import LabEngine
import Reports
import SystemPackage

/// `pacctlab bench`: what a module costs.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure what a module costs.", subcommands: [Overhead.self])

    struct Overhead: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Count the instructions that a module adds to a context switch and to a fork.",
            discussion: """
                Measures the kernel by itself, then with the module under test, then with each --baseline, at several \
                numbers of sleeping tasks. Every one has a guest of its own with one CPU under QEMU's translator, \
                whose clock counts instructions: figures are exact, and the same again with the same --seed. Another \
                seed moves a switch by a few instructions in a thousand, a fork by one in a hundred.

                  context switch  half a round trip of a byte through two pipes, median of 1,000. Both tasks are \
                real-time, so that no other thread runs in between: what is put off to threads is not in it. The \
                measured tasks are born in the middle of the crowd.
                  fork            vfork, exit and wait of a child that does nothing, median of 384, measured alike; \
                it has two switches in it
                  ... put off     average of a loop of forks by an ordinary task for 250 ms of the guest's time, less \
                the background: counters made in a workqueue, records, frees
                  background      taken in each millisecond from a task that only computes: timer interrupts and \
                what threads do all the time. The guest's clock is slow (125 instructions a microsecond): a real \
                machine does as many instructions, in a tenth of the time or less.
                  memory          growth of the slab allocators with each sleeping task

                Counters are simulated; reading one is in the figures as the simulation's work, which is not that of \
                reading a real one. The agent does not read records meanwhile, and the console is quiet.

                  pacctlab bench overhead
                  pacctlab bench overhead --baseline kmod/baseline --baseline-parameters log_records=0
                  pacctlab bench overhead --tasks 10,1000 --parameters scope=cpu --json
                  pacctlab bench overhead --module ~/my_module --baseline kmod/pacct_energy

                Exit status 0 when every figure is there; 1 when a module crashed or did not build, load or unload; \
                3 when the lab could not measure. How large a figure is does not decide it.
                """)

        @OptionGroup var options: MeasuringOptions
        @Option(help: "Numbers of sleeping tasks, with commas between them.") var tasks = "10,100,1000,10000"
        @Option(
            help: ArgumentHelp(
                """
                What to load the module with; may be given several times, each is measured. (default for \
                kmod/pacct_energy: both scopes, without printing; nothing otherwise)
                """, valueName: "text"))
        var parameters: [String] = []
        @Option(help: ArgumentHelp("Folder of a module to compare with; repeatable.", valueName: "dir"))
        var baseline: [String] = []
        @Option(help: ArgumentHelp("What to load each baseline with.", valueName: "text"))
        var baselineParameters = ""
        @Option(
            help: ArgumentHelp("Where the plot goes (default: overhead.svg in --results).", valueName: "svg"))
        var plot: String?

        /// The module of the house: both ways to count, and no lines in the kernel log, whose price is known.
        private static let houseParameters = ["scope=cpu log_records=0", "scope=task log_records=0"]

        func validate() throws {
            guard let sizes, !sizes.isEmpty else {
                throw ValidationError("--tasks takes numbers from 1 to 30000, as in 10,100,1000.")
            }
        }

        private var sizes: [Int]? {
            let words = tasks.split(separator: ",", omittingEmptySubsequences: false)
            let numbers = words.compactMap { Int($0) }.filter { (1...30_000).contains($0) }
            return numbers.count == words.count ? Set(numbers).sorted() : nil
        }

        func run() async throws {
            let view = ProgressView()
            defer { view.finish() }
            let home = try LabHome.find()
            let run = try options.request(home: home)
            let request = OverheadBench.Request(
                run: run, subjects: subjects(run.module), sizes: sizes ?? [])
            let json = options.json
            let style = TerminalStyle(colour: Terminal.colour)
            let configuration = options.configuration(view)
            let emergency = Emergency()
            let report = try await Interruption.guarding(impatient: { emergency.killAll() }) {
                try await Lab.with(configuration) { lab in
                    emergency.watch(lab)
                    return try await OverheadBench(lab: lab).run(request) { row in
                        view.finish()
                        if !json && row.run.verdict != .passed {
                            Terminal.print(TerminalReport(style: style).lines(row.run, records: []) + [""])
                        }
                    }
                }
            }
            let path = MeasuringOptions.absolute(plot) ?? run.results.appending("overhead.svg")
            try write(OverheadPlot(report).svg, to: path)
            Terminal.print(
                json
                    ? [try report.contractJSON()]
                    : OverheadTable(style: style).lines(report) + ["", "plot  \(path)"])
            if report.verdict != .passed { throw ExitCode(report.verdict.exitStatus) }
        }

        private func subjects(_ module: FilePath) -> [OverheadSubject] {
            let sets = parameters.isEmpty ? (options.module == nil ? Self.houseParameters : [""]) : parameters
            return sets.map { OverheadSubject(module: module, parameters: $0) }
                + baseline.compactMap { MeasuringOptions.absolute($0) }
                .map { OverheadSubject(module: $0, parameters: baselineParameters) }
        }

        private func write(_ text: String, to path: FilePath) throws {
            do {
                try Data(text.utf8).write(to: URL(fileURLWithPath: path.string), options: .atomic)
            } catch {
                throw LabError(
                    .trouble,
                    "The plot \(path) cannot be written: \((error as NSError).localizedDescription)",
                    remedy: "Name another place with --plot.")
            }
        }
    }
}
