// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// What programs of the host say about themselves, asked once in this process as long as their files stay the same: a
/// dozen such questions are a third of a run that has nothing to build.
actor ProgramAnswers {
    static let shared = ProgramAnswers()

    private struct Question: Hashable {
        let program: FilePath
        let inode: UInt64
        let device: UInt64
        let size: Int64
        let modified: Int64
        let arguments: [String]
    }

    private var answers: [Question: [String]] = [:]

    /// The lines of its output.
    ///
    /// - Parameters:
    ///   - inherited: As for ``Command``; nil: everything.
    ///   - directory: Where it runs; nil: where this process does.
    /// - Throws: ``ArtifactError`` when it cannot be asked.
    func lines(
        _ action: String, _ program: String, _ arguments: [String], inherited: Set<String>? = nil,
        directory: FilePath? = nil
    ) async throws -> [String] {
        let question = Self.question(program, arguments)
        if let question, let answer = answers[question] { return answer }
        var command = Command(action: action, program: program, arguments: arguments)
        if let inherited { command.inherited = inherited }
        if let directory { command.directory = directory }
        var lines: [String] = []
        try await command.check { lines.append($0) }
        if let question { answers[question] = lines }
        return lines
    }

    private static func question(_ program: String, _ arguments: [String]) -> Question? {
        guard let path = Files.program(program), let real = Files.realPath(path),
            let status = Files.status(real)
        else { return nil }
        // swiftly's one program stands for whichever toolchain the folder asks for.
        if real.lastComponent?.string == "swiftly" { return nil }
        return Question(
            program: path, inode: status.inode, device: status.device, size: status.size,
            modified: status.modified, arguments: arguments)
    }
}
