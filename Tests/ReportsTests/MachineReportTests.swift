// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Evidence
import Foundation
import LabEngine
import Subprocess
import SystemPackage
import Testing

@testable import Reports

/// Reports for programs, read by the programs they are for.
@Suite("Reports for machines")
struct MachineReportTests {
    private static func has(_ program: String) -> Bool {
        ["/usr/bin", "/bin", "/usr/local/bin"].contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
        }
    }

    /// kunit.py of a kernel source in the cache, nil where there is none.
    private static let kunitScript: String? = {
        let sources = LabPaths().cache.appending("source").string
        let names = (try? FileManager.default.contentsOfDirectory(atPath: sources)) ?? []
        return names.map { "\(sources)/\($0)/linux/tools/testing/kunit/kunit.py" }
            .first { FileManager.default.fileExists(atPath: $0) }
    }()

    private func report(_ verdicts: [Verdict], problems: [String] = []) throws -> RunsReport {
        RunsReport(runs: try verdicts.map { try ReportFixture.report($0) }, problems: problems)
    }

    /// Every kind of report that there is.
    private func all() throws -> [(report: RunsReport, passes: Bool)] {
        [
            (try report([.passed]), true), (try report([.passed, .passed]), true),
            (try report([.failed, .passed]), false), (try report([.inconclusive]), false),
            (try report([]), false),
            (try report([.passed], problems: ["2 of 3 cells were not run"]), false),
        ]
    }

    /// Runs a program on a file with that text, and returns its status and what it printed.
    private func run(_ program: String, _ arguments: [String], on text: Data) async throws -> (Int32, String)
    {
        let file = FileManager.default.temporaryDirectory.appending(path: "report-\(UUID().uuidString)")
        try text.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let result = try await Subprocess.run(
            .name(program), arguments: Arguments(arguments + [file.path]), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        guard case .exited(let status) = result.terminationStatus else { return (-1, result.standardError) }
        return (status, result.standardOutput + result.standardError)
    }

    @Test(
        "JUnit is valid by the schema",
        .enabled(if: has("xmllint"), "xmllint is not installed (libxml2-utils)"))
    func schema() async throws {
        let schema = FilePath(#filePath).removingLastComponent().appending("junit.xsd").string
        for (report, _) in try all() {
            let (status, text) = try await run(
                "xmllint", ["--noout", "--schema", schema], on: JUnitReport(report).xml())
            #expect(status == 0, "\(text)")
        }
        let (status, _) = try await run(
            "xmllint", ["--noout", "--schema", schema],
            on: Data("<testsuites name=\"x\" skipped=\"1\"/>".utf8))
        #expect(status != 0, "a schema that takes everything would show nothing")
    }

    @Test("What is no pass has a failure or an error in JUnit")
    func junit() throws {
        for (report, passes) in try all() {
            let counts = try XMLCheck().elements(of: JUnitReport(report).xml())
            #expect((counts["failure", default: 0] + counts["error", default: 0] == 0) == passes)
        }
    }

    @Test(
        "prove reads KTAP, and passes what passed",
        .enabled(if: has("prove"), "prove is not installed (perl)"))
    func readByProve() async throws {
        for (report, passes) in try all() {
            let (status, text) = try await run(
                "prove", ["-e", "cat"], on: Data(KtapReport(report).text.utf8))
            #expect((status == 0) == passes, "\(text)\n\(KtapReport(report).text)")
        }
    }

    @Test(
        "kunit.py reads KTAP, and passes what passed",
        .enabled(
            if: has("python3") && kunitScript != nil,
            "no kernel source is in the cache: pacctlab build kernel"))
    func readByKunit() async throws {
        for (report, passes) in try all() {
            let ktap = KtapReport(report).text
            let (status, text) = try await run(
                "python3", [try #require(Self.kunitScript), "parse"], on: Data(ktap.utf8))
            #expect((status == 0) == passes, "\(text)\n\(ktap)")
            #expect(!text.contains("[ERROR]"), "\(text)\n\(ktap)")
        }
    }

    /// Whatever a guest can say to be taken for something else.
    private static let forged = [
        "Subtest: forged", "KTAP version 1", "TAP version 13", "1..0", "ok 1 forged", "not ok 1 forged",
        "ok 1 x # SKIP y", "Bail out!", "a\nok 99 b\n1..0", "\r\n# Subtest: forged", "reboot: System halted",
        "Kernel panic - not syncing: VFS: x", "List of all partitions: x", "x # TODO y", "x # SKIP",
        "\u{1B}[2J", "kunit executor: forged", "",
    ]

    private func hostile(_ verdict: Verdict, _ text: String) throws -> RunReport {
        var run = try ReportFixture.report(verdict)
        run.steps[0].message = text
        run.steps[1].name += " \(text)"
        if verdict == .inconclusive { run.reason = text }
        for place in run.findings.indices {
            (run.findings[place].title, run.findings[place].rule) = (text, text)
            run.findings[place].evidence = Array(repeating: text, count: 40)
        }
        return run
    }

    @Test("Each diagnostic line of KTAP has a label, and each line without an answer its reason")
    func ktapLines() throws {
        for verdict in [Verdict.passed, .failed, .inconclusive] {
            for text in Self.forged {
                let lines = KtapReport(RunsReport(runs: [try hostile(verdict, text)], problems: ["left"]))
                    .text
                    .split(separator: "\n").map { $0.drop { $0 == " " } }
                let comments = lines.filter { $0.hasPrefix("#") }
                #expect(comments.count { $0.hasPrefix("# Subtest: smoke") } == 1)
                #expect(
                    comments.dropFirst().allSatisfy {
                        $0.starts(with: #/# (step|finding|rule|log|folder): /#)
                    }, "\(comments)")
                #expect(
                    lines.count { $0.starts(with: #/(not )?ok /#) } == 5, "two steps, two verdicts, the whole"
                )
                let unclear = lines.filter { $0.contains(" # ERROR inconclusive: ") }
                #expect(unclear.count == (verdict == .inconclusive ? 3 : 1))
                #expect(unclear.last?.hasSuffix("inconclusive: left") == true)
            }
        }
        let text = KtapReport(try report([.inconclusive])).text
        #expect(text.hasSuffix("not ok 1 smoke release 2cpu s7 # ERROR inconclusive: disk full\n"))
        #expect(text.contains("    not ok 3 verdict # ERROR inconclusive: disk full\n"))
    }

    @Test(
        "kunit.py counts the same whatever a guest has said",
        .enabled(
            if: has("python3") && kunitScript != nil,
            "no kernel source is in the cache: pacctlab build kernel"))
    func hostileForKunit() async throws {
        func summary(_ runs: [RunReport]) async throws -> String {
            let ktap = KtapReport(RunsReport(runs: runs)).text
            let (_, text) = try await run(
                "python3", [try #require(Self.kunitScript), "parse"], on: Data(ktap.utf8))
            return text.firstMatch(of: /Ran [0-9]+ tests:.*/).map { String($0.0) } ?? text
        }
        for verdict in [Verdict.passed, .failed, .inconclusive] {
            let plain = Array(repeating: try ReportFixture.report(verdict), count: Self.forged.count)
            let wanted = try await summary(plain)
            try #require(wanted.hasPrefix("Ran \(3 * plain.count) tests"), "\(wanted)")
            #expect(try await summary(try Self.forged.map { try hostile(verdict, $0) }) == wanted)
        }
    }

    @Test(
        "prove fails what is no pass, whatever a guest has said",
        .enabled(if: has("prove"), "no prove (perl)"))
    func hostileForProve() async throws {
        for verdict in [Verdict.passed, .failed, .inconclusive] {
            for text in Self.forged {
                let ktap = KtapReport(RunsReport(runs: [try hostile(verdict, text)])).text
                let (status, output) = try await run("prove", ["-e", "cat"], on: Data(ktap.utf8))
                #expect((status == 0) == (verdict == .passed), "\(output)\n\(ktap)")
                #expect(output.contains("Tests=1,"), "\(output)")
            }
        }
    }

    @Test("However long lines are, each report is one that its reader takes, and says what it lacks")
    func bounded() throws {
        let long = String(repeating: "<#`\"", count: 2_000)
        var run = try hostile(.failed, long)
        run.findings = (0..<21).map { place in
            var finding = run.findings[0]
            finding.signature = "s\(place)"
            finding.evidence = Array(repeating: long, count: 50)
            return finding
        }
        var unclear = try hostile(.inconclusive, long)
        unclear.notes = [long]
        let report = RunsReport(runs: [run, unclear])
        let places = RepositoryPlaces()
        // GitHub refuses a summary of more than a mebibyte.
        let texts = [
            (MarkdownReport(report).text, 1 << 20), (KtapReport(report).text, 4 << 20),
            (GitHubAnnotations(report, places: places).lines.joined(separator: "\n"), 2 << 20),
            (String(decoding: JUnitReport(report).xml(), as: UTF8.self), 10 << 20),
            (try CodeQualityReport(report, places: places).contractJSON(), 1 << 20),
            (
                TerminalReport(style: TerminalStyle(colour: false)).lines(run, records: []).joined(
                    separator: "\n"), 2 << 20
            ),
        ]
        for (text, limit) in texts {
            #expect(text.utf8.count < limit, "\(text.prefix(40)): \(text.utf8.count)")
            #expect(text.contains("more bytes"), "\(text.prefix(40))")
        }
    }

    @Test("An annotation is on the line, once for each finding, and is one line whatever the guest wrote")
    func annotations() throws {
        var runs = try (0..<3).map { _ in try ReportFixture.report(.failed) }
        for place in runs.indices {
            runs[place].findings[0].title = "100 %, done: now\r\n::error::forged"
            runs[place].findings[0].location = "kmod/a,b.c:8"
        }
        let lines = GitHubAnnotations(RunsReport(runs: runs), places: RepositoryPlaces()).lines
        try #require(lines.count == 1)
        #expect(
            lines[0].hasPrefix(
                "::error file=kmod/a%2Cb.c,line=8,title=100 %25%2C done%3A now%0D%0A%3A%3Aerror"))
        #expect(lines[0].contains("seed 7; smoke on release"))
        #expect(!lines[0].contains("\n") && !lines[0].contains("\r"))
        #expect(GitHubAnnotations(try report([.passed]), places: RepositoryPlaces()).lines.isEmpty)
        #expect(
            GitHubAnnotations(try report([.inconclusive]), places: RepositoryPlaces()).lines.first?.hasPrefix(
                "::warning title=") == true)
    }

    @Test("GitLab's report has the finding's file and line, and is a list also without findings")
    func codeQuality() throws {
        let text = try CodeQualityReport(report([.failed, .failed]), places: RepositoryPlaces())
            .contractJSON()
        let list = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
        #expect(list.count == 1 && list[0]["check_name"] as? String == "panic")
        #expect((list[0]["location"] as? [String: Any])?["path"] as? String == "a.c")
        #expect(list[0]["fingerprint"] as? String == "s" && list[0]["severity"] != nil)
        #expect(
            try CodeQualityReport(report([.passed]), places: RepositoryPlaces()).contractJSON(pretty: false)
                == "[]")
    }

    @Test("In Markdown nothing that a guest wrote is markup, and no line of it ends its block")
    func markdown() throws {
        var run = try ReportFixture.report(.failed)
        run.findings[0].title = "<script>alert(1)</script> | [x](javascript:y) `z`"
        run.findings[0].evidence = ["````", "</details><h1>", "\u{1B}[31m"]
        let text = MarkdownReport(RunsReport(runs: [run])).text
        #expect(text.hasPrefix("## pacctlab: ❌ failed"))
        #expect(!text.contains("<script>") && !text.contains("[x](") && !text.contains("\u{1B}"))
        let parts = text.components(separatedBy: "`````")
        #expect(parts.count == 3 && parts[1].contains("</details><h1>"), "\(text)")
        #expect(MarkdownReport(try report([])).text.contains("Nothing was run"))
    }
}
