// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage
import Testing

@testable import LabEngine

/// A report of a run that was promised and cannot be written.
@Suite("A page that cannot be written")
struct MissingReportTests {
    private struct Full: Error {}

    private func run(_ verdict: Verdict, in folder: FilePath) -> CompletedRun {
        CompletedRun(
            report: RunReport(
                id: "r", scenario: "s", variant: "release", accel: .tcg, pmu: .none, seed: 1, cpus: 1,
                memoryMib: 256,
                verdict: verdict, reason: verdict == .inconclusive ? "no boot" : nil, durationS: 1,
                findings: [],
                energy: .init(), steps: [], notes: [], phases: [], directory: folder.string),
            records: [])
    }

    private func withFolder(_ body: (FilePath) throws -> Void) throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "missing-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: url) }
        try body(FilePath(url.path))
    }

    @Test("A pass becomes inconclusive, in run.json, too; a failure stays one, and notes it")
    func verdicts() throws {
        try withFolder { folder in
            for (before, after) in [
                (Verdict.passed, Verdict.inconclusive), (.inconclusive, .inconclusive), (.failed, .failed),
            ] {
                let told = run(before, in: folder).told { _ in throw LabError(.trouble, "The page is full.") }
                #expect(told.report.verdict == after)
                let text = (told.report.reason ?? "") + told.report.notes.joined()
                #expect(text.contains("The page is full."))
                #expect(before != .inconclusive || text.hasPrefix("no boot; "))
                let saved = try RunReport.read(in: folder)
                #expect(saved.verdict == after && saved.reason == told.report.reason)
                #expect(saved.notes == told.report.notes)
            }
        }
    }

    @Test("Whoever writes pages sees the run, and what he writes well changes nothing")
    func fine() throws {
        let told = run(.passed, in: "/nowhere").told { #expect($0.id == "r") }
        #expect(told.report.verdict == .passed && told.report.reason == nil)
        #expect(run(.passed, in: "/nowhere").told(to: nil).report.verdict == .passed)
    }

    @Test("When run.json cannot be written either, that is said, too")
    func nothingAtAll() {
        let told = run(.passed, in: "/nowhere").told { _ in throw Full() }
        #expect(told.report.verdict == .inconclusive)
        #expect(told.report.reason?.contains("The page of the run cannot be written") == true)
        #expect(told.report.reason?.contains("run.json could not be written again") == true)
    }

    @Test("Runs that all passed are no pass when a report of them is missing, and failed ones stay failed")
    func whole() {
        let passed = RunsReport(runs: [run(.passed, in: "/").report]).with(problems: ["no JUnit"])
        #expect(passed.verdict == .inconclusive && passed.problems == ["no JUnit"])
        let failed = RunsReport(runs: [run(.failed, in: "/").report], problems: ["a"]).with(problems: ["b"])
        #expect(failed.verdict == .failed && failed.problems == ["a", "b"])
        #expect(passed.with(problems: []).problems == ["no JUnit"])
        #expect(RunsReport(runs: [run(.passed, in: "/").report]).with(problems: []).verdict == .passed)
    }
}
