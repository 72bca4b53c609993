// SPDX-License-Identifier: Apache-2.0

import SystemPackage

@testable import Artifacts

/// A checkout and a kernel tree that take seconds instead of minutes: make runs, kbuild does not.
///
/// The tree's Makefile answers to the same targets and variables as the kernel's, drops the option
/// `CONFIG_REFUSED`, and notes every build and every compiled file beside the tree.
struct FakeKernel {
    let folder: TemporaryFolder

    var home: LabHome { LabHome(root: folder.path.appending("home")) }
    var tree: FilePath { folder.path.appending("linux") }

    init(_ folder: TemporaryFolder) throws {
        self.folder = folder
        try folder.write("CONFIG_SMP=y\nCONFIG_MODULES=y\n", to: "home/images/kernel/config/base.config")
        try folder.write("CONFIG_NR_CPUS=8\n", to: "home/images/kernel/config/release.config")
        try folder.write("CONFIG_KASAN=y\n", to: "home/images/kernel/config/debug.config")
        try write(sourceList: "{ file: pool/linux.tar.xz }")
        try folder.directory("home/images/kernel/patches")
        try folder.write(Self.makefile, to: "linux/Makefile")
        try folder.write(
            Self.core + "EXPORT_SYMBOL_GPL(perf_event_read_local);\n", to: "linux/kernel/events/core.c")
        try folder.write("*.o\n/.config\n/vmlinux\n", to: "linux/.gitignore")
        for number in 0..<101 { try folder.write("int x\(number);\n", to: "linux/drivers/d\(number).c") }
    }

    func write(sourceList tarball: String) throws {
        try folder.write(
            """
            default: 6.18.5
            series: "6.18"
            kernel-org: file:///nonexistent/
            versions:
              6.18.5: { debian: \(tarball) }

            """, to: "home/images/kernel/source.yaml")
    }

    /// The lines that the Makefile noted: "kernel", or the name of a compiled file.
    func builds() -> [String] {
        ((try? Files.text(folder.path.appending("builds"))) ?? "").split(separator: "\n").map(String.init)
    }

    /// A tarball of the tree as kernel.org makes them, and its SHA-256.
    func tarball(_ name: String = "linux.tar.gz") async throws -> (FilePath, String) {
        let file = folder.path.appending(name)
        try await Command(
            action: "pack a test tree", program: "tar",
            arguments: ["--create", "--gzip", "--file", file.string, "linux"], directory: folder.path
        ).check()
        return (file, try await Checksum.of(file: file))
    }

    static let core = "int perf_event_read_local(void)\n{\n\treturn 0;\n}\n"

    /// The lab's patch, for this tree.
    static let exportPatch = """
        perf: export it

        --- a/kernel/events/core.c
        +++ b/kernel/events/core.c
        @@ -2,3 +2,4 @@
         {
         \treturn 0;
         }
        +EXPORT_SYMBOL_GPL(perf_event_read_local);

        """

    private static let makefile = #"""
        VERSION = 6
        PATCHLEVEL = 18
        SUBLEVEL = 5
        EXTRAVERSION =

        here := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
        ifdef M
        include $(M)/$(if $(wildcard $(M)/Kbuild),Kbuild,Makefile)
        .PHONY: modules
        .SECONDARY:
        modules: $(patsubst %.o,$(M)/%.ko,$(obj-m))
        	@printf '%s\n' $(obj-m) >$(M)/modules.order
        	@: >$(M)/Module.symvers
        $(M)/%.ko: $(M)/%.o
        	@cp $< $@
        $(M)/%.o: $(M)/%.c
        	@echo '  CC [M]  $*.o'
        	@echo '$*' >>$(here)/../builds
        	@cd $(M) && gcc $(KCFLAGS) $(ccflags-y) -c -MMD -MT $@ -MF $*.d -o $*.o $*.c
        	@sed -i 's|^ \([^/]\)| $(M)/\1|' $(M)/$*.d
        	@for d in $$(cat $(M)/$*.d); do printf '  %s \\\n' "$$d"; done >$(M)/.$*.o.cmd
        -include $(wildcard $(M)/*.d)
        else
        allnoconfig:
        	@if [ -f $(here)/.config ]; then echo 'The source tree is not clean' >&2; exit 1; fi
        	@grep -v REFUSED $(KCONFIG_ALLCONFIG) >$(O)/.config
        bzImage:
        	@echo kernel >>$(here)/../builds
        	@echo '  CC      init/main.o'
        	@mkdir -p $(O)/arch/x86/boot $(O)/include/config
        	@printf 'image of %s' "$$(cat $(here)/kernel/events/core.c | wc -l)" >$(O)/arch/x86/boot/bzImage
        	@echo $(VERSION).$(PATCHLEVEL).$(SUBLEVEL) >$(O)/include/config/kernel.release
        	@touch $(O)/vmlinux $(O)/System.map $(O)/main.o
        modules: bzImage
        	@touch $(O)/Module.symvers
        endif

        """#
}
