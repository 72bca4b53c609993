// SPDX-License-Identifier: Apache-2.0

import DashboardFixture
import Foundation
import Reports
import RunStore
import Testing

@testable import Dashboard

@Suite("The page of a run, from its folder")
struct ReportViewTests {
    @Test("The report comes with links, and with a policy that lets its own script run and no other")
    func report() async throws {
        let sampled = try Sampled(runs: 1, reports: 1)
        let answer = try await sampled.ask("/campaigns/sample/runs/1")
        let policy = answer.header("Content-Security-Policy")
        #expect(policy.contains("script-src 'sha256-") && policy.contains("frame-ancestors 'none'"))
        #expect(!policy.contains("script-src 'unsafe-inline'"))
        #expect(answer.text.contains("<a href=\"/campaigns/sample/runs\">runs</a>"))
        #expect(answer.text.contains(PageStyle.script), "the script that the policy has the sum of")
    }

    @Test("Nothing but a regular file in a folder of the campaign is shown")
    func outside() async throws {
        let sampled = try Sampled()
        let (files, top) = (FileManager.default, sampled.sample.directory)
        let secret = sampled.folder.appending(path: "secret")
        try files.createDirectory(at: secret, withIntermediateDirectories: true)
        try Data("<body>SECRET".utf8).write(to: secret.appending(path: "report.html"))
        // The folder is a link; the file is one; it is a folder; it is a pipe, which nobody writes to.
        try files.createSymbolicLink(at: top.appending(path: "linked"), withDestinationURL: secret)
        for name in ["file", "folder", "pipe"] {
            try files.createDirectory(at: top.appending(path: name), withIntermediateDirectories: true)
        }
        try files.createSymbolicLink(
            at: top.appending(path: "file/report.html"),
            withDestinationURL: secret.appending(path: "report.html"))
        try files.createDirectory(
            at: top.appending(path: "folder/report.html"), withIntermediateDirectories: true)
        #expect(mkfifo(top.appending(path: "pipe/report.html").path, 0o600) == 0)
        for (seed, folder) in [
            "linked", "file", "folder", "pipe", "../../secret", "..", ".", secret.path, "",
        ]
        .enumerated() {
            let id = try sampled.add(Int64(seed + 1), folder: folder)
            let answer = try await sampled.ask("/campaigns/sample/runs/\(id)")
            #expect(answer.status == 200 && !answer.text.contains("SECRET"), "\(folder)")
            #expect(
                answer.text.contains("smoke/release/2cpu/s\(seed + 1)"), "what the store knows: \(folder)")
        }
        for path in [
            "/campaigns/sample/runs/../../../secret", "/campaigns/%2e%2e%2fsecret", "/../etc/passwd",
        ] {
            #expect(try await sampled.ask(path).status == 404, "\(path)")
        }
    }

    @Test("A report too large to be one of ours is not read")
    func large() async throws {
        let sampled = try Sampled()
        let folder = sampled.sample.directory.appending(path: "large")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: "report.html")
        #expect(FileManager.default.createFile(atPath: file.path, contents: Data("<body>".utf8)))
        #expect(truncate(file.path, 33 << 20) == 0)
        let id = try sampled.add(1, folder: "large")
        #expect(try await sampled.ask("/campaigns/sample/runs/\(id)").text.contains("too large"))
    }
}
