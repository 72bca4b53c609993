// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing

@testable import Artifacts

struct CommandTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func shell(_ script: String) -> Command {
        Command(action: "run a script", program: "sh", arguments: ["-c", script], directory: folder.path)
    }

    @Test func bothStreamsComeAsLines() async throws {
        var lines: [String] = []
        let result = try await shell("echo one; echo two >&2; printf 'no newline'; exit 3").run {
            lines.append($0)
        }
        #expect(lines == ["one", "two", "no newline"])
        #expect(result.exitCode == 3 && result.status == "exit status 3" && !result.succeeded)
        #expect(result.tail == "one\ntwo\nno newline")
    }

    @Test func aSignalIsNoExitStatus() async throws {
        let result = try await shell("kill -SEGV $$").run()
        #expect(result.exitCode == nil && result.status == "signal 11")
    }

    @Test func failureSaysWhatTheProgramSaid() async {
        let error = await artifactError { try await shell("echo 'the reason' >&2; exit 1").check() }
        guard case .commandFailed(let status, let output)? = error?.code else {
            Issue.record("\(error?.description ?? "no error")")
            return
        }
        #expect(status == "exit status 1" && output == "the reason\n")
        #expect(error?.description.hasPrefix("Could not run a script (sh). ") == true)
        #expect(error?.reason.contains("the reason") == true)
    }

    @Test func aFullDiskIsNamed() async {
        let error = await artifactError {
            try await shell("echo 'x: No space left on device'; exit 1").check()
        }
        guard case .diskFull(let fileSystem)? = error?.code else {
            Issue.record("\(error?.description ?? "no error")")
            return
        }
        #expect(fileSystem.hasPrefix("/") && error?.remedy?.contains("cache prune") == true)
    }

    /// Outputs of compilers in other languages, and of programs that print anything.
    @Test func bytesThatAreNoTextAreReplaced() async throws {
        var lines: [String] = []
        let result = try await shell(#"printf 'a.c:1: \377\376 error\nnext\n\000zero\n'"#).run {
            lines.append($0)
        }
        #expect(lines == ["a.c:1: \u{FFFD}\u{FFFD} error", "next", "\0zero"])
        #expect(result.tail.contains("next"))
    }

    @Test func aFloodKeepsItsEnd() async throws {
        var count = 0
        let result = try await shell("seq 1 400000; head -c 300000 /dev/zero | tr '\\0' x; echo; echo last")
            .run { line in
                count += 1
                #expect(line.utf8.count <= 1 << 16)
            }
        #expect(count >= 400_001)
        #expect(result.tail.utf8.count <= Command.tailLimit + 10 && result.tail.hasPrefix("[...]\n"))
        #expect(result.tail.hasSuffix("x\nlast\n"))
    }

    @Test func aMissingProgramIsNamedWithItsPackage() async {
        let missing = Command(action: "test", program: "pacctlab-no-such-program")
        #expect(await artifactError { try await missing.check() }?.code == .programMissing(missing.program))
        let path = Command(action: "test", program: "/nonexistent/program")
        #expect(await artifactError { try await path.check() }?.code == .programMissing(path.program))
    }

    @Test func aMissingFolderIsAnError() async {
        var command = shell("true")
        command.directory = "/nonexistent/folder"
        guard case .commandFailed? = await artifactError(from: { try await command.check() })?.code else {
            Issue.record("not refused as expected")
            return
        }
    }

    @Test func environmentIsWhatWasAskedFor() async throws {
        var command = shell(#"echo "$ONE|${HOME-gone}|$PWD|$(pwd -P)""#)
        command.environment = ["ONE": "1", "HOME": nil, "PWD": "/"]
        var lines: [String] = []
        try await command.check { lines.append($0) }
        let real = try #require(Files.realPath(folder.path))
        #expect(lines == ["1|gone|\(folder.path)|\(real)"])
        command = Command(
            action: "test", program: "env", environment: ["ADDED": "x"], inherited: ["PATH"],
            directory: folder.path)
        var names: [String] = []
        try await command.check { names.append(String($0.prefix { $0 != "=" })) }
        // The shell itself makes the last ones up.
        #expect(Set(names).subtracting(["OLDPWD", "SHLVL", "_"]) == ["PATH", "ADDED", "PWD"])
    }

    @Test func standardInputIsEmpty() async throws {
        #expect(try await shell("cat; echo end").run().tail == "end\n")
    }

    /// A throwing reader ends the program: the rest of its output has nobody to go to.
    @Test func aReaderThatGivesUpEndsTheProgram() async throws {
        struct Enough: Error {}
        let pids = Locked<[Int32]>([])
        await #expect(throws: Enough.self) {
            try await shell("echo $$; exec sleep 1000").run { line in
                pids.update { $0.append(Int32(line) ?? 0) }
                throw Enough()
            }
        }
        let pid = try #require(pids.value.first)
        #expect(kill(pid, 0) == -1 && errno == ESRCH)
    }

    @Test func aTimeLimitEndsEverything() async throws {
        var command = shell("echo working; sleep 1000 & echo $! >pid; wait")
        command.limit = .seconds(1)
        let error = await artifactError { try await command.check() }
        guard case .commandFailed("time limit", "working\n")? = error?.code else {
            Issue.record("\(error?.description ?? "no error")")
            return
        }
        #expect(!Processes.isAlive(try Processes.id(in: folder.path.appending("pid"))))
    }
}
