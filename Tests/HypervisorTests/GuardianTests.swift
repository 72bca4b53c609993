// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess
import SystemPackage
import Testing

@testable import Hypervisor

@Suite("What is left when the lab goes", .timeLimit(.minutes(5)))
struct GuardianTests {
    /// A folder for one test's sessions.
    private func makeFolder(_ name: String) async throws -> FilePath {
        try await Lab.shared.prepare()
        let folder = Lab.shared.folder.appending(name)
        try FileSystem.makeFolder(folder, mode: 0o755)
        return folder
    }

    /// Sessions' folders below a folder for temporary files.
    private func sessions(in folder: FilePath) -> [String] {
        let names = try? FileSystem.names(in: folder.appending("pacctlab-\(geteuid())"))
        return (names ?? []).filter { $0.hasPrefix("s-") }
    }

    @Test("A lab that is killed leaves neither QEMU nor files", arguments: [SIGKILL, SIGTERM])
    func killedLab(signal: Int32) async throws {
        let folder = try await makeFolder("k\(signal)")
        let kernel = try await Lab.shared.image { $0.halt() }
        let run = try await Subprocess.run(
            .path(Lab.helper),
            arguments: ["run", folder.string, folder.appending("cache").string, kernel.string],
            input: .none, output: .sequence, error: .discarded
        ) { execution -> String in
            var line = ""
            for try await buffer in execution.standardOutput {
                line += buffer.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
                guard line.contains("\n") else { continue }
                #expect(kill(execution.processIdentifier.value, signal) == 0)
                break
            }
            return line
        }
        #expect(run.terminationStatus == .signaled(signal))
        let words = run.closureResult.split(whereSeparator: \.isWhitespace)
        let pid = try #require(words.first.flatMap { Int32($0) })
        let guestFolder = FilePath(String(words.last ?? "?"))
        #expect(try await eventually { !isAlive(pid) && !FileSystem.exists(guestFolder) })
        #expect(try await eventually { sessions(in: folder).isEmpty })
        #expect(ProcessHunt.emulators(naming: folder) == [])
    }

    @Test("A session that is closed leaves nothing, whatever ran", arguments: ["close", "killall"])
    func closed(how: String) async throws {
        let folder = try await makeFolder(how)
        let kernel = try await Lab.shared.image { $0.spin() }
        let result = try await Subprocess.run(
            .path(Lab.helper),
            arguments: [how, folder.string, folder.appending("cache").string, kernel.string],
            output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
        #expect(result.terminationStatus == .exited(0), "\(result.standardError)")
        let pids = result.standardOutput.split(separator: "\n").compactMap { line in
            line.split(separator: " ").first.flatMap { Int32($0) }
        }
        #expect(pids.count == 1)
        // At once: the helper has ended, and its guardian before it.
        #expect(pids.allSatisfy { !isAlive($0) })
        #expect(sessions(in: folder).isEmpty)
        #expect(
            !ProcessHunt.processes().contains {
                ProcessHunt.arguments(of: $0)?.contains { $0.contains("\(folder)/") } ?? false
            })
        // libvirt complains on standard error, unless it is told not to.
        #expect(result.standardError == "")
    }

    @Test("A guardian refuses a folder that is no session's")
    func refusal() async throws {
        let folder = try await makeFolder("s-none")
        let file = folder.appending("precious")
        try FileSystem.write("keep me".utf8, to: file)
        for candidate in [folder.string, "/", "relative", ""] {
            let result = try await Subprocess.run(
                .path(Lab.helper), arguments: ["guardian", candidate], output: .discarded, error: .discarded)
            #expect(result.terminationStatus == .exited(2))
        }
        #expect(FileSystem.exists(file))
    }

    @Test("A guardian that was told so leaves everything alone")
    func release() async throws {
        let folder = try await makeFolder("s-released")
        try FileSystem.write([], to: folder.appending(SessionFolder.marker))
        let guardian = try #require(try Guardian.start(.program(Lab.helper), folder: folder))
        guardian.release()
        #expect(FileSystem.exists(folder.appending(SessionFolder.marker)))
    }

    @Test(
        "A guardian that does not report is an error",
        arguments: ["/bin/true", "/bin/echo", "/nowhere/guardian"])
    func silentGuardian(program: String) async throws {
        let folder = try await makeFolder("s-" + program.split(separator: "/").joined())
        try FileSystem.write([], to: folder.appending(SessionFolder.marker))
        let error = #expect(throws: HypervisorError.self) {
            _ = try Guardian.start(.program(FilePath(program)), folder: folder)
        }
        #expect(error?.description.contains("guardian") ?? false)
    }

    @Test("Only QEMU is hunted, and only the session's")
    func matching() {
        let folder: FilePath = "/var/tmp/pacctlab-0/s-abc"
        func matches(_ line: String...) -> Bool { ProcessHunt.matches(line, folder: folder) }
        #expect(matches("/usr/bin/qemu-system-x86_64", "-kernel", "/var/tmp/pacctlab-0/s-abc/g1/kernel"))
        #expect(
            matches("qemu-system-x86_64", "-qmp", "unix:/var/tmp/pacctlab-0/s-abc/v/lib/qemu/q,server=on"))
        #expect(!matches("/usr/bin/vim", "/var/tmp/pacctlab-0/s-abc/g1/console"))
        #expect(!matches("/usr/bin/qemu-system-x86_64", "-kernel", "/var/tmp/pacctlab-0/s-abcd/g1/kernel"))
        #expect(!matches("/usr/bin/pacctlab", "guardian", "/var/tmp/pacctlab-0/s-abc"))
        #expect(!matches())
    }

    @Test("A process's line in /proc is read whatever its name holds")
    func processEntry() {
        let entry = ProcessEntry.parse("42 (a) Z 1 (b) S 7 42 43 0 -1")
        #expect(entry?.name == "a) Z 1 (b")
        #expect(entry?.state == "S")
        #expect(entry?.parent == 7)
        #expect(entry?.session == 43)
        #expect(ProcessEntry.parse("42 (cut") == nil)
        #expect(ProcessEntry.parse("") == nil)
    }
}
