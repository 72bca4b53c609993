// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import SystemPackage
import Testing

@testable import Reports

/// Places as a forge wants them, whatever folder pacctlab was started in.
@Suite("Places in a repository")
struct RepositoryPlacesTests {
    /// `project/` is a repository with `drivers/mine/a.c` in it, and `project/drivers/part` one of its own; `loose/a.c` is
    /// in none.
    private final class Files {
        let root: FilePath

        init() throws {
            // /tmp itself may be a link.
            let url = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
                .appending(path: "places-\(UUID().uuidString)")
            root = FilePath(url.path)
            for folder in ["project/.git", "project/drivers/mine", "project/drivers/part", "loose"] {
                try FileManager.default.createDirectory(
                    at: url.appending(path: folder), withIntermediateDirectories: true)
            }
            for file in [
                "project/drivers/mine/a.c", "project/drivers/part/a.c", "project/drivers/part/.git",
                "loose/a.c",
            ] {
                try Data().write(to: url.appending(path: file))
            }
        }

        deinit { try? FileManager.default.removeItem(atPath: root.string) }

        /// As `FILE:LINE`, with a `!` before what is in no repository.
        func place(
            _ location: String, from working: String, module: String? = nil,
            environment: [String: String] = [:]
        ) -> String? {
            let places = RepositoryPlaces(
                roots: [root.pushing(FilePath(working)), "/nowhere"], environment: environment)
            return places.place(location, module: module.map { root.pushing(FilePath($0)) }).map {
                ($0.isInRepository ? "" : "!") + "\($0.file):\($0.line)"
            }
        }
    }

    @Test("From the root, from below it, from the module's folder and from elsewhere: always the same")
    func workingFolders() throws {
        let files = try Files()
        let wanted = "drivers/mine/a.c:7"
        let module = "project/drivers/mine"
        #expect(files.place("drivers/mine/a.c:7", from: "project", module: module) == wanted)
        #expect(files.place("mine/a.c:7", from: "project/drivers", module: module) == wanted)
        #expect(files.place("a.c:7", from: module, module: module) == wanted)
        #expect(
            files.place("\(files.root)/project/drivers/mine/a.c:7", from: "loose", module: module) == wanted)
        #expect(files.place("mine/a.c:7", from: "project/drivers") == wanted, "a report that names no module")
    }

    @Test("What is in no repository, or in another one, has no line there")
    func outside() throws {
        let files = try Files()
        #expect(files.place("loose/a.c:7", from: "", module: "loose") == "!loose/a.c:7")
        #expect(
            files.place("project/drivers/mine/a.c:7", from: "", module: "loose")
                == "!project/drivers/mine/a.c:7")
        let checkout = ["GITHUB_WORKSPACE": "\(files.root)/project"]
        #expect(
            files.place("loose/a.c:7", from: "", module: "loose", environment: checkout) == "!loose/a.c:7")
    }

    @Test("In a pipeline its checkout is the root; a checkout in a folder of its own is one, too")
    func pipelines() throws {
        let files = try Files()
        let module = "project/drivers/part"
        func place(_ environment: [String: String]) -> String? {
            files.place("drivers/part/a.c:7", from: "project", module: module, environment: environment)
        }
        #expect(place([:]) == "a.c:7", "the repository around the module is the submodule")
        #expect(place(["GITHUB_WORKSPACE": "\(files.root)/project"]) == "drivers/part/a.c:7")
        #expect(place(["CI_PROJECT_DIR": "\(files.root)/project"]) == "drivers/part/a.c:7")
        #expect(place(["GITHUB_WORKSPACE": "", "CI_PROJECT_DIR": ""]) == "a.c:7")
        // actions/checkout with a path: the workspace itself is no repository.
        #expect(place(["GITHUB_WORKSPACE": "\(files.root)"]) == "drivers/part/a.c:7")
        #expect(
            files.place(
                "loose/a.c:7", from: "", module: "loose", environment: ["CI_PROJECT_DIR": "\(files.root)"])
                == "loose/a.c:7", "a tree that somebody unpacked there")
    }

    @Test("Of two files with one name it is the module's")
    func twins() throws {
        let files = try Files()
        let places = RepositoryPlaces(
            roots: [files.root.appending("loose"), files.root.appending("project/drivers/mine")])
        let found = places.place("a.c:7", module: files.root.appending("project/drivers/mine"))
        #expect(found?.file == "drivers/mine/a.c" && found?.line == 7 && found?.isInRepository == true)
    }

    @Test("Through a link it is the file that the link is about")
    func links() throws {
        let files = try Files()
        let link = files.root.appending("link").string
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "\(files.root)/project")
        #expect(
            files.place("drivers/mine/a.c:7", from: "link", module: "link/drivers/mine")
                == "drivers/mine/a.c:7")
        #expect(
            files.place(
                "drivers/mine/a.c:7", from: "project", module: "project/drivers/mine",
                environment: ["GITHUB_WORKSPACE": link]) == "drivers/mine/a.c:7")
    }

    @Test("No place, no line")
    func nothing() throws {
        let files = try Files()
        for text in ["a.c", "a.c:0", ":3", "a.c:x", ""] { #expect(files.place(text, from: "loose") == nil) }
        #expect(
            files.place("gone.c:3", from: "loose", module: "loose") == "gone.c:3", "it may have been there")
    }

    @Test("An annotation for a file outside has no line, and says where it is; GitLab's report has the path")
    func annotations() throws {
        let files = try Files()
        var run = try ReportFixture.report(.failed)
        (run.module, run.findings[0].location) = (files.root.appending("loose").string, "a.c:8")
        let report = RunsReport(runs: [run])
        let places = RepositoryPlaces(roots: [files.root.appending("loose")])
        let line = try #require(GitHubAnnotations(report, places: places).lines.first)
        #expect(
            line.hasPrefix("::error title=") && line.contains("at a.c:8, which is outside of the repository"))
        #expect(try CodeQualityReport(report, places: places).contractJSON().contains("\"path\" : \"a.c\""))
        run.module = files.root.appending("project/drivers/mine").string
        let inside = RunsReport(runs: [run])
        let mine = RepositoryPlaces(roots: [files.root.appending("project/drivers/mine")])
        #expect(
            GitHubAnnotations(inside, places: mine).lines.first?.hasPrefix(
                "::error file=drivers/mine/a.c,line=8,")
                == true)
        #expect(
            try CodeQualityReport(inside, places: mine).contractJSON().contains(
                "\"path\" : \"drivers/mine/a.c\""))
    }
}
