// SPDX-License-Identifier: Apache-2.0

/// Whether Slurm can be reached, and for how long it is waited for when it cannot.
struct SlurmReach: Sendable {
    /// A controller that is away longer than this is not waited for.
    static let patience = Duration.seconds(600)

    /// Since when it cannot be reached; nil: it can.
    private(set) var awaySince: ContinuousClock.Instant?

    /// It has answered.
    mutating func answered() { awaySince = nil }

    /// Takes what became of a command.
    ///
    /// - Returns: Words for people, the first time that it cannot be reached; nil while it is known.
    /// - Throws: ``LabError`` when it was waited for long enough, or when waiting would not help.
    mutating func failed(
        _ failure: SlurmClient.Failure, at now: ContinuousClock.Instant = .now
    ) throws(LabError) -> String? {
        switch failure {
        case .unreachable(let words):
            guard let since = awaySince else {
                awaySince = now
                return "\(words); it is waited for"
            }
            guard since.duration(to: now) < Self.patience else {
                throw LabError(
                    .trouble, "Slurm cannot be reached for \(Self.patience.text): \(words)",
                    remedy:
                        "Does `sinfo` work here? pacctlab soak resume goes on; jobs that run are found again."
                )
            }
            return nil
        case .refused(let words): throw LabError(.trouble, "Slurm refuses: \(words)")
        case .missing(let words):
            throw LabError(.trouble, words, remedy: "Or run on this machine: leave --engine slurm out.")
        }
    }
}
