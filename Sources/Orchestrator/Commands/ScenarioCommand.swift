// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import Foundation
import LabEngine
import Reports

/// `pacctlab scenario`: what can be run.
struct ScenarioCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scenario",
        abstract: "List and show scenarios, check files of your own, begin a new one.",
        discussion: """
            A scenario is a YAML file: what to do in a guest, and what must hold.

              pacctlab scenario new mine           mine.yaml, with a comment on everything; it runs as it is
              pacctlab run mine.yaml
              pacctlab scenario check mine.yaml    all mistakes, with their places
            """,
        subcommands: [List.self, Show.self, Check.self, New.self, Schema.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the shipped scenarios.",
            discussion: """
                Those whose module is "any" work with every module that --module names; the others need one that keeps \
                energy records as kmod/pacct_energy does.

                Example: pacctlab scenario list --tag quick
                """)
        @Option(help: "Only scenarios with this tag. May be given several times: all of them.") var tag:
            [String] = []
        @Flag(help: "Print one JSON document on standard output, and nothing else.") var json = false

        func run() throws {
            let list = try ScenarioList(ScenarioLibrary(home: try LabHome.find()), tags: tag)
            if json {
                Terminal.print([try list.contractJSON()])
                return
            }
            var table = TextTable(header: ["scenario", "tags", "module", "what it does"], rightAligned: [])
            for scenario in list.scenarios {
                let module = scenario.needs.isEmpty ? "any" : scenario.needs.joined(separator: " ")
                table.add([
                    scenario.name, scenario.tags.joined(separator: " "), module, scenario.description,
                ])
            }
            Terminal.print(table.lines(indent: ""))
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what a scenario does, step by step.",
            discussion: """
                Examples: pacctlab scenario show load-loop
                          pacctlab scenario show load-loop --yaml > mine.yaml
                """)
        @Argument(help: "The name of a shipped scenario, or a file.") var scenario: String
        @Flag(help: "Print the file as it is.") var yaml = false

        func run() throws {
            let library = ScenarioLibrary(home: try LabHome.find())
            let name = scenario
            let scenario = try library.scenario(name)
            if yaml {
                var text = try library.text(of: name)
                if text.hasSuffix("\n") { text.removeLast() }
                Terminal.print([text])
                return
            }
            var lines = ["\(scenario.name): \(scenario.description)"]
            if !scenario.tags.isEmpty { lines.append("tags: \(scenario.tags.joined(separator: ", "))") }
            if let variants = scenario.variants {
                lines.append("variants: \(variants.joined(separator: ", "))")
            }
            let needs = ScenarioSummary(scenario).needs
            lines.append("module: \(needs.isEmpty ? "any" : "one that has \(needs.joined(separator: ", "))")")
            if !scenario.carried.isEmpty {
                lines.append("carries: \(scenario.carried.joined(separator: ", "))")
            }
            lines += Self.lines(scenario.steps, depth: 1)
            lines += scenario.expectedLines.map { "expects \($0)" }
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
            let mistakes = try scenarios.flatMap { try library.mistakes(in: $0) }
            guard mistakes.isEmpty else {
                for mistake in mistakes { Terminal.printError("\(mistake)\n") }
                throw ExitStatus.wrongUsage.code
            }
            Terminal.print(["\(scenarios.count == 1 ? "it is" : "they are") fine"])
        }
    }

    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a scenario file to begin with.",
            discussion: """
                It runs as it is, and says in comments what else there is. An editor with a YAML language server \
                completes it. A file that is there already stays.

                Examples: pacctlab scenario new mine
                          pacctlab scenario new mine --from hotplug
                """)
        @Argument(help: "Its name, for NAME.yaml in the current folder, or the path of its file.") var name:
            String
        @Option(
            help: ArgumentHelp("Begin with a copy of this one: a name, or a file.", valueName: "scenario"))
        var from: String?

        func run() throws {
            let library = ScenarioLibrary(home: try LabHome.find())
            let path = try ScenarioTemplate(library: library).write(name, from: from)
            Terminal.print([
                "\(path) is written; pacctlab run \(path.string.contains("/") ? "" : "./")\(path) runs it"
            ])
        }
    }

    struct Schema: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the JSON Schema of scenario files.",
            discussion: """
                For editors: a first line such as

                  # yaml-language-server: $schema=scenario.schema.json

                makes one with a YAML language server complete and check the file.
                """)

        func run() throws {
            var text = try ScenarioSchema.text()
            text.removeLast()
            Terminal.print([text])
        }
    }
}
