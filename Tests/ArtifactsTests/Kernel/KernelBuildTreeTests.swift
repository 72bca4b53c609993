// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import Artifacts

struct KernelBuildTreeTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: [
        ".config", "Module.symvers", "vmlinux", "arch/x86/boot/bzImage", "include/generated/autoconf.h",
        "include/config/auto.conf", "scripts/mod/modpost", "scripts/module.lds", "tools/objtool/objtool",
        "arch/x86/include/generated/asm/syscalls_32.h",
    ])
    func whatModulesNeedStays(_ name: String) { #expect(KernelBuildTree.isNeeded(name)) }

    @Test(arguments: [
        "kernel/fork.o", "vmlinux.o", "kernel/.fork.o.cmd", "scripts/mod/modpost.o", "scripts/.x.cmd",
        "built-in.a", ".vmlinux.objs", "arch/x86/boot/vmlinux.bin", "includes/x.h",
    ])
    func whatTheyDoNotNeedGoes(_ name: String) { #expect(!KernelBuildTree.isNeeded(name)) }

    @Test func reducingLeavesNoEmptyFolder() throws {
        for name in ["vmlinux", "kernel/sched/core.o", "include/generated/x.h", "scripts/a/b.o"] {
            try folder.write("x", to: "build/" + name)
        }
        try KernelBuildTree(path: folder.path.appending("build")).reduce()
        var left: [String] = []
        try Files.walk(folder.path.appending("build")) { path, _ in
            left.append(String(path.string.dropFirst(folder.path.string.count)))
        }
        #expect(
            left.sorted() == [
                "/build/include", "/build/include/generated", "/build/include/generated/x.h",
                "/build/vmlinux",
            ])
    }

    /// make itself says where the relocated folder believes to be.
    @Test func aMovedFolderKnowsItsNewPlace() async throws {
        let source = try folder.directory("source")
        try folder.write("show:\n\t@echo $(KBUILD_OUTPUT) $(CURDIR)\n", to: "source/Makefile")
        let (before, after) = (folder.path.appending("work"), folder.path.appending("final"))
        try folder.write("export KBUILD_OUTPUT = \(before)\n", to: "work/Makefile")
        try Files.link(before.appending("source"), to: "/nowhere")
        try KernelBuildTree(path: before).relocate(to: after, source: source)
        try Files.rename(before, to: after)
        var lines: [String] = []
        try await Command(
            action: "run make", program: "make",
            arguments: ["--no-print-directory", "-C", after.string, "show"]
        ).check { lines.append($0) }
        #expect(lines == ["\(after) \(after)"])
        #expect(Files.realPath(after.appending("source")) == Files.realPath(source))
    }

    /// A pipeline restores its cache where it likes.
    @Test func aCacheThatWasMovedIsNoReasonToFail() throws {
        let source = try folder.directory("source")
        try folder.write("include /old/source/Makefile\n", to: "kernel/build/Makefile")
        let tree = KernelBuildTree(path: folder.path.appending("kernel/build"))
        try Files.link(tree.path.appending("source"), to: "/old/source")
        for _ in 0..<2 {
            try tree.relocateIfMoved(source: source)
            let text = try Files.text(tree.path.appending("Makefile"))
            #expect(
                text.contains("include \(source)/Makefile") && text.contains("KBUILD_OUTPUT = \(tree.path)"))
            #expect(Files.realPath(tree.path.appending("source")) == Files.realPath(source))
        }
    }
}
