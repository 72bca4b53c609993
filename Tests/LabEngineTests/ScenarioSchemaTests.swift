// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import GuestContract
import Subprocess
import SystemPackage
import Testing

@testable import LabEngine

@Suite("The schema of scenario files")
struct ScenarioSchemaTests {
    private static let home = LabHome(
        root: FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent())
    private static let library = ScenarioLibrary(home: home)

    @Test("The copy beside the scenarios is what the reader's tables say")
    func copy() throws {
        let file = try String(contentsOfFile: Self.library.schemaPath.string, encoding: .utf8)
        #expect(
            try ScenarioSchema.text() == file,
            "pacctlab scenario schema > scenarios/\(ScenarioSchema.fileName) writes it anew")
    }

    @Test("Every shipped scenario names it for editors, is tagged, and is called as its file")
    func shipped() throws {
        let names = try Self.library.names()
        #expect(names.count > 20)
        for name in names {
            let lines = try Self.library.text(of: name).split(separator: "\n")
            #expect(lines.contains("# yaml-language-server: $schema=\(ScenarioSchema.fileName)"), "\(name)")
            let scenario = try Self.library.scenario(name)
            #expect(scenario.name == name && !scenario.tags.isEmpty, "\(name)")
            #expect(scenario.description.count > 30, "\(name)")
        }
    }

    @Test("The README says what each shipped scenario, workload and step is for")
    func readme() throws {
        let text = try String(contentsOfFile: Self.home.root.appending("README.md").string, encoding: .utf8)
        for scenario in try ScenarioList(Self.library, tags: []).scenarios {
            let row =
                "| `\(scenario.name)` | \(scenario.description) | \(scenario.tags.joined(separator: " "))"
            let mark = scenario.needs.isEmpty ? " |" : " · records |"
            #expect(text.contains(row + mark), "\(row)\(mark)")
        }
        for workload in Workload.all where workload.name != "hotplug" {
            #expect(text.contains("| `\(workload.name)` | \(workload.summary) |"), "\(workload.name)")
        }
        for word in StepKind.words { #expect(text.contains("| `\(word):"), "\(word)") }
    }

    /// Files that are wrong, by what is wrong with them. Each differs in that alone from one that is right.
    static let wrong: [String: String] = {
        let head = "name: a\ndescription: b\n"
        let wait = "steps:\n  - wait: 1s\n"
        return [
            "no steps": head, "no name": "description: b\n" + wait, "empty steps": head + "steps: []\n",
            "unknown key": head + wait + "expects: {}\n",
            "no kind": head + "steps:\n  - name: x\n",
            "two kinds": head + "steps:\n  - wait: 1s\n    load: module\n",
            "unknown kind": head + "steps:\n  - laod: module\n",
            "time without unit": head + "steps:\n  - wait: 5\n",
            "foreign key": head + "steps:\n  - wait: 1s\n    parameters: x\n",
            "unknown workload": head + "steps:\n  - workload: fork-strom\n",
            "another workload's parameter": head + "steps:\n  - workload: vfork\n    tasks: 3\n",
            "number too high": head + "steps:\n  - workload: threads\n    count: 100001\n",
            "flag": head + "steps:\n  - workload: vfork\n    exec: 3\n",
            "no condition": head + "steps:\n  - check: /x\n",
            "two conditions": head + "steps:\n  - check: /x\n    equals: a\n    lacks: b\n",
            "write without text": head + "steps:\n  - write: /x\n",
            "background outside": head + "steps:\n  - wait: 1s\n    background: true\n",
            "empty group": head + "steps:\n  - repeat: 3\n    steps: []\n",
            "no rounds": head + "steps:\n  - repeat: 0\n    steps: [{ wait: 1s }]\n",
            "deep": head + "steps:\n  - repeat: 2\n    steps: [{ together: [{ wiat: 1s }] }]\n",
            "fault": head + "steps:\n  - fault: failslub\n    steps: [{ wait: 1s }]\n",
            "function elsewhere": head
                + "steps:\n  - fault: failslab\n    function: f\n    steps: [{ wait: 1s }]\n",
            "no function": head + "steps:\n  - fault: fail_function\n    steps: [{ wait: 1s }]\n",
            "error": head + "steps:\n  - load: module\n    allow: [ENOMME]\n",
            "suspend": head + "steps:\n  - suspend: log\n    steps: [{ wait: 1s }]\n",
            "counters": head + "counters: simulatd\n" + wait, "variants": head + "variants: [debgu]\n" + wait,
            "min_cpus": head + "min_cpus: 17\n" + wait, "needs": head + "needs: [record]\n" + wait,
            "class": head + wait + "expect: { finding: { class: null_derf } }\n",
            "no class": head + wait + "expect: { finding: { function: f } }\n",
            "bounds": head + wait + "expect: { lost: {} }\n",
            "judge": head + wait + "expect: { judges: { residu: off } }\n",
            "judge that stays": head + wait + "expect: { judges: { ending: off } }\n",
            "threshold": head + wait + "expect: { judges: { energy: { tolerence: 1 } } }\n",
            "threshold of none": head + wait + "expect: { judges: { residue: { items: 1 } } }\n",
        ]
    }()

    @Test("What is wrong the reader refuses, and what is right it takes", arguments: wrong.keys.sorted())
    func reader(name: String) {
        #expect(throws: ScenarioError.self) { try Scenario(yaml: Self.wrong[name] ?? "", file: "x.yaml") }
    }

    private static let validator = """
        import json, sys, jsonschema, yaml
        schema = json.load(open(sys.argv[1]))
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        for path in sys.argv[2:]:
            errors = sorted(e.message for e in validator.iter_errors(yaml.safe_load(open(path))))
            print(json.dumps({"path": path, "errors": errors[:1]}))
        """

    private static let hasValidator: Bool = {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", "import jsonschema, yaml; jsonschema.Draft202012Validator"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    private struct Line: Decodable {
        var path: String
        var errors: [String]
    }

    private func validate(_ paths: [String]) async throws -> [Line] {
        let result = try await Subprocess.run(
            .name("python3"),
            arguments: Arguments(["-c", Self.validator, Self.library.schemaPath.string] + paths),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
        return try result.standardOutput.split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
    }

    @Test(
        "A validator takes every shipped scenario, a new one and whatever pacctlab writes, and refuses what is wrong",
        .enabled("python3 has jsonschema and yaml", { hasValidator }))
    func validator() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "schema-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let new = try ScenarioTemplate(library: Self.library).write(
            folder.appending(path: "new.yaml").path, from: nil)
        var right = [new.string]
        for name in try Self.library.names() {
            right.append(Self.library.path(of: name).string)
            let written = folder.appending(path: "written-\(name).yaml")
            try Self.library.scenario(name).yaml().write(to: written, atomically: true, encoding: .utf8)
            right.append(written.path)
        }
        for line in try await validate(right) { #expect(line.errors.isEmpty, "\(line)") }
        var paths: [String] = []
        for (name, yaml) in Self.wrong {
            let file = folder.appending(path: "\(name).yaml")
            try yaml.write(to: file, atomically: true, encoding: .utf8)
            paths.append(file.path)
        }
        let lines = try await validate(paths)
        #expect(lines.count == Self.wrong.count)
        for line in lines { #expect(!line.errors.isEmpty, "nothing is wrong with \(line.path)") }
    }
}
