// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import Subprocess
import SystemPackage
import Testing

/// The built command, run as a user runs it.
struct LabCommand {
    /// What a finished command left.
    struct Result {
        /// The exit status; 128 plus the signal's number when one ended it.
        let status: Int32
        let output: String
        let errors: String

        /// The document on standard output.
        func report() throws -> RunsReport {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(RunsReport.self, from: Data(output.utf8))
        }

        /// The only run of the document.
        func run() throws -> RunReport {
            let runs = try report().runs
            try #require(runs.count == 1, "\(errors)")
            return runs[0]
        }
    }

    /// The command lies beside the tests.
    static let executable: FilePath = {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return FilePath(tests).removingLastComponent().appending("pacctlab")
    }()

    /// The checkout, found from this file's own place.
    static let checkout = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent().removingLastComponent()

    /// Most of an output that a test keeps.
    private static let outputLimit = 16 << 20

    /// Runs the command to its end, from that folder, or the one that the tests run in.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], from folder: FilePath? = nil
    ) async throws -> Result {
        let result = try await Subprocess.run(
            .path(executable), arguments: Arguments(arguments), environment: self.environment(environment),
            workingDirectory: folder, output: .string(limit: outputLimit), error: .string(limit: outputLimit))
        return Result(
            status: status(result.terminationStatus), output: result.standardOutput,
            errors: result.standardError)
    }

    /// Starts the command, and does `work` while it runs.
    ///
    /// - Returns: The exit status, and what `work` returned.
    static func start<Output: Sendable>(
        _ arguments: [String], environment: [String: String] = [:], while work: (pid_t) async throws -> Output
    ) async throws -> (Int32, Output) {
        let result = try await Subprocess.run(
            .path(executable), arguments: Arguments(arguments), environment: self.environment(environment),
            input: .none, output: .discarded, error: .discarded
        ) { execution in
            try await work(execution.processIdentifier.value)
        }
        return (status(result.terminationStatus), result.closureResult)
    }

    /// `pacctlab run --json` with results in a folder of their own.
    static func runJSON(_ arguments: [String], in folder: FilePath) async throws -> Result {
        try await run(["run", "--json", "--results", folder.string, "--accel", "tcg"] + arguments)
    }

    private static func environment(_ extra: [String: String]) -> Environment {
        var values: [Environment.Key: String?] = ["PACCTLAB_HOME": checkout.string]
        for (name, value) in extra { if let key = Environment.Key(rawValue: name) { values[key] = value } }
        return .inherit.updating(values)
    }

    private static func status(_ status: TerminationStatus) -> Int32 {
        switch status {
        case .exited(let code): code
        case .signaled(let number): 128 + number
        }
    }
}
