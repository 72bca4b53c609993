// SPDX-License-Identifier: Apache-2.0

import Foundation
import GuestContract
import Testing

@testable import LabEngine

@Suite("Scenario files")
struct ScenarioTests {
    private func read(_ yaml: String) throws -> Scenario { try Scenario(yaml: yaml, file: "x.yaml") }

    private func mistake(in yaml: String) -> ScenarioError? {
        do {
            _ = try read(yaml)
            return nil
        } catch { return error as? ScenarioError }
    }

    @Test("Every kind of step is read")
    func steps() throws {
        let scenario = try read(
            """
            name: all
            description: One of each.
            tags: [quick, mine]
            counters: simulated
            steps:
              - load: module
                parameters: scope=cpu
              - load: canary
              - name: words
                run: [stress-ng, --cpu, "2"]
                limit: 2m
                environment: { A: b }
              - run: echo hello | cat
              - wait: 250ms
              - write: /proc/sys/kernel/pid_max
                text: "400"
                always: true
              - collect: /proc/pacct_energy/stats
                as: stats.txt
              - unload: module
            expect:
              records: 3
            """)
        #expect(scenario.steps.count == 8)
        #expect(scenario.counters == .simulated)
        #expect(scenario.usesStressNG)
        #expect(scenario.expectations.minimumRecords == 3)
        #expect(scenario.steps[0].action == .load(.underTest, parameters: "scope=cpu"))
        #expect(scenario.steps[1].action == .load(.lab("canary"), parameters: ""))
        #expect(scenario.steps[2].action == .run(["stress-ng", "--cpu", "2"], environment: ["A": "b"]))
        #expect(scenario.steps[2].limit == .seconds(120))
        #expect(scenario.steps[3].action == .run(["sh", "-c", "echo hello | cat"], environment: [:]))
        #expect(scenario.steps[4].action == .wait(.milliseconds(250)))
        #expect(scenario.steps[5].always && !scenario.steps[2].always)
        #expect(scenario.steps[6].action == .collect(path: "/proc/pacct_energy/stats", name: "stats.txt"))
        // An unload is done even after a failure, or the next thing to fail would be the unload's absence.
        #expect(scenario.steps[7].always)
    }

    @Test("A workload's parameters are those of its table, in its units")
    func workload() throws {
        let scenario = try read(
            "name: a\ndescription: b\nsteps:\n  - workload: fork-storm\n    count: 5\n    life: 2ms\n    share: true\n"
        )
        guard case .workload(let workload, let settings) = scenario.steps[0].action else {
            Issue.record("no workload: \(scenario.steps)")
            return
        }
        #expect(scenario.steps[0].name == "workload fork-storm")
        #expect(settings == ["count": 5, "life": 2_000_000, "share": 1])
        #expect(
            workload.command(settings)
                == ["workload", "fork-storm", "--count", "5", "--life", "2ms", "--share", "true"])
    }

    @Test("Groups of steps are read, with what goes on beside them")
    func groups() throws {
        let scenario = try read(
            """
            name: a
            description: b
            steps:
              - together:
                  - workload: fork-storm
                    background: true
                  - fault: failslab
                    probability: 5
                    steps:
                      - repeat: 500
                        steps:
                          - load: module
                            allow: [ENOMEM]
                          - unload: module
              - hotplug: 7
                pause: 1ms
              - check: /proc/sys/kernel/tainted
                equals: "0"
              - check: log
                lacks: "BUG:"
              - load: canary
            """)
        #expect(
            scenario.allSteps.map(\.name) == [
                "together: workload fork-storm | failslab at 5 %", "workload fork-storm", "failslab at 5 %",
                "repeat 500 times", "load module", "unload module", "hotplug 7",
                "check /proc/sys/kernel/tainted", "check log", "load canary",
            ])
        guard case .together(let members) = scenario.steps[0].action,
            case .fault(let fault, let inside) = members[1].action,
            case .repeating(500, let cycle) = inside[0].action,
            case .workload(let hotplug, ["count": 7, "pause": 1_000_000]) = scenario.steps[1].action
        else {
            Issue.record("\(scenario.steps)")
            return
        }
        #expect(members[0].background && !members[1].background)
        #expect(fault == Fault(kind: .slab, probability: 5, error: 12))
        #expect(cycle[0].allowed == [12] && cycle[1].always)
        #expect(hotplug.name == "hotplug")
        #expect(scenario.steps[3].action == .check(path: "", .lacks("BUG:")))
        #expect(JobCompiler.labModules(of: scenario, provenance: .none) == ["witness", "perturb", "canary"])
    }

    @Test("A group that names no limit may take as long as what is inside")
    func limits() throws {
        let scenario = try read(
            """
            name: a
            description: b
            steps:
              - repeat: 100
                steps:
                  - wait: 1s
                  - load: module
                    limit: 3s
              - together:
                  - wait: 9s
                  - run: x
                    limit: 1s
                  - run: y
                    background: true
            """)
        let limits = TimeLimits(accelerator: .tcg, variant: "release")
        #expect(limits.guestLimit(of: scenario.steps[0]) == .seconds(505))
        #expect(limits.guestLimit(of: scenario.steps[1]) == .seconds(15))
    }

    @Test("Steps of the same name can be told apart")
    func names() throws {
        let scenario = try read(
            "name: a\ndescription: b\nsteps:\n  - wait: 1s\n  - wait: 1s\n  - wait: 1s\n")
        #expect(scenario.steps.map(\.name) == ["wait 1s", "wait 1s (2)", "wait 1s (3)"])
    }

    @Test(
        "A mistake is named with its place and the nearest word",
        arguments: [
            ("name: a\ndescription: b\nstep:\n  - wait: 1s\n", 3, 1, "steps"),
            ("name: a\ndescription: b\nsteps:\n  - laod: module\n", 4, 5, "load"),
            ("name: a\ndescription: b\nsteps:\n  - wait: 5\n", 4, 11, "ms"),
            ("name: a\ndescription: b\nsteps:\n  - wait: 1s\n    limt: 3s\n", 5, 5, "limit"),
            ("name: a\ndescription: b\ncounters: simulatd\nsteps:\n  - wait: 1s\n", 3, 11, "simulated"),
            ("name: a\ndescription: b\nsteps: []\n", 3, 8, "at least one"),
            ("name: a\ndescription: b\nsteps:\n  - repeat: 3\n    steps: []\n", 5, 12, "at least one"),
            (
                "name: a\ndescription: b\nsteps:\n  - repeat: 3\n    steps:\n      - laod: module\n", 6, 9,
                "load"
            ),
            ("name: a\ndescription: b\nsteps:\n  - repeat: 0\n    steps: [{wait: 1s}]\n", 4, 13, "from 1"),
            (
                "name: a\ndescription: b\nsteps:\n  - fault: failslub\n    steps: [{wait: 1s}]\n", 4, 12,
                "failslab"
            ),
            (
                "name: a\ndescription: b\nsteps:\n  - load: module\n    allow: [ENOMME]\n", 5, 12, "ENOMEM"
            ),
            (
                "name: a\ndescription: b\nsteps:\n  - run: x\n    background: true\n", 5, 17, "together"
            ),
            (
                "name: a\ndescription: b\nsteps:\n  - together:\n      - run: x\n        background: true\n",
                5,
                7, "must not be in the background"
            ),
            ("name: a\ndescription: b\nsteps:\n  - check: /x\n", 4, 5, "exactly one"),
            ("name: a\ndescription: b\nsteps:\n  - check: /x\n    eqals: 3\n", 5, 5, "equals"),
            ("name: a\ndescription: b\nsteps:\n  - workload: fork-strom\n", 4, 15, "fork-storm"),
            ("name: a\ndescription: b\nsteps:\n  - workload: vfork\n    cuont: 3\n", 5, 5, "count"),
            ("name: a\ndescription: b\nsteps:\n  - workload: vfork\n    exec: 3\n", 5, 11, "true or false"),
            ("name: a\ndescription: b\nsteps:\n  - wait: 1s\n    load: module\n", 4, 5, "exactly one"),
        ])
    func mistakes(yaml: String, line: Int, column: Int, hint: String) throws {
        let error = try #require(mistake(in: yaml))
        #expect(error.line == line)
        #expect(error.column == column)
        #expect(error.message.contains(hint), "\(error)")
        #expect("\(error)".hasPrefix("x.yaml:\(line):\(column): "))
    }

    @Test("What is no YAML at all is an error with a place", arguments: ["a: [", "\t- x", "a: b: c", ""])
    func noYAML(text: String) throws {
        let error = try #require(mistake(in: text))
        #expect(error.line > 0)
    }

    @Test("A key that stands twice is an error")
    func twice() throws {
        let error = try #require(mistake(in: "name: a\nname: b\ndescription: c\nsteps:\n  - wait: 1s\n"))
        #expect(error.message.contains("twice"))
    }

    @Test("A collected file has a plain name", arguments: ["../../etc/passwd", ".hidden", "a/b", "a b"])
    func collectedName(name: String) throws {
        let yaml = "name: a\ndescription: b\nsteps:\n  - collect: /proc/x\n    as: \"\(name)\"\n"
        #expect(mistake(in: yaml)?.message.contains("file name") == true)
    }

    @Test("Every shipped scenario can be read, and says what it is for")
    func shipped() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("scenarios")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "yaml" }
        #expect(files.count >= 25)
        for file in files {
            let text = try String(contentsOf: file, encoding: .utf8)
            let scenario = try Scenario(yaml: text, file: file.lastPathComponent)
            #expect("\(scenario.name).yaml" == file.lastPathComponent)
            #expect(scenario.description.hasSuffix("."))
        }
    }

    @Test("Durations need a unit")
    func durations() {
        #expect(Duration(text: "250ms") == .milliseconds(250))
        #expect(Duration(text: "1.5s") == .milliseconds(1500))
        #expect(Duration(text: "2h") == .seconds(7200))
        for wrong in ["5", "", "s", "-1s", "1 s", "1e20s", "nans"] {
            #expect(Duration(text: wrong) == nil, "\(wrong)")
        }
    }
}
