// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import SystemPackage

/// Slurm's commands, for the jobs of one campaign.
struct SlurmClient: Sendable {
    /// Runs a program of Slurm's, and returns the lines that it printed.
    typealias Program =
        @Sendable (_ name: String, _ arguments: [String], _ action: String) async throws ->
        [String]

    /// Why a command did not do what it should.
    enum Failure: Error, Equatable, CustomStringConvertible {
        /// The controller cannot be reached, or has no time: it may be there again in a minute.
        case unreachable(String)
        /// Slurm does not want that.
        case refused(String)
        /// The command is not installed.
        case missing(String)

        /// What Slurm said.
        var description: String {
            switch self {
            case .unreachable(let words), .refused(let words), .missing(let words): words
            }
        }
    }

    /// Limit for one command. Slurm's own patience with its controller is half a minute or so.
    private static let limit = Duration.seconds(120)
    /// Most lines of an answer.
    private static let mostLines = 200_000
    /// What sacct says where nobody keeps accounts.
    private static let noAccounting = "accounting storage is disabled"
    /// Jobs that one scancel is told.
    private static let atOnce = 100

    /// The name of the campaign's jobs.
    let name: String
    private let user = "\(getuid())"
    private let program: Program

    /// - Parameters:
    ///   - campaign: Its id.
    ///   - directory: Its folder: two stores may have campaigns of one id.
    ///   - program: Runs a command; for tests.
    init(campaign: String, directory: String, program: @escaping Program = Self.host) {
        name = "pacctlab-\(campaign)-\(Self.tag(of: directory))"
        self.program = program
    }

    /// Submits an array.
    ///
    /// - Returns: Its job id.
    /// - Throws: ``Failure``. After `unreachable` nobody knows whether Slurm has it.
    func submit(_ arguments: [String]) async throws -> Int {
        let lines = try await run("sbatch", arguments, "submit a job array")
        guard let job = SlurmOutput.submitted(lines) else {
            throw Failure.refused("sbatch named no job: \(lines.suffix(1).joined())")
        }
        return job
    }

    /// The campaign's tasks: all that wait or run, and those that have ended since Slurm last forgot some (`MinJobAge`,
    /// five minutes by default).
    func queue() async throws -> [SlurmSighting] {
        SlurmOutput.queue(
            try await run(
                "squeue",
                [
                    "--array", "--all", "--noheader", "--states=all", "--name=\(name)", "--user=\(user)",
                    "--format=\(SlurmOutput.queueFormat)",
                ], "look at the queue"))
    }

    /// What the accounting says of jobs that the queue has forgotten; nil where there is no accounting: then the
    /// queue and the results have to do.
    func accounting(_ jobs: [Int]) async throws -> [SlurmSighting]? {
        guard !jobs.isEmpty else { return [] }
        do {
            return SlurmOutput.accounting(
                try await run(
                    "sacct",
                    [
                        "--allocations", "--noheader", "--parsable2",
                        "--jobs=\(jobs.sorted().map(String.init).joined(separator: ","))",
                        "--format=\(SlurmOutput.accountingFormat)",
                    ], "ask the accounting"))
        } catch Failure.refused(let words) where words.contains(Self.noAccounting) {
            return nil
        } catch Failure.missing { return nil }
    }

    /// Cancels tasks; all of the campaign when none are named.
    func cancel(_ tasks: [(job: Int, index: Int)]? = nil) async throws {
        guard let tasks else {
            _ = try await run(
                "scancel", ["--quiet", "--name=\(name)", "--user=\(user)"], "cancel the campaign's jobs")
            return
        }
        var rest = tasks[...]
        while !rest.isEmpty {
            let some = rest.prefix(Self.atOnce).map { "\($0.job)_\($0.index)" }
            rest = rest.dropFirst(Self.atOnce)
            // A task that has ended meanwhile is no error.
            _ = try await run("scancel", ["--quiet"] + some, "cancel jobs")
        }
    }

    /// The command that a person would empty the queue with.
    var cancelCommand: String { "scancel --name=\(name)" }

    // MARK: - parts

    private func run(_ name: String, _ arguments: [String], _ action: String) async throws -> [String] {
        do { return try await program(name, arguments, action) } catch let error as ArtifactError {
            throw Self.failure(name, error)
        }
    }

    /// What an error of a command means.
    static func failure(_ program: String, _ error: ArtifactError) -> Failure {
        switch error.code {
        case .programMissing:
            return .missing(
                "\(program) is not installed on this machine: `apt install slurm-client` has it, and the cluster's "
                    + "slurm.conf has to be in /etc/slurm (or SLURM_CONF name it).")
        case .commandFailed(let status, let output):
            let lines = output.split(whereSeparator: \.isNewline).suffix(3).map { line in
                line.hasPrefix("\(program): ") ? String(line) : "\(program): \(line)"
            }
            let said =
                lines.isEmpty ? "\(program): \(status)" : String(lines.joined(separator: "; ").prefix(1000))
            return status == "time limit" || isPassing(output) ? .unreachable(said) : .refused(said)
        default: return .refused("\(program): \(error)")
        }
    }

    /// Words of Slurm's for what may be over in a minute (slurm_errno.c).
    private static let passing = [
        "Unable to contact slurm controller", "Socket timed out", "Connection refused",
        "Connection timed out",
        "Connection reset", "Zero Bytes were transmitted", "Communication connection failure",
        "Communication shutdown failure", "in standby mode", "temporarily unable to accept job",
        "Resource temporarily unavailable", "Message receive failure", "Message send failure",
        "slurmdbd", "Munged communication error", "Protocol authentication error",
        "Unable to establish control machine address",
    ]

    private static func isPassing(_ output: String) -> Bool { passing.contains { output.contains($0) } }

    private static let host: Program = { name, arguments, action in
        var lines: [String] = []
        try await HostTool(action: action, program: name, arguments: arguments, limit: limit).run { line in
            if lines.count < mostLines { lines.append(line) }
        }
        return lines
    }

    /// Eight hex digits that stand for a folder (FNV-1a, 32 bits).
    private static func tag(of directory: String) -> String {
        let hash = directory.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
