// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import Artifacts

struct ModuleCopyTests {
    let folder: TemporaryFolder
    private let copy: ModuleCopy

    init() throws {
        folder = try TemporaryFolder()
        copy = ModuleCopy(tree: folder.path.appending("tree"), module: "")
        try folder.write("obj-m += a.o\n", to: "mod/Kbuild")
        try folder.write("int a;\n", to: "mod/a.c")
        try folder.write("int b;\n", to: "mod/sub/b.c", mode: 0o444)
    }

    private func sync() throws {
        try copy.sync(from: try ModuleSources(folder: folder.path.appending("mod")))
    }
    private func inCopy(_ name: String) -> FilePath { copy.path.appending(name) }

    @Test func onlyWhatChangedIsTouched() throws {
        try sync()
        #expect(try Files.text(inCopy("sub/b.c")) == "int b;\n")
        let before = try folder.picture(of: "tree/src")
        try Files.write("object", to: inCopy("a.o"))
        // The same content, written again: make must not notice.
        try folder.write("int a;\n", to: "mod/a.c")
        try sync()
        #expect(try folder.picture(of: "tree/src").filter { !$0.contains("/a.o ") } == before)
        try folder.write("int b2;\n", to: "mod/sub/b.c")
        try sync()
        #expect(try Files.text(inCopy("sub/b.c")) == "int b2;\n" && Files.exists(inCopy("a.o")))
    }

    @Test func theUsersFolderIsOnlyRead() throws {
        let before = try folder.picture(of: "mod")
        try sync()
        try Files.write("changed", to: inCopy("a.c"))
        try sync()
        #expect(try folder.picture(of: "mod") == before)
        #expect(try Files.text(inCopy("a.c")) == "int a;\n")
    }

    /// The object of a source that is gone would be linked for ever; a new header may hide another.
    @Test(arguments: ["remove", "add", "file to folder", "folder to file"])
    func filesThatComeOrGoStartAnew(_ change: String) throws {
        try sync()
        for name in ["a.o", "sub/b.o"] { try Files.write("object", to: inCopy(name)) }
        switch change {
        case "remove": try Files.remove(folder.path.appending("mod/a.c"))
        case "add": try folder.write("", to: "mod/b.h")
        case "file to folder":
            try Files.remove(folder.path.appending("mod/a.c"))
            try folder.write("int a;\n", to: "mod/a.c/a.c")
        default:
            try Files.remove(folder.path.appending("mod/sub"))
            try folder.write("int sub;\n", to: "mod/sub")
        }
        try sync()
        #expect(!Files.exists(inCopy("a.o")) && !Files.exists(inCopy("sub/b.o")))
        let sources = try ModuleSources(folder: folder.path.appending("mod"))
        for name in sources.paths {
            #expect(try Files.read(inCopy(name)) == Files.read(sources.root.appending(name)), "\(name)")
        }
    }

    @Test func modulesAreThoseKbuildLists() throws {
        #expect(try copy.modules().isEmpty)
        try folder.write("one.o\nsub/two.o\n/abs/three.ko\n", to: "tree/src/modules.order")
        try folder.write("two.o\n", to: "tree/src/sub/modules.order")
        #expect(try copy.modules() == [inCopy("one.ko"), inCopy("sub/two.ko"), "/abs/three.ko"])
        try Files.remove(inCopy("modules.order"))
        #expect(try copy.modules() == [inCopy("sub/two.ko")])
        try copy.removeOrders()
        #expect(try copy.modules().isEmpty)
    }

    @Test func whatTheCompilerReadElsewhereIsFound() throws {
        try folder.write(
            """
            deps_a.o := \\
              ../b.h \\
              /kernel/include/linux/module.h \\
                $(wildcard include/config/SMP) \\
              /usr/lib/gcc/x86_64-linux-gnu/12/include/stdarg.h \\
              /opt/lab/x.h \\
              \(copy.top)/own.h \\
              /opt/lab/x.h \\
              /kernel2/y.h \\

            """, to: "tree/src/.a.o.cmd")
        let found = try copy.foreigners(besides: ["/kernel"])
        #expect(found == ["/kernel2/y.h", "/opt/lab/x.h"])
        #expect(copy.knownForeigners().isEmpty)
        try copy.remember(foreigners: found)
        #expect(copy.knownForeigners() == found)
    }
}
