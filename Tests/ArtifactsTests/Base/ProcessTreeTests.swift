// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing

@testable import Artifacts

/// No process of a build outlives the build, whichever way it ends.
struct ProcessTreeTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Shaped like `make -j`: a leader, a child, a grandchild that ignores what can be ignored, and one in a
    /// process group of its own (as swift build makes them). Each writes its id when it is ready.
    private static let tree = """
        sh -c 'trap "" TERM INT HUP; echo $$ >stubborn; while :; do sleep 1000; done' &
        perl -e 'setpgrp; open F, ">group"; print F $$; close F; sleep 1000' &
        sh -c 'echo $$ >child; sleep 1000' &
        echo $$ >leader
        wait
        """

    private static let names = ["stubborn", "group", "child", "leader"]

    private static func command(in folder: FilePath) -> Command {
        Command(action: "build", program: "sh", arguments: ["-c", tree], directory: folder)
    }

    private func ids() async throws -> [Int32] {
        let folder = folder.path
        let ready = await Processes.holds {
            Self.names.allSatisfy { (try? Processes.id(in: folder.appending($0))) != nil }
        }
        try #require(ready)
        return try Self.names.map { try Processes.id(in: folder.appending($0)) }
    }

    @Test func cancellingEndsTheWholeTree() async throws {
        let path = folder.path
        let build = Task { try await Self.command(in: path).run() }
        let ids = try await ids()
        build.cancel()
        await #expect(throws: CancellationError.self) { _ = try await build.value }
        // At once, not some time later: whoever waited for the build may remove its folder now.
        for id in ids { #expect(!Processes.isAlive(id), "\(id)") }
    }

    @Test func aLeaderThatEndsTakesTheOthersAlong() async throws {
        let result = try await Command(
            action: "build", program: "sh", arguments: ["-c", "sleep 1000 & echo $! >pid; exit 0"],
            directory: folder.path
        ).run()
        #expect(result.succeeded)
        #expect(await Processes.ends(try Processes.id(in: folder.path.appending("pid"))))
    }

    /// A real process runs the tree and is killed in the middle.
    @Test func nothingOutlivesAKilledPacctlab() async throws {
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = folder.path.string as String] in
            let folder = FilePath(path)
            let build = Task { try await Self.command(in: folder).run() }
            while !Self.names.allSatisfy({ (try? Processes.id(in: folder.appending($0))) != nil }) {
                try await Task.sleep(for: .milliseconds(10))
            }
            kill(getpid(), SIGKILL)
            _ = try await build.value
        }
        for id in try await ids() { #expect(await Processes.ends(id), "\(id)") }
    }
}
