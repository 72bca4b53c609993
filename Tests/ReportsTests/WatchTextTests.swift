// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine
import Testing

@testable import Reports

@Suite("What watch shows")
struct WatchTextTests {
    private let finding = Finding(
        crashClass: .kasanUseAfterFree, title: "KASAN: slab-use-after-free Read in pacct_exit",
        location: "kmod/pacct_energy/tasks.c:118", rule: "free after a grace period")

    private func run(_ verdict: Verdict, _ findings: [Finding] = []) throws -> RunReport {
        var report = try ReportFixture.report()
        report.verdict = verdict
        report.findings = findings
        return report
    }

    @Test("Problems have the form that editors jump to")
    func problems() throws {
        #expect(
            ProblemLines.of(try run(.failed, [finding])) == [
                "kmod/pacct_energy/tasks.c:118: error: KASAN: slab-use-after-free Read in pacct_exit "
                    + "(free after a grace period)"
            ])
        let compiler = Finding(
            crashClass: .buildFailed, title: "x", location: "a.c:1",
            evidence: ["a.c:1:2: error: x", "b.c:3:4: error: y"])
        #expect(ProblemLines.of(try run(.failed, [compiler])) == compiler.evidence)
        #expect(ProblemLines.of(try run(.passed)).isEmpty)
        let doubt = ProblemLines.of(try run(.inconclusive))
        #expect(doubt.count == 1 && doubt[0].hasPrefix("pacctlab: warning: "))
    }

    @Test("The matcher of the tasks file takes those lines, and knows where a run begins and ends")
    func matcher() throws {
        let text = ProblemLines.visualStudioCodeTasks(arguments: ["--module", #"a "b"\c"#])
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let task = try #require((document["tasks"] as? [[String: Any]])?.first)
        #expect(task["args"] as? [String] == ["watch", "--plain", "--module", #"a "b"\c"#])
        let matcher = try #require(task["problemMatcher"] as? [String: Any])
        let pattern = try #require((matcher["pattern"] as? [String: Any])?["regexp"] as? String)
        let expression = try Regex(pattern)
        let line = ProblemLines.of(try run(.failed, [finding]))[0]
        let found = try expression.wholeMatch(in: line)
        let match = try #require(found)
        #expect(match[1].substring == "kmod/pacct_energy/tasks.c" && match[2].substring == "118")
        #expect(match[3].substring == nil && match[4].substring == "error")
        #expect(try expression.wholeMatch(in: "a.c:1:2: warning: x")?[3].substring == "2")
        let background = try #require(matcher["background"] as? [String: Any])
        let lines = WatchText(style: .init(colour: false)).finished(
            [try run(.passed)], seconds: 1, history: [])
        let ends = try Regex(try #require(background["endsPattern"] as? String))
        #expect(lines.last?.prefixMatch(of: ends) != nil)
    }

    @Test("The last ten verdicts, the phases, and at the end the verdict")
    func finished() throws {
        let history = (0..<12).map {
            WatchText.Past(time: "10:00:\($0 + 10)", verdict: $0 == 11 ? .failed : .passed, seconds: 2.04)
        }
        let lines = WatchText(style: .init(colour: false))
            .finished([try run(.failed, [finding])], seconds: 3.14, history: history)
        let last = try #require(lines.first { $0.hasPrefix("last: ") })
        #expect(
            !last.contains("10:00:11") && last.contains("10:00:12 ✓ 2.0 s · ")
                && last.hasSuffix("10:00:21 ✗ 2.0 s"))
        #expect(lines.last == "watch: verdict FAILED 3.1 s")
        #expect(lines.contains { $0.hasPrefix("evidence  ") })
    }
}
