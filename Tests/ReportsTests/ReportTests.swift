// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine
import Testing

@testable import Reports

@Suite("Reports")
struct ReportTests {
    private func run(_ verdict: Verdict) throws -> RunReport { try ReportFixture.report(verdict) }

    @Test("The contract's keys are in the JSON")
    func json() throws {
        let text = try RunsReport(runs: [run(.failed)]).contractJSON()
        let document = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(document["verdict"] as? String == "failed")
        let first = try #require((document["runs"] as? [[String: Any]])?.first)
        for key in [
            "id", "scenario", "variant", "accel", "pmu", "seed", "verdict", "duration_s", "guest_ready_s",
            "findings",
            "energy", "conservation", "residue", "steps", "directory",
        ] { #expect(first[key] != nil, "\(key)") }
        let finding = try #require((first["findings"] as? [[String: Any]])?.first)
        #expect(finding["class"] as? String == "panic")
        #expect((finding["frames"] as? [[String: Any]])?.isEmpty == true)
        #expect((first["energy"] as? [String: Any])?["total_uj"] as? Int == 5)
        #expect((first["energy"] as? [String: Any])?["max_error_uj"] as? Int == 0)
    }

    @Test("JUnit is well-formed XML, whatever a guest has written")
    func junit() throws {
        for verdict in [Verdict.passed, .failed, .inconclusive] {
            let xml = JUnitReport(RunsReport(runs: [try run(verdict)])).xml()
            let parser = XMLCheck()
            let counts = try parser.elements(of: xml)
            #expect(counts["testcase"] == 3)
            #expect(counts["failure", default: 0] == (verdict == .failed ? 1 : 0))
            #expect(counts["error", default: 0] == (verdict == .inconclusive ? 1 : 0))
            #expect(counts["skipped"] == 1)
        }
    }

    @Test("The terminal's report says where, what and why, without colour when none is wanted")
    func terminal() throws {
        let report = TerminalReport(style: TerminalStyle(colour: false))
        let record = EnergyRecord(seq: 0, comm: "sha1sum", pid: 71, energyUj: 5, counts: [1, 2])
        let passed = report.lines(try run(.passed), records: [record]).joined(separator: "\n")
        #expect(passed.contains("TCG (no KVM: it hangs)"))
        #expect(passed.contains("PASSED"))
        #expect(passed.contains("sha1sum"))
        #expect(passed.contains("residue   nothing is left; leaks were not looked for"))
        #expect(passed.contains("counted   6.0 s of 8.0 s that CPUs were there, of that 500 ms for nobody"))
        #expect(passed.contains("results/r1"))
        #expect(!passed.contains("\u{1B}"))
        let failed = report.lines(try run(.failed), records: []).joined(separator: "\n")
        #expect(failed.contains("a.c:8: kernel panic"))
        #expect(!failed.contains("\u{1B}"), "what a guest writes must not steer the terminal")
        let unclear = report.lines(try run(.inconclusive), records: []).joined(separator: "\n")
        #expect(unclear.contains("INCONCLUSIVE  disk full"))
        let coloured = TerminalReport(style: TerminalStyle(colour: true)).lines(try run(.passed), records: [])
        #expect(coloured.joined().contains("\u{1B}[1;32mPASSED"))
    }

    @Test("Columns line up")
    func table() {
        var table = TextTable(header: ["a", "number"], rightAligned: [1])
        table.add(["long cell", "7"])
        #expect(table.lines(indent: " ") == [" a          number", " long cell       7"])
    }
}
