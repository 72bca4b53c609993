// SPDX-License-Identifier: Apache-2.0

import Glibc
import Subprocess
import SystemPackage

/// A program to run, whose whole process tree ends with us.
///
/// Two things see to that. Cancelling the task sends SIGTERM to the program's session and, two seconds
/// later, SIGKILL. And if pacctlab itself is killed, a lifeline does it: the program's standard input is a
/// pipe that only we can close; a shell beside it reads from that pipe, and when the kernel closes our end,
/// kills the process group. (`PR_SET_PDEATHSIG` would not do: it fires when the *thread* that spawned ends,
/// and reaches one process, not its children.)
struct Command: Sendable {
    /// What is being done, for error messages: "unpack the kernel source".
    var action: String
    var program: String
    var arguments: [String] = []
    /// Added to our own environment; `nil` removes a variable.
    var environment: [String: String?] = [:]
    var directory: FilePath?

    /// What a finished program left.
    struct Result: Sendable {
        /// `nil` when a signal ended it.
        let exitCode: CInt?
        /// As in "exit status 2" or "signal 9".
        let status: String
        /// The last part of what it printed on both streams, at most ``Command/tailLimit`` bytes.
        let tail: String
        var succeeded: Bool { exitCode == 0 }
    }

    /// Bytes of output kept for error messages.
    static let tailLimit = 256 << 10

    /// The shell that holds the lifeline: descriptor 3 is the pipe, the program gets /dev/null.
    private static let lifeline = """
        exec 3<&0 </dev/null
        ( ( trap '' TERM INT HUP; read -r gone <&3; kill -KILL 0 ) >/dev/null 2>&1 & )
        exec "$@" 3<&-
        """

    /// Runs the program, handing every line of its output (both streams, merged) to `line`.
    ///
    /// A non-zero exit code is a normal result, not an error.
    ///
    /// - Throws: ``ArtifactError`` when the program is not there or cannot be started; `CancellationError`.
    func run(line: (String) throws -> Void = { _ in }) async throws -> Result {
        try await checkProgram()
        let ends = try FileDescriptor.pipe()
        for end in [ends.readEnd, ends.writeEnd] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
        // Held until the program has ended; closing it ends whatever it left behind.
        defer { try? ends.writeEnd.close() }
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [
            .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(2))
        ]
        let updates = Dictionary(
            environment.compactMap { name, value in Environment.Key(rawValue: name).map { ($0, value) } },
            uniquingKeysWith: { _, last in last })
        let outcome = try await Subprocess.run(
            .path("/bin/sh"), arguments: Arguments(["-c", Self.lifeline, "sh", program] + arguments),
            environment: .inherit.updating(updates), workingDirectory: directory,
            platformOptions: options,
            input: .fileDescriptor(ends.readEnd, closeAfterSpawningProcess: true),
            output: .sequence, error: .combinedWithOutput
        ) { execution in
            var splitter = LineSplitter()
            var tail = BoundedTail(limit: Self.tailLimit)
            for try await buffer in execution.standardOutput {
                try buffer.withUnsafeBytes { bytes in
                    tail.append(bytes)
                    try splitter.feed(bytes, line)
                }
            }
            try splitter.finish(line)
            return tail.text
        }
        try Task.checkCancellation()
        let status: (CInt?, String) =
            switch outcome.terminationStatus {
            case .exited(let code): (code, "exit status \(code)")
            case .signaled(let number): (nil, "signal \(number)")
            }
        return Result(exitCode: status.0, status: status.1, tail: outcome.closureResult)
    }

    /// Runs the program and demands success.
    ///
    /// - Throws: ``ArtifactError`` with ``ArtifactError/Code/commandFailed(status:output:)``, or
    ///   ``ArtifactError/Code/diskFull(fileSystem:)`` when the output says so.
    @discardableResult
    func check(line: (String) throws -> Void = { _ in }) async throws -> Result {
        let result = try await run(line: line)
        if result.succeeded { return result }
        throw failure(result)
    }

    /// The error for a failed `result`; `writing` is where a full disk is looked for.
    func failure(_ result: Result) -> ArtifactError {
        let place = directory ?? "/"
        if result.tail.contains("No space left on device") {
            return .diskFull(action: action, path: place)
        }
        let lines = result.tail.split(separator: "\n").suffix(15).joined(separator: "\n")
        return ArtifactError(
            .commandFailed(status: result.status, output: result.tail), action: action, subject: program,
            reason: "It ended with \(result.status)."
                + (lines.isEmpty ? "" : " Its last lines were:\n\(lines)\n"))
    }

    private func checkProgram() async throws {
        do {
            let executable: Executable = program.contains("/") ? .path(FilePath(program)) : .name(program)
            _ = try await executable.resolveExecutablePath(in: .inherit)
        } catch {
            throw ArtifactError.programMissing(program, action: action, package: Self.packages[program])
        }
    }

    /// Debian packages of the programs we run.
    private static let packages = [
        "make": "build-essential", "gcc": "build-essential", "git": "git", "patch": "patch", "curl": "curl",
        "tar": "tar", "strip": "binutils", "xz": "xz-utils", "swift": "swiftlang",
    ]
}
