// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing

@testable import Artifacts

/// The store between real processes, which wait for each other and get killed.
struct StoreProcessTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let parts = 6

    /// Builds the artifact `shared` of several files, noting each build, and checks what comes out.
    private static func build(in path: String, pause: Duration) async throws -> Artifact {
        let folder = FilePath(path)
        let store = try ArtifactStore(
            paths: LabPaths(cache: folder.appending("cache"), state: folder.appending("state")))
        let key = try ArtifactKey([("content", "shared")])
        let artifact = try await store.artifact(kind: "thing", key: key, inputsDescription: "thing") { work in
            try note("build \(getpid())\n", in: folder)
            for part in 0..<parts {
                try Files.write(String(repeating: "\(part)", count: 1000), to: work.appending("part\(part)"))
                try await Task.sleep(for: pause)
            }
        }
        for part in 0..<parts {
            let text = try Files.text(artifact.path.appending("part\(part)"))
            guard text == String(repeating: "\(part)", count: 1000) else { throw Wrong(part: part) }
        }
        return artifact
    }

    private struct Wrong: Error { let part: Int }

    /// Appends in one write, which the kernel does not mix with another process's.
    private static func note(_ text: String, in folder: FilePath) throws {
        let log = try FileDescriptor.open(
            folder.appending("log"), .writeOnly, options: [.create, .append], permissions: .ownerReadWrite)
        try log.closeAfter { _ = try log.writeAll(text.utf8) }
    }

    private func notes() throws -> [String] {
        guard Files.exists(folder.path.appending("log")) else { return [] }
        return try Files.text(folder.path.appending("log")).split(separator: "\n").map(String.init)
    }

    private func work() throws -> [String] { try Files.names(in: folder.path.appending("cache/work")) }

    @Test func processesThatAskAtOnceBuildOnce() async throws {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask { [path = folder.path.string] in
                    await #expect(processExitsWith: .success) { [path = path as String] in
                        _ = try await Self.build(in: path, pause: .milliseconds(50))
                    }
                }
            }
        }
        #expect(try notes().count == 1)
        #expect(try work().isEmpty)
    }

    @Test func aBuilderKilledInTheMiddleLeavesNothingToBelieve() async throws {
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = folder.path.string as String] in
            let folder = FilePath(path)
            let build = Task { try await Self.build(in: path, pause: .milliseconds(20)) }
            // Killed when the third file is there and the fourth is not.
            while try !Files.names(in: folder.appending("cache/work")).contains(where: {
                Files.exists(folder.appending("cache/work").appending($0).appending("part2"))
            }) { try await Task.sleep(for: .milliseconds(1)) }
            kill(getpid(), SIGKILL)
            _ = try await build.value
        }
        #expect(try work().count == 1 && notes().count == 1)
        let artifact = try await Self.build(in: folder.path.string, pause: .zero)
        #expect(artifact.wasBuilt)
        #expect(try work().isEmpty)
        #expect(try notes().last == "build \(getpid())")
    }

    /// At any moment: while building, syncing, renaming, or after it.
    @Test(.timeLimit(.minutes(10)))
    func aBuilderKilledAtAnyMomentLeavesNothingToBelieve() async throws {
        for round in 0..<40 {
            let path = folder.path.appending("round\(round)").string
            try Files.createDirectory(FilePath(path))
            let microseconds = UInt32(round * round * 25)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path as String, microseconds = microseconds as UInt32] in
                Thread.killAfter(microseconds: microseconds)
                while true { _ = try? await Self.build(in: path, pause: .zero) }
            }
            // Throws when a part is missing or wrong.
            let artifact = try await Self.build(in: path, pause: .zero)
            #expect(try Files.names(in: FilePath(path).appending("cache/work")).isEmpty)
            #expect(artifact.manifest.bytes > 0)
        }
    }

    /// A lock of a killed process holds nobody up.
    @Test func aWaiterTakesOverFromAKilledBuilder() async throws {
        async let killed: Void = {
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = folder.path.string as String] in
                let build = Task { try await Self.build(in: path, pause: .seconds(1000)) }
                while !Files.exists(FilePath(path).appending("log")) {
                    try await Task.sleep(for: .milliseconds(10))
                }
                // Long enough for the other to wait.
                try await Task.sleep(for: .milliseconds(700))
                kill(getpid(), SIGKILL)
                _ = try await build.value
            }
        }()
        #expect(await Processes.holds { ((try? notes()) ?? []).count == 1 })
        let artifact = try await Self.build(in: folder.path.string, pause: .zero)
        await killed
        #expect(artifact.wasBuilt)
        #expect(try notes().count == 2)
    }

    /// While one process uses an artifact, no other prunes it.
    @Test func aLeaseHoldsBetweenProcesses() async throws {
        let artifact = try await Self.build(in: folder.path.string, pause: .zero)
        await #expect(processExitsWith: .success) { [path = folder.path.string as String] in
            let folder = FilePath(path)
            let store = try ArtifactStore(
                paths: LabPaths(cache: folder.appending("cache"), state: folder.appending("state")))
            let report = try store.prune(.all)
            #expect(report.removed.isEmpty && report.inUse.count == 1)
        }
        #expect(Files.exists(artifact.path.appending("part0")))
        withExtendedLifetime(artifact) {}
    }
}

/// A way to die that needs no turn of the program's own tasks.
private enum Thread {
    static func killAfter(microseconds: UInt32) {
        var thread = pthread_t()
        let argument = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
        argument.initialize(to: microseconds)
        pthread_create(
            &thread, nil,
            { argument in
                usleep(argument?.load(as: UInt32.self) ?? 0)
                kill(getpid(), SIGKILL)
                return nil
            }, argument)
    }
}
