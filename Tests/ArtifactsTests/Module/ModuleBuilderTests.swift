// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing

@testable import Artifacts

/// What is kept and what is built again, with a kernel tree whose "kbuild" takes no time and says what it
/// compiled. ``RealKernelTests`` have the real one.
struct ModuleBuilderTests {
    let folder: TemporaryFolder
    let kernel: FakeKernel

    init() throws {
        folder = try TemporaryFolder()
        kernel = try FakeKernel(folder)
        try folder.write("obj-m := a.o b.o\n", to: "mod/Kbuild")
        try folder.write(Self.module("1"), to: "mod/a.c")
        try folder.write(Self.module("2"), to: "mod/b.c")
    }

    private static func module(_ value: String) -> String {
        "__attribute__((section(\".modinfo\"))) char licence[] = \"license=GPL\";\nint x = \(value);\n"
    }

    private func build(_ name: String = "mod", progress: BuildProgress = .silent) async throws
        -> ModuleArtifact
    {
        try await ModuleBuilder(store: try folder.store(), jobs: 1, progress: progress).build(
            folder.path.appending(name), against: .init(buildTree: kernel.tree, key: "k"))
    }

    @Test func onlyWhatChangedIsCompiled() async throws {
        let first = try await build()
        #expect(first.koFiles.map(\.name) == ["a", "b"] && kernel.builds() == ["a", "b"])
        #expect(try await !build().wasBuilt && kernel.builds().count == 2)
        let bytes = try Files.read(first.koFiles[1].path)
        try folder.write(Self.module("3"), to: "mod/b.c")
        let second = try await build()
        #expect(second.key != first.key && kernel.builds() == ["a", "b", "b"])
        // The first is still what it was.
        #expect(try Files.read(first.koFiles[1].path) == bytes)
        #expect(try Files.read(second.koFiles[1].path) != bytes)
        try folder.write(Self.module("2"), to: "mod/b.c")
        #expect(try await build().key == first.key && kernel.builds().count == 3)
    }

    @Test func anObjectWithoutASourceIsNotLinked() async throws {
        _ = try await build()
        try Files.remove(folder.path.appending("mod/a.c"))
        let error = await artifactError { _ = try await build() }
        #expect(
            error?.isModuleFault == true && error?.reason.contains("a.ko") == true, "\(error?.reason ?? "")")
    }

    /// Somebody saves a file while the compiler runs.
    @Test func aFileSavedMeanwhileIsNotKeptUnderTheOldKey() async throws {
        let events = Events()
        let saved = Locked(false)
        let path = folder.path.appending("mod/b.c")
        let progress = BuildProgress { event in
            events.progress.report(event)
            // The phase begins between the reading of the sources and their copying.
            guard case .phase = event else { return }
            let isFirst = saved.update { was in
                defer { was = true }
                return !was
            }
            if isFirst { try? Files.write(Self.module("9"), to: path) }
        }
        let artifact = try await build(progress: progress)
        #expect(events.lines.contains { $0.contains("changed while it was built") })
        #expect(try await !build().wasBuilt)
        try folder.write(Self.module("2"), to: "mod/b.c")
        let original = try await build()
        #expect(original.wasBuilt && original.key != artifact.key)
        #expect(try Files.read(original.koFiles[1].path) != Files.read(artifact.koFiles[1].path))
    }

    @Test func cancellingEndsMakeAndLeavesNothing() async throws {
        try folder.write(
            "obj-m := a.o\n$(shell echo $$$$ >\(folder.path)/pid; exec sleep 1000)\n", to: "mod/Kbuild")
        let task = Task { try await build() }
        let pid = folder.path.appending("pid")
        #expect(await Processes.holds { (try? Processes.id(in: pid)) != nil })
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        #expect(!Processes.isAlive(try Processes.id(in: pid)))
        #expect(try Files.names(in: folder.path.appending("cache/work")).isEmpty)
        try folder.write("obj-m := a.o\n", to: "mod/Kbuild")
        #expect(try await build().koFiles.map(\.name) == ["a"])
    }

    /// Killed while it writes an object: the half of it is newer than its source, and make would believe it.
    @Test func halfAnObjectIsNotBelieved() async throws {
        let good = try Files.read(try await build().koFiles[0].path)
        try folder.write(Self.module("5"), to: "mod/a.c")
        let name = try #require(try Files.names(in: folder.path.appending("cache/trees")).first)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = folder.path.string as String, name = name as String] in
            let folder = FilePath(path)
            let store = try ArtifactStore(
                paths: LabPaths(cache: folder.appending("cache"), state: folder.appending("state")))
            let tree = try await store.tree(named: name, purpose: "test", progress: .silent)
            try Files.write("half", to: tree.path.appending("src/a.o"))
            try Files.write("half", to: tree.path.appending("src/a.ko"))
            kill(getpid(), SIGKILL)
        }
        let built = try Files.read(try await build().koFiles[0].path)
        #expect(built.count == good.count && built != good)
    }

    /// The build folder was damaged behind our back, as by a power cut.
    @Test func aFailureThatNobodyExplainsIsTriedFromScratch() async throws {
        _ = try await build()
        try folder.write(Self.module("5"), to: "mod/b.c")
        let trees = folder.path.appending("cache/trees")
        let source = trees.appending(try Files.names(in: trees)[0]).appending("src")
        try Files.write("%:\n\tbroken $(\n", to: source.appending("a.d"))
        #expect(try await build().koFiles.count == 2)
    }

    @Test func spacesInTheFoldersNameDoNoHarm() async throws {
        try Files.rename(folder.path.appending("mod"), to: folder.path.appending("my module"))
        #expect(try await build("my module").koFiles.count == 2)
    }

    @Test func spacesOnTheWayToASiblingAreSaid() async throws {
        try folder.write("obj-m := a.o\n", to: "my mods/a/Kbuild")
        try folder.write("#include \"../../top.h\"\n", to: "my mods/a/a.c")
        try folder.write("", to: "top.h")
        let error = await artifactError { _ = try await build("my mods/a") }
        #expect(error?.code == .invalidInput && error?.reason.contains("a space") == true)
    }

    @Test func outputThatIsNoTextDoesNoHarm() async throws {
        try folder.write(
            "obj-m := a.o\n$(shell printf 'a.c:3:1: error: \\377\\376 bad\\n' >&2)\nnonsense\n",
            to: "mod/Kbuild")
        let error = await artifactError { _ = try await build() }
        guard case .compileFailed(let lines, _)? = error?.code else {
            Issue.record("\(error?.description ?? "no error")")
            return
        }
        #expect(lines.first?.message == "\u{FFFD}\u{FFFD} bad" && lines.first?.line == 3)
    }

    @Test func twoTasksWithTwoModulesDoNotDisturbEachOther() async throws {
        try folder.write("obj-m := c.o\n", to: "other/Kbuild")
        try folder.write(Self.module("7"), to: "other/c.c")
        async let one = build()
        async let two = build("other")
        async let same = build()
        let names = try await [one, two, same].map { $0.koFiles.map(\.name) }
        #expect(names == [["a", "b"], ["c"], ["a", "b"]])
        #expect(kernel.builds().sorted() == ["a", "b", "c"])
    }

    @Test func aMakefileThatBuildsNothingIsSaid() async throws {
        try folder.write("# $(KDIR)\nall:\n\t@true\n", to: "empty/Makefile")
        let error = await artifactError { _ = try await build("empty") }
        #expect(error?.code == .invalidInput && error?.reason.contains("built no module") == true)
    }
}
