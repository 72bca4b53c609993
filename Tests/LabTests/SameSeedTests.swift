// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation
import LabEngine
import Subprocess
import Testing

extension LabTests {
    /// Under TCG a run is a function of kernel, image, module, scenario and seed.
    @Suite("The same seed", .serialized)
    struct SameSeed {
        /// A way to run.
        struct Way: Sendable, CustomTestStringConvertible {
            let cpus: Int
            let isCold: Bool

            static let all = [1, 2, 4].flatMap {
                [Way(cpus: $0, isCold: false), Way(cpus: $0, isCold: true)]
            }

            var testDescription: String { "\(cpus) CPUs, \(isCold ? "booted" : "restored")" }

            var arguments: [String] { ["--cpus", "\(cpus)"] + (isCold ? ["--cold"] : []) }
        }

        /// How often each is run.
        private static let repetitions = TestScope.isWhole ? 20 : 3
        /// What must be the same, byte for byte.
        private static let files = ["console.log", "kernel.log", "ledger.jsonl", "energy.jsonl"]

        @Test("Every byte of it is the same, however busy the host is", arguments: Way.all)
        func identical(way: Way) async throws {
            let folder = try TemporaryFolder()
            let first = try await files(of: "3", way, in: folder)
            #expect(first.allSatisfy { !$0.isEmpty })
            for number in 1..<Self.repetitions {
                // Quiet, then more and more busy.
                let again = try await whileBusy(processes: number % 4) {
                    try await files(of: "3", way, in: folder)
                }
                for (name, (one, other)) in zip(Self.files, zip(first, again)) {
                    #expect(one == other, "\(name) of run \(number)")
                }
            }
        }

        /// The files of a run of `smoke`.
        private func files(of seed: String, _ way: Way, in folder: TemporaryFolder) async throws -> [Data] {
            let run = try await LabCommand.runJSON(
                ["smoke", "--seed", seed] + way.arguments, in: folder.path.appending("results")
            ).run()
            #expect(run.verdict == .passed, "\(run.findings.map(\.title)) \(run.reason ?? "")")
            #expect(run.phases.contains { $0.name == (way.isCold ? "boot" : "restore") }, "\(run.notes)")
            return try Self.files.map { try Data(contentsOf: URL(filePath: "\(run.directory)/\($0)")) }
        }

        /// Does something while other processes want the host's CPUs.
        private func whileBusy<Output: Sendable>(
            processes: Int, _ body: @escaping @Sendable () async throws -> Output
        ) async throws -> Output {
            guard processes > 0 else { return try await body() }
            let result = try await Subprocess.run(
                .path("/bin/sh"), arguments: ["-c", "while :; do :; done"], input: .none, output: .discarded,
                error: .discarded
            ) { execution in
                defer { try? execution.send(signal: .kill) }
                return try await whileBusy(processes: processes - 1, body)
            }
            return result.closureResult
        }
    }
}
