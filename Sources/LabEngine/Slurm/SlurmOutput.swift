// SPDX-License-Identifier: Apache-2.0

/// What Slurm says of one task of a job array.
struct SlurmSighting: Sendable, Equatable {
    /// Where the task is in its life.
    enum Phase: Sendable, Equatable {
        /// It waits for a node.
        case pending
        /// A node has it, or is about to have it or to get rid of it.
        case active
        /// It is over by itself.
        case completed
        /// Whatever became of it, another attempt may go better: its node was lost, somebody else was preferred.
        case lost
        /// Another attempt would end the same way: a limit was too small.
        case limited
    }

    /// The array's job id.
    var job: Int
    /// The task's number in the array.
    var index: Int
    /// Slurm's word, such as `NODE_FAIL`.
    var state: String
    /// Where it runs or ran; empty for nowhere.
    var node: String
    /// The folder that the job was submitted for; nil when that was not asked.
    var folder: String?

    /// What its state means. A word that Slurm did not have in 2026 means that it is to be waited for: its time limit
    /// brings it to one that we know.
    var phase: Phase {
        switch state {
        case "PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD", "SPECIAL_EXIT": .pending
        case "COMPLETED": .completed
        case "NODE_FAIL", "BOOT_FAIL", "PREEMPTED", "CANCELLED", "FAILED", "REVOKED", "LAUNCH_FAILED",
            "RECONFIG_FAIL":
            .lost
        case "TIMEOUT", "DEADLINE", "OUT_OF_MEMORY": .limited
        default: .active
        }
    }
}

/// Reads what Slurm's commands print.
///
/// `--json` is not used: its shape changed with 23.02 (numbers became objects) and with 23.11 (a state became a list),
/// Debian 12 has 22.05, and there it shows the waiting part of an array as one entry. Formats that are asked for by
/// their fields have been the same all the while.
enum SlurmOutput {
    /// Begins every line that was asked for: both streams come together, and warnings are not for us.
    private static let mark = "pacctlab"
    /// Lines that are looked at. More than a cluster would let one user have.
    private static let mostLines = 100_000
    /// Most bytes of a word of Slurm's that is kept.
    private static let mostBytes = 256

    /// For `squeue --format`. The folder comes last: it may have any character in it.
    static let queueFormat = "\(mark)|%F|%K|%T|%N|%Z"
    /// For `sacct --format`.
    static let accountingFormat = "JobID,State,NodeList"

    /// Reads the lines of `squeue --array` in ``queueFormat``. Jobs that are no arrays are none of ours.
    static func queue(_ lines: [String]) -> [SlurmSighting] {
        lines.prefix(mostLines).compactMap { line in
            let parts = line.split(separator: "|", maxSplits: 5, omittingEmptySubsequences: false)
            guard parts.count == 6, parts[0] == mark, let job = number(parts[1]), let index = number(parts[2])
            else { return nil }
            return SlurmSighting(
                job: job, index: index, state: word(parts[3]), node: word(parts[4]), folder: String(parts[5]))
        }
    }

    /// Reads the lines of `sacct --parsable2` in ``accountingFormat``: `7_3|CANCELLED by 1000|n2`. Steps (`7_3.batch`)
    /// and tasks that still wait together (`7_[5-6]`) are left out.
    static func accounting(_ lines: [String]) -> [SlurmSighting] {
        lines.prefix(mostLines).compactMap { line in
            let parts = line.split(separator: "|", omittingEmptySubsequences: false)
            guard parts.count == 3 else { return nil }
            let id = parts[0].split(separator: "_", omittingEmptySubsequences: false)
            guard id.count == 2, let job = number(id[0]), let index = number(id[1]) else { return nil }
            let node = word(parts[2])
            return SlurmSighting(
                job: job, index: index, state: word(parts[1]), node: node == "None assigned" ? "" : node,
                folder: nil)
        }
    }

    /// Reads `sbatch --parsable`: `7`, or `7;cluster`; nil when no line has a job's id.
    static func submitted(_ lines: [String]) -> Int? {
        lines.lazy.compactMap { line in
            line.split(separator: ";", omittingEmptySubsequences: false).first.flatMap(number)
        }.first
    }

    /// Digits and nothing else: `Int` would take a sign, too.
    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.count < 12, text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(text)
    }

    /// A state without what sacct puts behind it (`by 1000`), or a node; nothing that could spoil a terminal.
    private static func word(_ text: Substring) -> String {
        let plain = text.hasPrefix("CANCELLED") ? "CANCELLED" : text
        return String(plain.filter { $0.isASCII && !$0.isNewline && $0 >= " " }.prefix(mostBytes))
            .replacing("(null)", with: "")
    }
}
