// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess
import SystemPackage

/// A program to run, whose whole process tree ends with us.
///
/// Cancelling the task sends SIGTERM to the program's process group and, two seconds later, SIGKILL to every
/// process of its session. A ``Lifeline`` does the same when pacctlab itself is killed.
struct Command: Sendable {
    /// What is being done, for error messages: "unpack the kernel source".
    var action: String
    var program: String
    var arguments: [String] = []
    /// Added to what is inherited; `nil` removes a variable.
    var environment: [String: String?] = [:]
    /// The variables of our own environment that the program gets; `nil` is all of them.
    var inherited: Set<String>?
    var directory: FilePath?
    /// How long it may take. What is still running then is killed, and that is an error.
    var limit: Duration = .seconds(600)

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

    /// Runs the program, handing every line of its output (both streams, merged) to `line`.
    ///
    /// A non-zero exit code is a normal result, not an error.
    ///
    /// - Throws: ``ArtifactError`` when the program is not there, cannot be started or takes longer than
    ///   ``limit``; `CancellationError`; what `line` throws. No process of the program is left then.
    func run(line: (String) throws -> Void = { _ in }) async throws -> Result {
        try Task.checkCancellation()
        let executable = try executable()
        let lifeline = try Lifeline()
        do {
            let result = try await run(executable, lifeline, line: line)
            try Task.checkCancellation()
            lifeline.release()
            return result
        } catch {
            await lifeline.cutAndWait()
            try Task.checkCancellation()
            if let error = error as? SubprocessError { throw cannotStart(error) }
            throw error
        }
    }

    private func run(_ executable: FilePath, _ lifeline: Lifeline, line: (String) throws -> Void) async throws
        -> Result
    {
        var options = PlatformOptions()
        options.createSession = true
        // The last step reaches the leader only: the lifeline must live to kill the others.
        options.teardownSequence = [
            .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(2)),
            .send(signal: .kill, toProcessGroup: false, allowedDurationToNextStep: .zero),
        ]
        let outcome = try await Subprocess.run(
            .path("/bin/sh"),
            arguments: Arguments(["-c", Lifeline.script, "sh", executable.string] + arguments),
            environment: subprocessEnvironment, workingDirectory: directory, platformOptions: options,
            input: .fileDescriptor(lifeline.programEnd, closeAfterSpawningProcess: true),
            output: .sequence, error: .combinedWithOutput
        ) { execution in
            let watchdog = Task {
                try await Task.sleep(for: limit)
                lifeline.expire()
            }
            defer { watchdog.cancel() }
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
        if lifeline.hasExpired { throw tookTooLong(outcome.closureResult) }
        let status: (CInt?, String) =
            switch outcome.terminationStatus {
            case .exited(let code): (code, "exit status \(code)")
            case .signaled(let number): (nil, "signal \(number)")
            }
        return Result(exitCode: status.0, status: status.1, tail: outcome.closureResult)
    }

    private var subprocessEnvironment: Environment {
        var updates = environment
        // What make calls $(PWD): the shell sets it too, but only where nobody has exported another one.
        if let directory { updates.updateValue(directory.string, forKey: "PWD") }
        if let inherited {
            for name in ProcessInfo.processInfo.environment.keys
            where !inherited.contains(name) && updates[name] == nil {
                updates.updateValue(nil, forKey: name)
            }
        }
        return .inherit.updating(
            Dictionary(
                updates.compactMap { name, value in Environment.Key(rawValue: name).map { ($0, value) } },
                uniquingKeysWith: { _, last in last }))
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

    private func tookTooLong(_ output: String) -> ArtifactError {
        let minutes = Int(limit / .seconds(60))
        let lines = output.split(separator: "\n").suffix(15).joined(separator: "\n")
        return ArtifactError(
            .commandFailed(status: "time limit", output: output), action: action, subject: program,
            reason:
                "It was still running after \(minutes > 0 ? "\(minutes) minutes" : "\(limit)") and was ended."
                + (lines.isEmpty ? "" : " Its last lines were:\n\(lines)\n"))
    }

    private func cannotStart(_ error: SubprocessError) -> ArtifactError {
        ArtifactError(
            .commandFailed(status: "not started", output: "\(error)"), action: action, subject: program,
            reason: "It could not be started: \(error).")
    }

    private func executable() throws -> FilePath {
        if let found = Files.program(program) { return found }
        throw ArtifactError.programMissing(program, action: action, package: Self.packages[program])
    }

    /// Debian packages of the programs we run.
    private static let packages = [
        "make": "build-essential", "gcc": "build-essential", "git": "git", "patch": "patch", "curl": "curl",
        "tar": "tar", "strip": "binutils", "xz": "xz-utils", "swift": "swiftlang",
    ]
}
