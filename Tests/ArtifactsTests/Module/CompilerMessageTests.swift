// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Artifacts

struct CompilerMessageTests {
    @Test(arguments: [
        (
            "main.c:3:9: error: expected ';' before 'return'", "main.c", 3, 9, "error",
            "expected ';' before 'return'"
        ),
        (
            "sub/a.c:12:1: warning: unused variable 'x' [-Wunused]", "sub/a.c", 12, 1, "warning",
            "unused variable 'x' [-Wunused]"
        ),
        ("a.h:7: note: declared here", "a.h", 7, nil, "note", "declared here"),
        (
            "a.c:1:10: fatal error: no.h: No such file or directory", "a.c", 1, 10, "error",
            "no.h: No such file or directory"
        ),
        ("/abs/x.h:5:3: error: a: b: error: c", "/abs/x.h", 5, 3, "error", "a: b: error: c"),
        ("../common/x.h:5:3: error: y", "../common/x.h", 5, 3, "error", "y"),
    ])
    func theLinesOfGccAreRead(
        _ text: String, _ file: String, _ line: Int, _ column: Int?, _ severity: String, _ message: String
    ) throws {
        let read = try #require(CompilerMessage(line: text))
        #expect(read.file == file && read.line == line && read.column == column)
        #expect(read.severity.rawValue == severity && read.message == message)
    }

    @Test(arguments: [
        "", "  CC [M]  main.o", "make[2]: *** [Makefile:3: main.o] Error 1",
        "ERROR: modpost: \"foo\" [m.ko] undefined!", "In file included from main.c:3:",
        "cc1: some error: x", "gcc: error: unrecognized option", "a b.c:3:1: error: x", ": error: x",
        "main.c:x:y: error: z", "main.c: In function 'f':", "cc1: all warnings being treated as errors",
        "main.c:99999999999999999999:1: error: x",
    ])
    func otherLinesAreNot(_ text: String) { #expect(CompilerMessage(line: text) == nil) }

    @Test func printedAgainAsGccDoes() throws {
        for text in ["main.c:3:9: error: x", "main.c:3: warning: y"] {
            #expect(try #require(CompilerMessage(line: text)).description == text)
        }
    }

    @Test func makesOwnComplaintsAreRead() {
        let message = CompilerMessage(makeLine: "Kbuild:3: *** missing separator.  Stop.")
        #expect(message?.file == "Kbuild" && message?.line == 3)
        #expect(message?.message == "missing separator.  Stop.")
        #expect(CompilerMessage(makeLine: "make[1]: *** [x:240: __sub-make] Error 2") == nil)
        #expect(CompilerMessage(makeLine: "make: *** No rule to make target 'x'.  Stop.") == nil)
    }
}

struct ModuleOutputTests {
    private func output(_ lines: [String], module: String = "") -> ModuleOutput {
        var output = ModuleOutput(
            copy: ModuleCopy(tree: "/cache/trees/t", module: module), buildFile: "Makefile")
        for line in lines { output.take(line) }
        return output
    }

    private func shown(_ line: String, module: String, folder: String) -> String? {
        output([line], module: module).messages.first
            .map { ModulePaths.shown($0, folder: .init(folder)).file }
    }

    @Test func filesAreNamedAsTheUserWould() {
        #expect(shown("main.c:1:1: error: x", module: "", folder: "kmod/a") == "kmod/a/main.c")
        #expect(shown("./sub/b.c:1:1: error: x", module: "", folder: "/abs/a") == "/abs/a/sub/b.c")
        #expect(shown("/cache/trees/t/src/main.c:1:1: error: x", module: "", folder: ".") == "main.c")
        #expect(
            shown("/usr/src/linux/x.h:1:1: error: x", module: "", folder: "kmod/a") == "/usr/src/linux/x.h")
        // A sibling folder, by the path that was included and by the one in the cache.
        #expect(shown("../b/x.h:1:1: error: x", module: "mods/a", folder: "mods/a") == "mods/b/x.h")
        #expect(
            shown("/cache/trees/t/src/mods/b/x.h:1:1: error: x", module: "mods/a", folder: ".") == "../b/x.h")
        #expect(
            shown("/cache/trees/t/src/common/x.h:1:1: error: x", module: "mods/a", folder: "/u/mods/a")
                == "/u/common/x.h")
        // Of the copy's folder, but not below it.
        #expect(
            shown("/cache/trees/t/srcs/x.h:1:1: error: x", module: "", folder: "a")
                == "/cache/trees/t/srcs/x.h")
    }

    @Test func missingSymbolsAreNamedOnce() {
        let output = output([
            "ERROR: modpost: \"perf_event_read_local\" [/cache/a.ko] undefined!",
            "ERROR: modpost: \"other\" [/cache/a.ko] undefined!",
            "ERROR: modpost: \"other\" [/cache/b.ko] undefined!",
            "ERROR: modpost: GPL-incompatible module a.ko uses GPL-only symbol 'gpl_only'",
            "WARNING: modpost: suppressed 12 unresolved symbol warnings because there were too many)",
        ])
        #expect(output.missingSymbols == ["perf_event_read_local", "other", "gpl_only"])
        #expect(output.symbolsSuppressed && output.messages.isEmpty)
    }

    @Test func otherComplaintsOfModpostPointToTheBuildFile() {
        let output = output(["ERROR: modpost: missing MODULE_LICENSE() in a.o"])
        #expect(output.missingSymbols.isEmpty)
        #expect(
            output.messages.map(\.description)
                == ["./Makefile:1: error: modpost: missing MODULE_LICENSE() in a.o"])
    }

    @Test func warningsDoNotCountAsFailuresBesideErrors() {
        let both = output(["a.c:1:1: warning: w", "a.c:2:1: error: e", "a.c:3:1: note: n"])
        #expect(both.failures.map(\.message) == ["e", "n"])
        #expect(output(["a.c:1:1: warning: w"]).failures.map(\.message) == ["w"])
    }

    @Test func coloursAreTakenOff() {
        let output = output([
            "\u{1B}[01m\u{1B}[Ka.c:2:5:\u{1B}[m\u{1B}[K \u{1B}[01;31m\u{1B}[Kerror: \u{1B}[m\u{1B}[Kwrong \u{1B}["
        ])
        #expect(output.messages.map(\.description) == ["./a.c:2:5: error: wrong "])
    }

    @Test(arguments: [
        "gcc: fatal error: Killed signal terminated program cc1",
        "cc1: out of memory allocating 65536 bytes after a total of 1 bytes",
        "a.c:3:1: internal compiler error: Segmentation fault",
    ])
    func whatTheModuleIsNotToBlameFor(_ line: String) { #expect(output([line]).hadAccident) }

    @Test func aFloodIsBounded() {
        let output = output((1...5000).map { "a.c:\($0):1: error: \($0)" })
        #expect(output.messages.count == 500 && output.messages.first?.line == 1)
    }
}
