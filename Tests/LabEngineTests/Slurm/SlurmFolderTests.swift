// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import SystemPackage
import Testing

@testable import LabEngine

@Suite("What submitter and nodes share")
final class SlurmFolderTests {
    private let campaign: FilePath

    init() throws {
        campaign = FilePath(FileManager.default.temporaryDirectory.path).appending(
            "slurm \(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: campaign.string, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: campaign.string) }

    private static let inputs = RunInputs(
        kernel: .init(key: "ab", variant: "release", release: "6.18.5", source: .init(.version(nil))),
        image: [], module: .init(folder: "/m", key: "cd"), labModules: [], gate: "ef", machine: "01",
        accel: .tcg, pmu: .none, boot: .restored, cpus: 2, memoryMib: 512, seed: 1, dump: .never)

    private static let runs = [
        SlurmRun(cell: 1, seed: 5, attempt: 1), SlurmRun(cell: 1, seed: 6, attempt: 2),
    ]

    private func folder(_ number: Int = 1) throws -> SlurmFolder {
        let folder = SlurmFolder(campaign: campaign, number: number)
        try folder.make(
            SlurmBatch(
                number: number, campaign: campaign.string, scenario: "name: x\n", inputs: Self.inputs,
                module: .init(key: "cd", version: "12"), accelerator: .tcg, runs: Self.runs),
            script: "#!/bin/sh\n")
        return folder
    }

    private func result(_ run: SlurmRun, id: String = "20261125-1-x-s5") -> SlurmResult {
        SlurmResult(
            run: run, node: "n1",
            report: RunReport(
                id: id, scenario: "x", variant: "release", kernel: nil, accel: .tcg, accelReason: nil,
                pmu: .none, seed: 5, cpus: 2, memoryMib: 512, verdict: .passed, reason: nil, durationS: 1,
                findings: [], energy: .init(), steps: [], notes: [], phases: [], directory: "/x"))
    }

    @Test("A batch is read as it was written, and found by its number")
    func batch() throws {
        let folder = try folder(7)
        let read = try folder.read()
        #expect(
            read.runs == Self.runs && read.inputs == Self.inputs && read.module.version == "12"
                && read.scenario == "name: x\n")
        try FileManager.default.createDirectory(
            atPath: SlurmFolder.root(of: campaign).appending(".8").string, withIntermediateDirectories: true)
        #expect(SlurmFolder.numbers(in: campaign) == [7] && folder.job == nil)
        try folder.note(job: 42)
        #expect(folder.job == 42)
        folder.remove()
        #expect(SlurmFolder.numbers(in: campaign).isEmpty)
        #expect(throws: LabError.self) { try folder.read() }
    }

    @Test("A task is claimed once, by whoever comes first: many at once, or the submitter")
    func claims() async throws {
        let folder = try folder()
        let won = try await withThrowingTaskGroup(of: Bool.self) { group in
            for owner in 0..<32 { group.addTask { try folder.claim(0, for: "\(owner)") } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(won == 1)
        #expect(try !folder.withdraw(0) && !folder.isWithdrawn(0))
        #expect(try folder.withdraw(1) && folder.isWithdrawn(1))
        #expect(try !folder.claim(1, for: "late"))
    }

    @Test("Results that are not whole, of another run or with a strange folder are none")
    func results() throws {
        let folder = try folder()
        #expect(folder.results().isEmpty && folder.result(0, of: Self.runs[0]) == nil)
        try folder.write(result(Self.runs[0]), 0)
        #expect(folder.results() == [0])
        #expect(folder.result(0, of: Self.runs[0])?.report.verdict == .passed)
        #expect(folder.result(0, of: Self.runs[1]) == nil)
        for id in ["../../etc", "", ".hidden"] {
            try folder.write(result(Self.runs[1], id: id), 1)
            #expect(folder.result(1, of: Self.runs[1]) == nil, "\(id)")
        }
        let path = folder.path.appending("result-1.json").string
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        for length in stride(from: 0, to: whole.count - 2, by: 97) {
            try whole.prefix(length).write(to: URL(fileURLWithPath: path))
            #expect(folder.result(1, of: Self.runs[1]) == nil, "\(length) bytes")
        }
        folder.discard(1)
        #expect(folder.results() == [0])
    }

    @Test("What is asked of Slurm: limits from the scenario, features, a node for itself, what is handed on")
    func request() throws {
        let scenario = try Scenario(
            yaml: "name: x\ndescription: x\nsteps:\n  - run: uname\n    limit: 10s\n", file: "x.yaml")
        var run = RunRequest(module: "/m", results: "/r")
        run.accelerator = .tcg
        var options = SlurmOptions()
        options.pmuConstraint = "vpmu"
        let plain = SlurmRequest(
            scenario, cell: ("release", 4), request: run, options: options, isExclusive: false)
        #expect(plain.cpus == 1 && plain.memoryMiB == 1024 && plain.constraint == "vpmu")
        // Boot, ten seconds of the guest's at a quarter of the host's pace, and what is no guest.
        #expect(plain.time > .seconds(900) && plain.time < .seconds(1800), "\(plain.time)")
        let arguments = plain.arguments(name: "n", folder: "/c/slurm/1", count: 3, options: options)
        #expect(arguments.contains("--array=0-2") && arguments.contains("--no-requeue"))
        #expect(arguments.contains("--job-name=n") && arguments.contains("--constraint=vpmu"))
        #expect(arguments.last == "/c/slurm/1/task.sh" && !arguments.contains("--exclusive"))

        run.accelerator = .auto
        (options.constraint, options.partition, options.account) = ("x86", "lab", "kernel")
        (options.time, options.memoryMiB, options.extra) = (.seconds(61), 4096, ["--qos=low"])
        let other = SlurmRequest(
            scenario, cell: ("debug", 4), request: run, options: options, isExclusive: true
        ).arguments(name: "n", folder: "/c/slurm/1", count: 1, options: options)
        for wanted in [
            "--cpus-per-task=4", "--mem=4096M", "--time=2", "--constraint=x86&vpmu", "--exclusive",
            "--partition=lab", "--account=kernel", "--qos=low", "--array=0-0",
        ] {
            #expect(other.contains(wanted), "\(wanted): \(other)")
        }
        let unsimulated = try Scenario(
            yaml: "name: x\ndescription: x\ncounters: none\nsteps:\n  - run: uname\n", file: "x.yaml")
        options.constraint = nil
        #expect(
            SlurmRequest(
                unsimulated, cell: ("release", 1), request: run, options: options, isExclusive: false
            )
            .constraint == nil)
    }

    @Test("A part of a plan can want nodes for itself")
    func exclusive() throws {
        let text = """
            name: p
            description: x
            matrix:
              - scenarios: [a]
              - scenarios: [a, b]
                cpus: [1]
                exclusive: true

            """
        let plan = try SoakPlan(yaml: text, file: "p.yaml")
        var scenarios: [String: Scenario] = [:]
        for name in ["a", "b"] {
            scenarios[name] = try Scenario(
                yaml: "name: \(name)\ndescription: x\nsteps:\n  - wait: 1s\n", file: "x.yaml")
        }
        let matrix = try SuitePlan(plan.suite, scenarios: scenarios)
        #expect(
            try SoakLibrary.exclusiveCells(plan, matrix) == ["a/release/1cpu", "b/release/1cpu"])
        #expect(try SoakLibrary.cells(plan, matrix, campaign: "c").count == 3)
        #expect(throws: ScenarioError.self) {
            try SoakPlan(yaml: text.replacing("exclusive: true", with: "exclusive: perhaps"), file: "p.yaml")
        }
    }

    @Test("The script stands whatever is in the names of folders")
    func script() {
        let script = SlurmRequest.script(
            pacctlab: "/opt/it's/pacctlab", home: LabHome(root: "/home/a b"), cache: "/c$(id)/pacctlab",
            folder: "/r/1")
        #expect(script.contains("exec '/opt/it'\\''s/pacctlab' slurm-task '/r/1' \"$SLURM_ARRAY_TASK_ID\""))
        #expect(
            script.contains("XDG_CACHE_HOME='/c$(id)'\n") && script.contains("PACCTLAB_HOME='/home/a b'\n"))
    }

    @Test("The options of a campaign are kept in its folder")
    func options() throws {
        #expect(try SlurmOptions.read(in: campaign) == nil)
        var options = SlurmOptions()
        (options.partition, options.time, options.extra) = ("lab", .seconds(90), ["--qos=low"])
        try options.write(in: campaign)
        #expect(try SlurmOptions.read(in: campaign) == options)
        try Data("x".utf8).write(
            to: URL(fileURLWithPath: campaign.pushing("slurm/options.json").string))
        #expect(throws: LabError.self) { try SlurmOptions.read(in: campaign) }
    }
}
