// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import Artifacts

/// The way from a spec to a kernel, with a tree whose build takes no time.
struct KernelBuilderTests {
    let folder: TemporaryFolder
    let kernel: FakeKernel
    let events = Events()

    init() throws {
        folder = try TemporaryFolder()
        kernel = try FakeKernel(folder)
    }

    private func build(
        _ source: KernelSpec.Source? = nil, variant: String = "release", cache: String = "cache"
    ) async throws -> KernelArtifact {
        let paths = LabPaths(cache: folder.path.appending(cache), state: folder.path.appending("state"))
        return try await KernelBuilder(
            store: try ArtifactStore(paths: paths), home: kernel.home, jobs: 1, progress: events.progress
        ).build(KernelSpec(variant: variant, source: source ?? .tree(kernel.tree, privateCopy: false)))
    }

    @Test func aUsersTreeIsBuiltOnceAndNeverWrittenTo() async throws {
        let before = try folder.picture(of: "linux")
        let first = try await build()
        #expect(
            first.wasBuilt && first.release == "6.18.5" && first.sourceTree == Files.realPath(kernel.tree))
        for file in [first.bzImage, first.vmlinux, first.config, first.systemMap, first.moduleSymvers] {
            #expect(Files.exists(file), "\(file)")
        }
        #expect(!Files.exists(first.buildTree.appending("main.o")))
        #expect(Files.realPath(first.buildTree.appending("source")) == first.sourceTree)
        #expect(try Files.text(first.config).contains("CONFIG_NR_CPUS=8"))
        let again = try await build()
        #expect(!again.wasBuilt && again.key == first.key && kernel.builds() == ["kernel"])
        #expect(try folder.picture(of: "linux") == before)
        #expect(try await build(variant: "debug").key != first.key)
    }

    @Test func aChangedTreeIsAnotherKernel() async throws {
        let first = try await build()
        try folder.write("int changed;\n", to: "linux/drivers/d7.c")
        let second = try await build()
        #expect(second.wasBuilt && second.key != first.key)
        // What the tree's own .gitignore calls a product is none of its sources.
        try folder.write("x", to: "linux/drivers/d7.o")
        #expect(try await !build().wasBuilt)
    }

    /// kbuild refuses `O=` for a tree with a `.config` in it; a copy of its sources is as good.
    @Test func aTreeBuiltInPlaceIsCopied() async throws {
        try folder.write("CONFIG_OTHER=y\n", to: "linux/.config")
        let before = try folder.picture(of: "linux")
        let artifact = try await build()
        #expect(artifact.sourceTree != Files.realPath(kernel.tree))
        #expect(events.lines.contains { $0.contains(".config") && $0.contains("private copy") })
        #expect(!Files.exists(artifact.sourceTree.appending(".config")))
        #expect(try folder.picture(of: "linux") == before)
    }

    @Test func aTreeWithoutTheExportIsRefusedOrCopied() async throws {
        try folder.write(FakeKernel.core, to: "linux/kernel/events/core.c")
        try folder.write(FakeKernel.exportPatch, to: "home/images/kernel/patches/0001-export.patch")
        let error = await artifactError { _ = try await build() }
        #expect(error?.code == .missingExport(symbol: "perf_event_read_local"))
        #expect(error?.remedy?.contains("--private-copy") == true && kernel.builds().isEmpty)
        let artifact = try await build(.tree(kernel.tree, privateCopy: true))
        let core = artifact.sourceTree.appending("kernel/events/core.c")
        #expect(try Files.text(core).contains("EXPORT_SYMBOL_GPL(perf_event_read_local);"))
        #expect(try Files.text(kernel.tree.appending("kernel/events/core.c")) == FakeKernel.core)
    }

    @Test func aTreeOfAnotherVersionIsRefused() async throws {
        let makefile = try Files.text(kernel.tree.appending("Makefile"))
        try folder.write(
            "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 9\nEXTRAVERSION = -rc1\n" + makefile,
            to: "linux/Makefile")
        let error = await artifactError { _ = try await build() }
        #expect(error?.code == .wrongVersion(found: "6.12.9-rc1", wanted: "6.18.x"))
        #expect(error?.remedy?.contains("6.18") == true)
    }

    @Test func whatIsNoTreeIsRefused() async throws {
        for path in [folder.path.appending("none"), try folder.directory("empty")] {
            let error = await artifactError { _ = try await build(.tree(path, privateCopy: false)) }
            #expect(error?.code == .notFound)
        }
        try folder.write("VERSION = 6\nPATCHLEVEL = 18\n", to: "part/Makefile")
        try folder.write("EXPORT_SYMBOL_GPL(perf_event_read_local);", to: "part/kernel/events/core.c")
        let error = await artifactError {
            _ = try await build(.tree(folder.path.appending("part"), privateCopy: false))
        }
        #expect(error?.code == .invalidInput && error?.reason.contains("2 source files") == true)
    }

    @Test func anOptionKconfigRefusesStopsTheBuild() async throws {
        try folder.write("CONFIG_REFUSED=y\n", to: "home/images/kernel/config/debug.config")
        let error = await artifactError { _ = try await build(variant: "debug") }
        guard case .optionsRefused(let refused)? = error?.code else {
            Issue.record("\(error?.description ?? "no error")")
            return
        }
        #expect(refused.map(\.wanted) == ["CONFIG_REFUSED=y"] && refused.first?.fragment.stem == "debug")
        #expect(kernel.builds().isEmpty)
        #expect(try Files.names(in: folder.path.appending("cache/work")).isEmpty)
    }

    @Test func aSpaceInThePathIsSaidAtOnce() async throws {
        try Files.rename(kernel.tree, to: folder.path.appending("my linux"))
        let tree = await artifactError {
            _ = try await build(.tree(folder.path.appending("my linux"), privateCopy: false))
        }
        #expect(tree?.code == .invalidInput && tree?.reason.contains("a space") == true)
        #expect(tree?.remedy?.contains("--private-copy") == true)
        let cache = await artifactError { _ = try await build(cache: "my cache") }
        #expect(cache?.remedy?.contains("XDG_CACHE_HOME") == true)
        // The copy's path has none.
        let copied = try await build(.tree(folder.path.appending("my linux"), privateCopy: true))
        #expect(copied.wasBuilt)
    }

    /// The tree changes while it is compiled: the result must not be kept under the old key.
    @Test func aTreeThatChangesMeanwhileIsBuiltAgain() async throws {
        let makefile = try Files.text(kernel.tree.appending("Makefile"))
        let meddling = makefile.replacing(
            "modules: bzImage\n",
            with:
                "modules: bzImage\n\t@[ -e $(here)/../met ] || { echo 'int y;' >$(here)/drivers/d1.c; touch $(here)/../met; }\n"
        )
        try folder.write(meddling, to: "linux/Makefile")
        let artifact = try await build()
        #expect(kernel.builds() == ["kernel", "kernel"])
        #expect(events.lines.contains { $0.contains("changed while it was built") })
        #expect(try await build().key == artifact.key && kernel.builds().count == 2)
    }
}
