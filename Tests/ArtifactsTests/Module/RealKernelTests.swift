// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import Artifacts

/// kbuild itself, on small modules in folders of their own.
@Suite(
    .enabled("needs a kernel built before: `pacctlab build kernel`", { BuiltKernel.isThere }),
    .serialized, .timeLimit(.minutes(30)))
struct RealKernelTests {
    let folder: TemporaryFolder
    let kernel: BuiltKernel

    init() throws {
        folder = try TemporaryFolder()
        kernel = try #require(BuiltKernel.find())
    }

    private static let module = """
        #include <linux/module.h>
        static int period = 5;
        module_param(period, int, 0444);
        MODULE_PARM_DESC(period, "Milliseconds");
        static int __init test_init(void) { return 0; }
        static void __exit test_exit(void) { }
        module_init(test_init);
        module_exit(test_exit);
        MODULE_LICENSE("GPL");

        """

    private func build(
        _ name: String = "mod", symbols: [FilePath] = [], defines: [String] = []
    ) async throws -> ModuleArtifact {
        try await ModuleBuilder(store: try folder.store(), jobs: 2).build(
            folder.path.appending(name), against: kernel.target, symbols: symbols, defines: defines)
    }

    @Test func aModuleComesOutAndItsFolderStaysAsItWas() async throws {
        try folder.write("obj-m += test.o\n", to: "mod/Kbuild")
        try folder.write(Self.module, to: "mod/test.c")
        let before = try folder.picture(of: "mod")
        let artifact = try await build()
        #expect(artifact.koFiles.map(\.name) == ["test"] && artifact.wasBuilt && artifact.warnings.isEmpty)
        let info = try #require(artifact.koFiles.first?.info)
        #expect(info.license == "GPL" && info.vermagic.hasPrefix("6.18."))
        #expect(info.parameters == [.init(name: "period", type: "int", text: "Milliseconds")])
        #expect(artifact.log.contains("CC [M]"))
        #expect(try folder.picture(of: "mod") == before)
        let again = try await build()
        #expect(!again.wasBuilt && again.key == artifact.key)
    }

    @Test func onlyWhatChangedIsCompiled() async throws {
        try folder.write("obj-m += test.o\ntest-y := main.o part.o\n", to: "mod/Kbuild")
        try folder.write(Self.module, to: "mod/main.c")
        try folder.write("int part(void);\nint part(void) { return 1; }\n", to: "mod/part.c")
        _ = try await build()
        try folder.write("int part(void);\nint part(void) { return 2; }\n", to: "mod/part.c")
        let log = try await build().log
        #expect(log.contains("part.o") && !log.contains("main.o"))
    }

    @Test func theCompilersLinesNameTheUsersFiles() async throws {
        try folder.write("obj-m += test.o\ntest-y := main.o sub/part.o\n", to: "mod/Kbuild")
        try folder.write(Self.module, to: "mod/main.c")
        try folder.write(
            "#include \"part.h\"\nint part(void)\n{\n\treturn missing;\n}\n", to: "mod/sub/part.c")
        try folder.write("int part(void);\n", to: "mod/sub/part.h")
        let error = await artifactError { _ = try await build() }
        guard case .compileFailed(let lines, let log)? = error?.code else {
            Issue.record("\(error?.description ?? "no error")")
            return
        }
        #expect(error?.isModuleFault == true)
        #expect(lines.first?.file == folder.path.appending("mod/sub/part.c").string)
        #expect(lines.first?.line == 4 && lines.first?.column == 16 && lines.first?.severity == .error)
        #expect(lines.first?.message.contains("missing") == true && !log.contains("/trees/"))
        // Put right, it is built; the error was not kept.
        try folder.write("#include \"part.h\"\nint part(void)\n{\n\treturn 1;\n}\n", to: "mod/sub/part.c")
        #expect(try await build().koFiles.count == 1)
    }

    @Test func missingSymbolsAreNamed() async throws {
        try folder.write("obj-m += test.o\n", to: "mod/Kbuild")
        try folder.write(
            Self.module + "int lab_a(void); int lab_b(void); int lab_use(void);\n"
                + "int lab_use(void) { return lab_a() + lab_b(); }\n", to: "mod/test.c")
        let error = await artifactError { _ = try await build() }
        guard case .missingSymbols(let symbols, _)? = error?.code else {
            Issue.record("\(error?.description ?? "no error")")
            return
        }
        #expect(symbols.sorted() == ["lab_a", "lab_b"] && error?.isModuleFault == true)
    }

    @Test func severalModulesAndSymbolsOfOthers() async throws {
        try folder.write("obj-m += one.o two.o\nobj-m += sub/\n", to: "mod/Kbuild")
        try folder.write("obj-m += three.o\n", to: "mod/sub/Kbuild")
        for name in ["one", "two", "sub/three"] { try folder.write(Self.module, to: "mod/\(name).c") }
        try folder.write(
            Self.module + "int lab_value(void); int lab_value(void) { return 7; }\n"
                + "EXPORT_SYMBOL_GPL(lab_value);\n", to: "mod/one.c")
        let artifact = try await build()
        #expect(Set(artifact.koFiles.map(\.name)) == ["one", "two", "three"])
        try folder.write("obj-m += user.o\n", to: "user/Kbuild")
        try folder.write(
            Self.module + "int lab_value(void); int use(void); int use(void) { return lab_value(); }\n",
            to: "user/user.c")
        let user = try await build("user", symbols: [artifact.moduleSymvers])
        #expect(user.koFiles.first?.info.depends == ["one"])
    }

    @Test func aMakefileThatTakesTheKernelsFolder() async throws {
        try folder.write(
            "KDIR ?= /nonexistent\nall:\n\t$(MAKE) -C $(KDIR) M=$(PWD)/src modules\nclean:\n\tfalse\n",
            to: "mod/Makefile")
        try folder.write("obj-m := test.o\n", to: "mod/src/Kbuild")
        try folder.write(Self.module, to: "mod/src/test.c")
        let before = try folder.picture(of: "mod")
        #expect(try await build().koFiles.map(\.name) == ["test"])
        // $(PWD) is the copy, never the folder we were called from.
        #expect(try folder.picture(of: "mod") == before)
    }

    @Test func aMakefileForBothMakes() async throws {
        try folder.write(
            """
            ifneq ($(KERNELRELEASE),)
            obj-m := test.o
            ccflags-y += -DLAB=1
            else
            KDIR ?= /lib/modules/$(shell uname -r)/build
            all:
            \t$(MAKE) -C $(KDIR) M=$(PWD) modules
            endif
            """, to: "mod/Makefile")
        try folder.write("#if LAB != 1\n#error no flags\n#endif\n" + Self.module, to: "mod/test.c")
        #expect(try await build().koFiles.count == 1)
    }

    @Test func filesOfASiblingFolder() async throws {
        try folder.write("obj-m += test.o\nccflags-y += -I$(src)/../include\n", to: "mods/a/Kbuild")
        try folder.write(
            "#include \"../b/lab.h\"\n#include <value.h>\n" + Self.module + "static int x = LAB + VALUE;\n"
                + "module_param(x, int, 0);\n", to: "mods/a/test.c")
        try folder.write("#define LAB 1\n", to: "mods/b/lab.h")
        try folder.write("#define VALUE 2\n", to: "mods/include/value.h")
        let first = try await build("mods/a")
        #expect(first.koFiles.count == 1)
        try folder.write("#error no value\n", to: "mods/include/value.h")
        let error = await artifactError { _ = try await build("mods/a") }
        guard case .compileFailed(let lines, _)? = error?.code else {
            Issue.record("\(error?.description ?? "no error")")
            return
        }
        #expect(lines.contains { $0.file == folder.path.appending("mods/include/value.h").string })
    }

    /// What is read by an absolute path is no part of the copy, and still part of the key.
    @Test func aHeaderElsewhereIsNoticedWhenItChanges() async throws {
        let header = try folder.write("#define LAB 1\n", to: "elsewhere/lab.h")
        try folder.write(
            "obj-m += test.o\nccflags-y += -I\(header.removingLastComponent())\n", to: "mod/Kbuild")
        try folder.write(
            "#include \"lab.h\"\n" + Self.module + "static int x = LAB; module_param(x, int, 0);\n",
            to: "mod/test.c")
        let first = try await build()
        #expect(try await build().key == first.key)
        try folder.write("#define LAB 2\n", to: "elsewhere/lab.h")
        let second = try await build()
        #expect(second.wasBuilt && second.key != first.key)
        #expect(try Files.read(first.koFiles[0].path) != Files.read(second.koFiles[0].path))
    }

    @Test func optionsChangeTheModule() async throws {
        try folder.write("obj-m += test.o\n", to: "mod/Kbuild")
        try folder.write("#ifdef LAB\n#error asked for\n#endif\n" + Self.module, to: "mod/test.c")
        _ = try await build()
        let error = await artifactError { _ = try await build(defines: ["-DLAB"]) }
        #expect(error?.isModuleFault == true && error?.reason.contains("asked for") == true)
    }

    @Test func aMissingLicenceIsAFaultOfTheModule() async throws {
        try folder.write("obj-m += test.o\n", to: "mod/Kbuild")
        try folder.write("#include <linux/module.h>\nint init_module(void) { return 0; }\n", to: "mod/test.c")
        let error = await artifactError { _ = try await build() }
        #expect(error?.isModuleFault == true && error?.reason.contains("MODULE_LICENSE") == true)
    }
}
