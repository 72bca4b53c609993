// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing

@testable import Artifacts

struct ProgramClosureTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func compile(_ source: String, _ options: [String], to name: String) async throws -> FilePath {
        let file = try folder.write(source, to: name + ".c")
        let output = folder.path.appending(name)
        try await Command(
            action: "compile a test program", program: "gcc",
            arguments: ["-o", output.string, file.string] + options, directory: folder.path
        ).check()
        return output
    }

    @Test func aDynamicProgramBringsItsLoaderAndLibraries() async throws {
        let program = try await compile("int main(void) { return 0; }", [], to: "plain")
        let closure = try await ProgramClosure(of: program)
        let paths = closure.libraries.map(\.path.string)
        #expect(closure.program == Files.realPath(program))
        #expect(paths.contains { $0.hasSuffix("/libc.so.6") })
        #expect(paths.contains("/lib64/ld-linux-x86-64.so.2"))
        #expect(!paths.contains { $0.contains("vdso") })
        #expect(paths == paths.sorted())
        for library in closure.libraries { #expect(Files.exists(library.source), "\(library.source)") }
    }

    /// The real thing: what the closure names, and nothing else, runs the program under another root.
    @Test(.enabled("needs the right to chroot", { geteuid() == 0 }))
    func theClosureIsEnough() async throws {
        let program = try await compile(
            "#include <math.h>\n#include <stdio.h>\nint main(int n, char **v) { printf(\"%.0f\\n\", pow(n, 1)); }",
            ["-lm"], to: "power")
        let root = try folder.directory("root")
        let closure = try await ProgramClosure(of: program)
        for file in closure.libraries + [.init(source: closure.program, path: "/power")] {
            let place = root.appending(file.path.components.map(\.string).joined(separator: "/"))
            try Files.createDirectory(place.removingLastComponent())
            try Files.copy(file.source, to: place)
        }
        var lines: [String] = []
        try await Command(
            action: "run a program in another root", program: "chroot",
            arguments: [root.string, "/power", "a", "b"]
        ).check { lines.append($0) }
        #expect(lines == ["3"])
    }

    /// A library in a folder that the guest's loader does not search moves to one that it does.
    @Test func librariesFromElsewhereGoWhereTheGuestLooks() async throws {
        _ = try await compile("int lab(void) { return 7; }", ["-shared", "-fPIC"], to: "liblab.so")
        let program = try await compile(
            "int lab(void); int main(void) { return lab(); }",
            ["-L\(folder.path)", "-l:liblab.so", "-Wl,-rpath,\(folder.path)"], to: "user")
        let lab = try await ProgramClosure(of: program).libraries.first {
            $0.source.string.contains("liblab")
        }
        #expect(lab?.source == folder.path.appending("liblab.so"))
        #expect(lab?.path == "/usr/lib/x86_64-linux-gnu/liblab.so")
    }

    @Test func aMissingLibraryIsNamed() async throws {
        _ = try await compile("int lab(void) { return 7; }", ["-shared", "-fPIC"], to: "libgone.so")
        let program = try await compile(
            "int lab(void); int main(void) { return lab(); }", ["-L\(folder.path)", "-l:libgone.so"],
            to: "user")
        let error = await artifactError { _ = try await ProgramClosure(of: program) }
        #expect(error?.code == .notFound && error?.reason.contains("libgone.so") == true)
    }

    @Test func aStaticProgramNeedsNothing() async throws {
        let program = try await compile("int main(void) { return 0; }", ["-static"], to: "static")
        #expect(try await ProgramClosure(of: program).libraries.isEmpty)
    }

    @Test func aLinkLeadsToTheProgram() async throws {
        let program = try await compile("int main(void) { return 0; }", ["-static"], to: "static")
        let link = folder.path.appending("link")
        try Files.link(link, to: "static")
        #expect(try await ProgramClosure(of: link).program == Files.realPath(program))
    }

    @Test(arguments: ["#!/bin/sh\nexit 0\n", "", String(repeating: "x", count: 200)])
    func whatIsNoProgramIsRefused(_ content: String) async throws {
        let script = try folder.write(content, to: "script", mode: 0o755)
        let error = await artifactError { _ = try await ProgramClosure(of: script) }
        #expect(error?.code == .invalidInput && error?.subject == Files.realPath(script)?.string)
    }

    /// Headers that point anywhere must end in an error, not in a trap.
    @Test func damagedProgramsAreRefused() async throws {
        let program = try await compile("int main(void) { return 0; }", [], to: "plain")
        let whole = try Files.read(program)
        for length in [64, 70, 200, 700] {
            let file = folder.path.appending("cut")
            try Files.write(whole.prefix(length), to: file, mode: 0o755)
            _ = await artifactError { _ = try ElfFile(path: file).section(".modinfo") }
        }
        // Offsets of the tables, their entry sizes and counts, all bits on.
        for range in [0x20..<0x28, 0x28..<0x30, 0x36..<0x3A, 0x3A..<0x40, 0x28..<0x40] {
            var bytes = whole
            for index in range { bytes[index] = 0xFF }
            let file = folder.path.appending("hostile")
            try Files.write(bytes, to: file, mode: 0o755)
            let elf = try ElfFile(path: file)
            _ = try? elf.section(".modinfo")
            _ = try? elf.interpreter()
        }
    }

    @Test func theLoadersListIsRead() {
        #expect(
            ProgramClosure.parse("\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f00)")
                == .library("/lib/x86_64-linux-gnu/libm.so.6"))
        #expect(ProgramClosure.parse("\tlibz.so.1 => not found") == .missing("libz.so.1"))
        #expect(ProgramClosure.parse("\tlinux-vdso.so.1 (0x00007ffc)") == nil)
        #expect(ProgramClosure.parse("\t/lib64/ld-linux-x86-64.so.2 (0x00007f00)") == nil)
        #expect(ProgramClosure.parse("\tstatically linked") == nil)
    }
}
