// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import LabEngine
import Reports

/// `pacctlab scenario`: what can be run.
struct ScenarioCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scenario", abstract: "List the shipped scenarios, and check files of your own.",
        subcommands: [List.self, Check.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the shipped scenarios.")

        func run() throws {
            let library = ScenarioLibrary(home: try LabHome.find())
            var table = TextTable(header: ["scenario", "what it does"], rightAligned: [])
            for name in try library.names() { table.add([name, try library.scenario(name).description]) }
            Terminal.print(table.lines(indent: ""))
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check scenario files without running them.",
            discussion: "Mistakes are printed as file:line:column: message, the form that editors jump to.")
        @Argument(help: "Scenario files, or names of shipped ones.") var scenarios: [String]

        func run() throws {
            let library = ScenarioLibrary(home: try LabHome.find())
            for name in scenarios { _ = try library.scenario(name) }
            Terminal.print(["\(scenarios.count == 1 ? "it is" : "they are") fine"])
        }
    }
}
