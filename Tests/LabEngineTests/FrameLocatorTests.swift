// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Evidence
import Foundation
import Subprocess
import SystemPackage
import Testing

@testable import LabEngine

/// Stacks of an object that the compiler has just made, inlined functions and a foreign header included.
@Suite("Decoded stacks")
struct FrameLocatorTests {
    private let source = """
        #include "kernel.h"
        static inline __attribute__((always_inline)) void middle(int *p)
        {
        	in_header(p);
        	*p /= 3;
        }
        __attribute__((noinline)) int outer(int *p)
        {
        	int before = *p;
        	middle(p);
        	return before;
        }
        """
    private let header = """
        static inline __attribute__((always_inline)) void in_header(int *p)
        {
        	*(volatile int *)p = 1;
        }
        """

    /// Compiles the source, and gives the locator of a module `m` in the folder, and the object's own size of `outer`.
    private func withObject(_ body: (FrameLocator, FilePath) async throws -> Void) async throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "locate-\(UUID().uuidString)")
        let folder = FilePath(url.path)
        for part in ["module", "linux/include"] {
            try FileManager.default.createDirectory(
                at: url.appending(path: part), withIntermediateDirectories: true)
        }
        defer { try? FileManager.default.removeItem(at: url) }
        try Data(source.utf8).write(to: url.appending(path: "module/m.c"))
        try Data(header.utf8).write(to: url.appending(path: "linux/include/kernel.h"))
        let object = folder.appending("m.o")
        let made = try await Subprocess.run(
            .name("gcc"),
            arguments: [
                "-g", "-O1", "-c", "-I\(folder)/linux/include", "\(folder)/module/m.c", "-o", object.string,
            ], output: .discarded, error: .string(limit: 1 << 16))
        try #require(made.terminationStatus.isSuccess, "\(made.standardError)")
        let locator = FrameLocator(
            modules: [
                "m": .init(
                    object: object, compiledIn: folder.appending("module"), folder: folder.appending("module")
                )
            ],
            paths: ShownPaths(home: try LabHome.find(), working: folder.string),
            kernelTree: folder.appending("linux"))
        try await body(locator, object)
    }

    /// The frame of a return address within `outer`, and whatever frames lie around it.
    private func finding(offset: UInt64, evidence: [String] = []) -> Finding {
        Finding(
            crashClass: .warning, title: "t", evidence: evidence,
            frames: [
                StackFrame(function: "dump_stack", offset: 1, size: 9),
                StackFrame(function: "outer", offset: offset, module: "m"),
                StackFrame(function: "outer", offset: 1, module: "another"),
            ])
    }

    @Test("Each instruction of a function has its line, with what is inlined there, innermost first")
    func stacks() async throws {
        try await withObject { locator, _ in
            var seen: Set<[String]> = []
            for offset in UInt64(1)..<40 {
                let located = await locator.locate([finding(offset: offset)])[0]
                let frame = located.frames[1]
                seen.insert(
                    frame.inlined.map { "\($0.function) \($0.location ?? "")" } + [frame.location ?? ""])
                // What is to blame is in the module, never in a header of the kernel.
                #expect(located.location?.hasPrefix("module/m.c:") ?? true)
                #expect(located.frames[0].location == nil && located.frames[2].location == nil)
            }
            #expect(seen.contains(["module/m.c:9"]), "\(seen)")
            #expect(seen.contains(["middle module/m.c:5", "module/m.c:10"]), "\(seen)")
            #expect(
                seen.contains(["in_header include/kernel.h:3", "middle module/m.c:4", "module/m.c:10"]),
                "\(seen)")
        }
    }

    @Test("A dump's own place of a frame stays, named as people know it")
    func dump() async throws {
        try await withObject { locator, object in
            let folder = object.removingLastComponent()
            var finding = finding(offset: 1)
            finding.location = "known:1"
            finding.frames[0].location = "\(folder)/linux/kernel/sched/core.c:77"
            finding.frames[2].location = "\(folder)/module/m.c:11"
            let located = await locator.locate([finding])[0]
            #expect(located.location == "known:1")
            #expect(
                located.frames.map(\.location) == ["kernel/sched/core.c:77", "module/m.c:9", "module/m.c:11"])
        }
    }

    @Test("A stack without end is kept in part, and many findings cost no more than a few")
    func bounded() async throws {
        try await withObject { locator, _ in
            var deep = finding(offset: 1)
            deep.frames = Array(repeating: deep.frames[1], count: 5000)
            let start = ContinuousClock.now
            let located = await locator.locate(Array(repeating: deep, count: 200))
            #expect(located.allSatisfy { $0.frames.count == FrameLocator.framesKept })
            #expect(located.allSatisfy { $0.frames.allSatisfy { $0.location == "module/m.c:9" } })
            // One address, asked for once: 8000 questions would take minutes.
            #expect(start.duration(to: .now) < .seconds(60))
        }
    }

    @Test("What eu-addr2line prints")
    func output() {
        let text = """
            mid inlined at /m/x.c:10:2 in outer
            /m/x.c:5:5
            outer
            /m/x.c:10
            ??
            ??:0
            """
        let calls = SourceCall.calls(in: text)
        #expect(calls.map(\.function) == ["mid", "outer"] && calls.map(\.line) == [5, 10])
        #expect(calls.allSatisfy { $0.file == "/m/x.c" })
        #expect(SourceCall("a:b.c:3", function: nil)?.file == "a:b.c")
        #expect(SourceCall("a.c:0", function: nil) == nil && SourceCall("a.c", function: nil) == nil)
        #expect(SourceCall.calls(in: "").isEmpty && SourceCall.calls(in: "alone").isEmpty)
    }
}
