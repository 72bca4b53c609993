// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess
import SystemPackage
import Testing

/// `pacctlab serve`, as a user starts it, on a port that is free.
struct LiveServer: Sendable {
    /// The address that it printed.
    let link: String
    let process: pid_t

    private static let start = Duration.seconds(60)
    private static let outputLimit = 4 << 20

    /// The command lies beside the tests.
    private static let executable: FilePath = {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return FilePath(tests).removingLastComponent().appending("pacctlab")
    }()
    static let checkout = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent()

    /// Starts it on the store in `folder`, does `work`, and ends it with Ctrl-C.
    ///
    /// - Returns: What `work` returned, and how the command ended.
    static func with<Output: Sendable>(
        _ folder: URL, _ arguments: [String] = [], _ work: (LiveServer) async throws -> Output
    ) async throws -> (Output, TerminationStatus) {
        let log = FilePath(folder.appending(path: "serve.out").path)
        let file = try FileDescriptor.open(
            log, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWrite)
        let result = try await Subprocess.run(
            .path(executable), arguments: Arguments(["serve", "--port", "0"] + arguments),
            environment: .inherit.updating([
                "PACCTLAB_HOME": checkout.string, "XDG_STATE_HOME": folder.path,
            ]), input: .none, output: .fileDescriptor(file, closeAfterSpawningProcess: true),
            error: .discarded
        ) { execution in
            let process = execution.processIdentifier.value
            do {
                let output = try await work(LiveServer(link: try await link(in: log), process: process))
                kill(process, SIGINT)
                return output
            } catch {
                kill(process, SIGKILL)
                throw error
            }
        }
        return (result.closureResult, result.terminationStatus)
    }

    private static func link(in log: FilePath) async throws -> String {
        let deadline = ContinuousClock.now + start
        while ContinuousClock.now < deadline {
            let text = FileManager.default.contents(atPath: log.string).map {
                String(decoding: $0, as: UTF8.self)
            }
            if let line = text?.split(separator: "\n", omittingEmptySubsequences: false).first,
                text?.contains("\n") == true
            {
                return String(line)
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Timeout()
    }

    struct Timeout: Error {}

    /// What curl prints: body, and with `--include` the head.
    func curl(_ path: String, _ arguments: [String] = []) async throws -> String {
        let base = link.split(separator: "?")[0].dropLast()
        return try await Subprocess.run(
            .name("curl"),
            arguments: Arguments(["--silent", "--max-time", "30"] + arguments + [base + path]),
            output: .string(limit: Self.outputLimit), error: .discarded
        ).standardOutput
    }
}
