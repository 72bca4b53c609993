// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import Foundation
import LabEngine
import Reports

/// `pacctlab scenario`: what can be run.
struct ScenarioCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scenario", abstract: "List and show scenarios, and check files of your own.",
        subcommands: [List.self, Show.self, Check.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the shipped scenarios.")

        func run() throws {
            let library = ScenarioLibrary(home: try LabHome.find())
            var table = TextTable(header: ["scenario", "what it does"], rightAligned: [])
            for name in try library.names() { table.add([name, try library.scenario(name).description]) }
            Terminal.print(table.lines(indent: ""))
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what a scenario does, step by step.",
            discussion: "Example: pacctlab scenario show load-loop")
        @Argument(help: "The name of a shipped scenario, or a file.") var scenario: String

        func run() throws {
            let scenario = try ScenarioLibrary(home: try LabHome.find()).scenario(scenario)
            var lines = ["\(scenario.name): \(scenario.description)"]
            if !scenario.tags.isEmpty { lines.append("tags: \(scenario.tags.joined(separator: ", "))") }
            lines += Self.lines(scenario.steps, depth: 1)
            if scenario.expectations.minimumRecords > 0 {
                lines.append("expects at least \(scenario.expectations.minimumRecords) energy records")
            }
            Terminal.print(lines)
        }

        private static func lines(_ steps: [Scenario.Step], depth: Int) -> [String] {
            steps.flatMap { step in
                let limit = step.limit.map { ", at most \($0.inSeconds.formatted()) s" } ?? ""
                let background = step.background ? ", as long as the others" : ""
                return ["\(String(repeating: "  ", count: depth))\(step.name)\(background)\(limit)"]
                    + lines(step.action.members, depth: depth + 1)
            }
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
