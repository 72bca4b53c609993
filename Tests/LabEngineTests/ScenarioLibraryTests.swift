// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import SystemPackage
import Testing

@testable import LabEngine

@Suite("Scenarios of one's own")
final class ScenarioLibraryTests {
    private let library = ScenarioLibrary(
        home: LabHome(
            root: FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent())
    )
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "library-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func file(_ text: String, _ name: String = "x.yaml") throws -> String {
        let file = folder.appending(path: name)
        try text.write(to: file, atomically: true, encoding: .utf8)
        return file.path
    }

    // MARK: - mistakes

    @Test("All mistakes of a file are named at once, by their lines")
    func mistakes() throws {
        let path = try file(
            """
            name: a
            descripton: b
            counters: simulatd
            steps:
              - laod: module
              - wait: 5
              - run: x
                limt: 3s
                background: true
              - together:
                  - workload: fork-strom
                  - repeat: 0
                    steps: [{ wait: 1s }]
            expect: { recrods: 1 }
            """)
        let found = try library.mistakes(in: path)
        let wanted = [
            (1, "description"), (2, "description"), (3, "simulated"), (5, "load"), (6, "500ms"), (8, "limit"),
            (9, "together"), (11, "fork-storm"), (12, "from 1"), (14, "records"),
        ]
        #expect(found.map(\.line) == wanted.map(\.0), "\(found)")
        for (mistake, (_, word)) in zip(found, wanted) {
            #expect(mistake.message.contains(word), "\(mistake)")
        }
    }

    @Test("What one mistake makes of the rest is no mistake")
    func consequences() throws {
        let path = try file(
            "name: a\ndescription: b\nsteps:\n  - together:\n      - laod: x\n      - run: y\n        background: true\n"
        )
        #expect(try library.mistakes(in: path).map(\.line) == [5])
    }

    @Test("A right file has none, text that is not YAML has one")
    func noMistakes() throws {
        #expect(try library.mistakes(in: "smoke").isEmpty)
        #expect(try library.mistakes(in: file("name: [")).count == 1)
    }

    // MARK: - new ones

    @Test("A new scenario says what there is, and can be run; a file that is there stays")
    func new() throws {
        let path = folder.appending(path: "mine.yaml").path
        let template = ScenarioTemplate(library: library)
        #expect(try template.write(path, from: nil).string == path)
        let scenario = try library.scenario(path)
        #expect(scenario.name == "mine" && scenario.steps.count >= 5)
        #expect(scenario.expectations.minimumRecords > 0)
        let text = try library.text(of: path)
        #expect(text.hasPrefix("# yaml-language-server: $schema=\(library.schemaPath)\n"))
        for word in ScenarioField.scenario.map(\.name) + ScenarioField.expectations.map(\.name)
        where !["counters", "vary", "needs", "lost"].contains(word) {
            #expect(text.contains("\(word):"), "nothing is said of \(word)")
        }
        #expect(throws: LabError.self) { try template.write(path, from: nil) }
        #expect(try library.text(of: path) == text)
    }

    @Test("One that begins as a copy is the other but for its name", arguments: ["hotplug", "slow-reader"])
    func copy(origin: String) throws {
        let path = folder.appending(path: "copy.yaml").path
        _ = try ScenarioTemplate(library: library).write(path, from: origin)
        var copy = try library.scenario(path)
        #expect(copy.name == "copy")
        copy.name = origin
        #expect(try copy == library.scenario(origin))
        #expect(try library.text(of: path).components(separatedBy: "$schema=").count == 2)
    }

    @Test("A name that is none is refused")
    func names() {
        for name in ["", "a b", "a/b c", "../x y.yaml"] {
            #expect(throws: LabError.self) {
                try ScenarioTemplate(library: library).write(name, from: nil)
            }
        }
    }

    // MARK: - lists

    @Test("Scenarios are selected by tags, and an unknown one is named with the nearest")
    func tags() throws {
        let all = try ScenarioList(library, tags: []).scenarios
        #expect(all.map(\.name) == (try library.names()))
        let quick = try ScenarioList(library, tags: ["quick"]).scenarios
        #expect(quick.contains { $0.name == "smoke" } && quick.allSatisfy { $0.tags.contains("quick") })
        let both = try ScenarioList(library, tags: ["stress", "faults"]).scenarios
        #expect(both.map(\.name).contains("fail-alloc") && !both.map(\.name).contains("threads"))
        let error = #expect(throws: LabError.self) { try ScenarioList(self.library, tags: ["quik"]) }
        #expect(error?.description.contains("\"quick\"") == true)
    }

    @Test("What needs records of the module's is known, whether the file says so or not")
    func needs() throws {
        func needs(_ rest: String) throws -> Set<Scenario.Need> {
            try Scenario(yaml: "name: a\ndescription: b\n\(rest)\n", file: "x.yaml").allNeeds
        }
        #expect(try needs("steps: [{ wait: 1s }]\nexpect: { records: 1 }") == [])
        #expect(try needs("needs: [records]\nsteps: [{ wait: 1s }]") == [.records])
        #expect(try needs("steps: [{ wait: 1s }]\nexpect: { lost: { at_most: 1 } }") == [.records])
        #expect(
            try needs("steps: [{ wait: 1s }]\nexpect: { energy: { total: { at_most: 1 } } }") == [.records])
        #expect(
            try needs("steps:\n  - repeat: 2\n    steps: [{ collect: /proc/pacct_energy/stats }]") == [
                .records
            ])
        #expect(try needs("steps: [{ suspend: records, steps: [{ wait: 1s }] }]") == [.records])
        #expect(try needs("steps: [{ run: cat /dev/pacct_energy }]") == [.records])
        #expect(try needs("needs: []\nsteps: [{ run: test -e /dev/pacct_energy }]") == [])
        #expect(try needs("needs: []\nsteps: [{ suspend: records, steps: [{ wait: 1s }] }]") == [.records])
        let any = try ScenarioList(library, tags: []).scenarios.filter(\.needs.isEmpty).map(\.name)
        #expect(any.contains("smoke") && any.contains("fork-storm") && !any.contains("slow-reader"))
    }

    // MARK: - files that ride along

    @Test("Files ride along from beside the scenario, wherever one is")
    func carry() throws {
        _ = try file("data", "data.txt")
        let path = try file("name: a\ndescription: b\ncarry: [./data.txt]\nsteps: [{ wait: 1s }]\n")
        let scenario = try library.scenario(path)
        #expect(scenario.carried.count == 1)
        #expect(FileManager.default.contents(atPath: scenario.carried[0]) == Data("data".utf8))
        // As a run's folder keeps it.
        #expect(try Scenario(yaml: scenario.yaml(), file: "y.yaml") == scenario)
    }

    @Test(
        "Files that cannot ride along are named with their place",
        arguments: [
            ("[./none]", "no file"), ("[.]", "no file"), ("[./data.txt, data.txt]", "two files"),
            ("[plan]", "of the job itself"), ("[./big]", "32 MiB"), ("['a b']", "letters"),
        ])
    func wrongCarry(list: String, text: String) throws {
        for name in ["data.txt", "plan", "a b"] { _ = try file("x", name) }
        let big = folder.appending(path: "big")
        _ = FileManager.default.createFile(atPath: big.path, contents: nil)
        try FileHandle(forWritingTo: big).truncate(atOffset: UInt64(CarriedFiles.limit) + 1)
        let path = try file("name: a\ndescription: b\ncarry: \(list)\nsteps: [{ wait: 1s }]\n")
        let error = #expect(throws: ScenarioError.self) { try self.library.scenario(path) }
        #expect(error?.line == 3 && error?.message.contains(text) == true, "\(error?.message ?? "")")
        #expect(try library.mistakes(in: path).map(\.line) == [3])
    }
}
