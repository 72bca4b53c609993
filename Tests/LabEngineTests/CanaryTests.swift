// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Evidence
import Foundation
import SystemPackage
import Testing

@testable import LabEngine

@Suite struct CanaryTests {
    private static let home = LabHome(
        root: FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent())

    private static let marks = GuiltyMarks(
        text: "a();\nb(); /* guilty: second both */\n\t/* guilty: fourth */\nd();\n", file: "x.c")

    private func table(_ entries: String) throws -> CanaryTable {
        try CanaryTable(yaml: "canaries:\n" + entries, file: "c.yaml", marks: Self.marks)
    }

    // MARK: - the table

    @Test func everyMisdeedOfTheModuleIsInTheTable() throws {
        let table = try CanaryTable(home: Self.home)
        var misdeeds: Set<String> = []
        let folder = Self.home.root.pushing(CanaryTable.folder)
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.string)
        where file.hasSuffix(".c") {
            let text = try String(contentsOfFile: folder.appending(file).string, encoding: .utf8)
            misdeeds.formUnion(text.matches(of: /\n\t\{ "([a-z_]+)",/).map { String($0.output.1) })
        }
        // It behaves, for tests that need a module that does.
        misdeeds.remove("none")
        #expect(misdeeds.count > 30)
        #expect(misdeeds == Set(table.canaries.map(\.name)))
        #expect(table.marks.names.isSubset(of: misdeeds))
    }

    @Test func marksNameTheirLineOrTheNext() {
        #expect(Self.marks.places(of: "second") == ["x.c:2"])
        #expect(Self.marks.places(of: "both") == ["x.c:2"])
        #expect(Self.marks.places(of: "fourth") == ["x.c:4"])
        #expect(Self.marks.places(of: "third").isEmpty)
    }

    @Test func readsAnEntry() throws {
        let canary = try #require(
            try table(
                "  - { name: second, variant: debug, class: [stall, task_hung], run: sleep 2, settings: { /a: '1' } }\n"
            ).canaries.first)
        #expect(canary.variant == "debug" && canary.classes == [.stall, .taskHung] && canary.hasLine)
        #expect(canary.scenario.steps.map(\.name) == ["write /a", "load module", "work", "unload module"])
    }

    @Test(arguments: [
        ("  - { name: second, class: stal }\n", "did you mean \"stall\"?"),
        ("  - { name: third, class: stall }\n", "no source has the mark"),
        ("  - { name: second, class: stall, line: false }\n", "a source has the mark"),
        ("  - { name: second, class: stall }\n  - { name: second, class: stall }\n", "twice"),
        ("  - { name: second, clas: stall }\n", "did you mean \"class\"?"),
        ("  - { class: stall }\n", "needs the key \"name\""),
        ("  - { name: second, class: stall, settings: { a: b } }\n", "no absolute path"),
    ])
    func refusesAMistake(_ entries: String, _ message: String) {
        let error = #expect(throws: ScenarioError.self) { _ = try table(entries) }
        #expect(error?.description.contains(message) == true, "\(error.map(\.description) ?? "")")
    }

    @Test func selectsByNameAndVariant() throws {
        let table = try table(
            "  - { name: second, class: stall }\n  - { name: fourth, variant: debug, class: stall }\n")
        #expect(try table.selected(names: [], variants: ["debug"]).map(\.name) == ["fourth"])
        #expect(try table.selected(names: ["second"], variants: []).map(\.name) == ["second"])
        #expect(throws: LabError.self) { _ = try table.selected(names: ["secnd"], variants: []) }
        #expect(throws: LabError.self) { _ = try table.selected(names: ["second"], variants: ["debug"]) }
    }

    // MARK: - what became of one

    private static let canary = Canary(
        name: "second", variant: "release", classes: [.atomicContext], hasLine: true, rule: "No sleeping",
        hook: "the fork hook", settings: [], workload: "true", counters: .none)

    private static let right = Finding(
        crashClass: .atomicContext, title: "t", location: "kmod/canaries/x.c:2",
        rule: "No sleeping, at all. (in the fork hook)")

    private func result(_ findings: [Finding], _ verdict: Verdict = .failed) -> CanaryResult {
        let run = RunReport(
            id: "r", scenario: "s", variant: "release", kernel: nil, accel: .tcg, accelReason: nil,
            pmu: .none,
            seed: 1, cpus: 2, memoryMib: 512, verdict: verdict, reason: nil, durationS: 1, guestReadyS: nil,
            findings: findings, energy: .init(), steps: [], notes: [], phases: [], directory: "d")
        return CanaryResult(Self.canary, places: ["x.c:2", "x.c:3"], run: run)
    }

    @Test func catchesOnlyWhatIsRightInEverything() {
        #expect(result([Self.right]).verdict == .passed)
        #expect(result([], .passed).reason == "it got through: nothing was found")
        #expect(result([], .inconclusive).verdict == .inconclusive)
        #expect(result([Self.right], .inconclusive).verdict == .inconclusive)
        let wrongs: [(String, (inout Finding) -> Void)] = [
            ("class", { $0.crashClass = .warning }),
            ("another line", { $0.location = "kmod/canaries/x.c:4" }),
            ("a line that only ends like it", { $0.location = "kmod/canaries/xx.c:2" }),
            ("no line", { $0.location = nil }),
            ("another rule", { $0.rule = "No heavy work (in the fork hook)" }),
            ("another hook", { $0.rule = "No sleeping (in the exit hook)" }),
            ("no rule", { $0.rule = nil }),
        ]
        for (name, change) in wrongs {
            var finding = Self.right
            change(&finding)
            #expect(result([finding]).verdict == .failed, "\(name)")
        }
    }

    @Test func aSecondFindingOfAnotherClassIsAFalseAlarm() {
        #expect(result([Self.right, Finding(crashClass: .residue, title: "u")]).verdict == .failed)
        #expect(result([Self.right, Finding(crashClass: .atomicContext, title: "u")]).verdict == .passed)
    }

    @Test func findsTheCheckoutWhereverItIs() {
        var finding = Self.right
        finding.location = "/somewhere/kmod/canaries/x.c:3"
        #expect(result([finding]).locationRight == true)
    }

    @Test func allOfThemMustHaveHadTheirTurn() {
        let caught = result([Self.right])
        #expect(CanariesReport(canaries: [caught], wanted: 1, duration: .zero, cpu: .zero).verdict == .passed)
        #expect(
            CanariesReport(canaries: [caught], wanted: 2, duration: .zero, cpu: .zero).verdict
                == .inconclusive)
        let missed = result([], .passed)
        #expect(
            CanariesReport(canaries: [caught, missed], wanted: 3, duration: .zero, cpu: .zero).verdict
                == .failed)
        #expect(CanariesReport(canaries: [], wanted: 0, duration: .zero, cpu: .zero).verdict == .inconclusive)
    }
}
