// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage
import Testing

@testable import Artifacts

struct ModuleSourcesTests {
    let folder: TemporaryFolder
    private var module: FilePath { folder.path.appending("mod") }

    init() throws { folder = try TemporaryFolder() }

    private func write(_ names: String...) throws { for name in names { try folder.write("x\n", to: name) } }

    @Test func productsAndHiddenFilesStayBehind() throws {
        try folder.write("obj-m += a.o\n", to: "mod/Kbuild")
        try write(
            "mod/a.c", "mod/a.o", "mod/a.ko", "mod/a.mod", "mod/a.mod.c", "mod/.a.o.cmd", "mod/modules.order",
            "mod/Module.symvers", "mod/.git/config", "mod/sub/b.c", "mod/sub/b.o", "mod/blob.o_shipped")
        let sources = try ModuleSources(folder: module)
        #expect(sources.paths == ["Kbuild", "a.c", "blob.o_shipped", "sub/b.c"])
        #expect(sources.base == sources.root && sources.module.isEmpty)
    }

    @Test func linksAreTakenForWhatTheyPointTo() throws {
        try folder.write("obj-m += a.o\n", to: "mod/Kbuild")
        try write("elsewhere/a.c", "elsewhere/sub/deep.h")
        try Files.link(module.appending("a.c"), to: "../elsewhere/a.c")
        try Files.link(module.appending("shared"), to: folder.path.appending("elsewhere").string)
        try Files.link(module.appending("dangling.c"), to: "nowhere")
        // Neither has an end.
        try Files.link(module.appending("self"), to: ".")
        try Files.link(folder.path.appending("elsewhere/sub/up"), to: "../../mod")
        let sources = try ModuleSources(folder: module)
        #expect(sources.paths == ["Kbuild", "a.c", "shared/a.c", "shared/sub/deep.h"])
    }

    @Test func theFolderMayBeALinkOrRelative() throws {
        try folder.write("obj-m += a.o\n", to: "mod/Kbuild")
        try Files.link(folder.path.appending("link"), to: "mod")
        let real = try #require(Files.realPath(module))
        #expect(try ModuleSources(folder: folder.path.appending("link")).root == real)
        #expect(try ModuleSources(folder: FilePath(module.string + "/../mod/.")).root == real)
        // A relative path, without changing the process's working folder under other tests.
        let up = FileManager.default.currentDirectoryPath.split(separator: "/").map { _ in "../" }.joined()
        #expect(try ModuleSources(folder: FilePath(up + real.string.dropFirst())).root == real)
    }

    @Test func aFolderThatIsNoneIsRefused() async throws {
        try write("file")
        for path in [folder.path.appending("none"), folder.path.appending("file")] {
            #expect(await artifactError { _ = try ModuleSources(folder: path) }?.code == .notFound)
        }
    }

    @Test func aHomeFolderIsNoModule() async throws {
        try folder.write("obj-m += a.o\n", to: "mod/Kbuild")
        let large = try folder.write("", to: "mod/large")
        try #require(truncate(large.string, 300 << 20) == 0)
        let error = await artifactError { _ = try ModuleSources(folder: module) }
        #expect(error?.code == .invalidInput && error?.reason.contains("256 MiB") == true)
    }

    @Test func aNewlineInANameIsRefused() async throws {
        try folder.write("obj-m += a.o\n", to: "mod/Kbuild")
        try write("mod/a\n../b.c")
        #expect(await artifactError { _ = try ModuleSources(folder: module) }?.code == .invalidInput)
    }

    private func recipe(_ files: [String: String]) throws -> ModuleRecipe {
        let name = "recipe-\(UInt32.random(in: 0...UInt32.max))"
        for (file, text) in files { try folder.write(text, to: "\(name)/\(file)") }
        try folder.directory(name)
        return try ModuleRecipe(folder: folder.path.appending(name), shown: "SHOWN")
    }

    @Test func theRecipeIsRecognised() throws {
        #expect(try recipe(["Kbuild": "", "Makefile": "all:\n"]).kind == .kbuild)
        #expect(try recipe(["Makefile": "  obj-m := a.o\n"]).kind == .kbuild)
        #expect(try recipe(["Makefile": "obj-$(CONFIG_A) += a.o\n"]).kind == .kbuild)
        #expect(
            try recipe([
                "Makefile": "ifneq ($(KERNELRELEASE),)\nobj-m := a.o\nelse\nall:\n\tmake -C $(KDIR)\nendif"
            ])
            .kind == .kbuild)
        #expect(
            try recipe(["Makefile": "all:\n\t$(MAKE) -C $(KDIR) M=$(CURDIR)/src modules\n"]).kind
                == .makefile(variable: "KDIR"))
        #expect(
            try recipe(["Makefile": "all:\n\t$(MAKE) -C ${KERNEL_SRC} M=$$PWD obj-m=a.o\n"]).kind
                == .makefile(variable: "KERNEL_SRC"))
        #expect(try recipe(["Makefile": "obj-m := a.o\n"]).file == "Makefile")
    }

    @Test(arguments: [[:], ["Makefile": "all:\n\tgcc a.c\n"], ["makefile.txt": "obj-m := a.o"]])
    func aFolderWithoutOneIsRefused(_ files: [String: String]) async {
        let error = await artifactError { _ = try recipe(files) }
        #expect(error?.code == .invalidInput && error?.subject == "SHOWN")
        #expect(error?.remedy?.contains("obj-m") == true)
    }
}

/// Modules that take files from beside their folder.
struct ModuleNeighboursTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func sources(_ files: [String: String], module: String = "mods/a") throws -> ModuleSources {
        for (name, text) in files { try folder.write(text, to: name) }
        return try ModuleSources(folder: folder.path.appending(module))
    }

    @Test func includedFilesComeAlong() throws {
        let sources = try sources([
            "mods/a/Kbuild": "obj-m += a.o\n",
            "mods/a/a.c": "#include \"../b/one.h\"\n# include <linux/module.h>\n",
            "mods/b/one.h": "#include \"two.h\"\n", "mods/b/two.h": "#include \"../../top.h\"\n",
            "top.h": "", "mods/b/unused.h": "", "mods/c/one.h": "",
        ])
        #expect(sources.base == Files.realPath(folder.path))
        #expect(sources.module == "mods/a")
        #expect(
            sources.paths == ["mods/a/Kbuild", "mods/a/a.c", "mods/b/one.h", "mods/b/two.h", "top.h"])
    }

    @Test func foldersNamedInTheMakefileAreSearched() throws {
        let sources = try sources([
            "mods/a/Kbuild": """
            include $(src)/../common.mk
            obj-m += a.o
            a-y := main.o ../lib/util.o  # ../lib/not.o
            ccflags-y := -I$(src)/../include -I../abi
            """,
            "mods/a/main.c": "#include <lab/x.h>\n#include \"y.h\"\n#include \"z.h\"\n#include \"none.h\"\n",
            "mods/common.mk": "ccflags-y += -I$(src)/../more\n", "mods/lib/util.c": "", "mods/lib/not.c": "",
            "mods/include/lab/x.h": "", "mods/abi/y.h": "", "mods/more/z.h": "", "mods/more/unused.h": "",
        ])
        #expect(sources.module == "a")
        #expect(
            sources.paths == [
                "a/Kbuild", "a/main.c", "abi/y.h", "common.mk", "include/lab/x.h", "lib/util.c", "more/z.h",
            ])
    }

    /// `../a/x.h` leads out and in again.
    @Test func whatStaysInsideChangesNothing() throws {
        let sources = try sources([
            "mods/a/Kbuild": "obj-m += a.o\n",
            "mods/a/sub/b.c": "#include \"../x.h\"\n#include \"../../a/x.h\"\n",
            "mods/a/x.h": "",
        ])
        #expect(sources.module.isEmpty && sources.paths == ["Kbuild", "sub/b.c", "x.h"])
    }

    @Test(arguments: [
        ("ccflags-y += -I$(src)/../include -I$(srctree)/x", ["../include"]),
        ("a-y := ../lib/u.o ../../v.o", ["../lib/u.o", "../../v.o"]),
        ("KDIR ?= /lib/modules/x/build", []), ("obj-m := a.o # ../no", []), ("x := a/../b", []),
        ("ccflags-y += -I$(M)/..", [".."]), ("include ${CURDIR}/../c.mk", ["../c.mk"]),
    ])
    func upwardPathsAreFound(_ line: String, _ paths: [String]) {
        #expect(ModuleNeighbours.upwards(line[...]) == paths)
    }
}
