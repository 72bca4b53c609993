// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// A program of the host that a run needs besides its guest: bounded in time, and gone when pacctlab is.
public struct HostTool: Sendable {
    /// What is being done, for error messages: "compress the memory dump".
    public var action: String
    /// Its name in PATH, or its path.
    public var program: String
    /// Its arguments.
    public var arguments: [String]
    /// How long it may take. It is killed then.
    public var limit: Duration

    /// A program to run; see the properties of the same names.
    public init(action: String, program: String, arguments: [String], limit: Duration) {
        self.action = action
        self.program = program
        self.arguments = arguments
        self.limit = limit
    }

    /// Runs it and demands success, handing every line of its output (both streams) to `line`. A line of more than
    /// 64 KiB comes in pieces.
    ///
    /// - Throws: ``ArtifactError`` when it is not installed, fails or takes too long; `CancellationError`; what `line`
    ///   throws. No process of the program is left then.
    public func run(line: (String) throws -> Void = { _ in }) async throws {
        try await Command(
            action: action, program: program, arguments: arguments,
            // Debug information is on this host; nobody is to be asked for it.
            environment: ["DEBUGINFOD_URLS": nil], limit: limit
        ).check(line: line)
    }
}
