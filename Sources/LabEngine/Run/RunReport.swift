// SPDX-License-Identifier: Apache-2.0

import Evidence
import Foundation

/// What a run came to.
public enum Verdict: String, Sendable, Codable, Comparable {
    /// Every planned step reported, every judge ran, nothing was found.
    case passed
    /// There are findings.
    case failed
    /// The lab itself could not do its work, or evidence is missing.
    case inconclusive

    /// Exit status by contract: 0, 1, 3.
    public var exitStatus: Int32 {
        switch self {
        case .passed: 0
        case .failed: 1
        case .inconclusive: 3
        }
    }

    /// Order of severity: one failure outweighs any number of inconclusive runs, and one of these any
    /// number of passes.
    public static func < (first: Verdict, second: Verdict) -> Bool {
        let order: [Verdict] = [.passed, .inconclusive, .failed]
        return (order.firstIndex(of: first) ?? 0) < (order.firstIndex(of: second) ?? 0)
    }
}

/// One run: what `run.json` holds, and one element of `runs` in `--json`.
public struct RunReport: Sendable, Codable {
    /// How a step of the plan came out.
    public struct Step: Sendable, Codable {
        /// Its state.
        public enum Status: String, Sendable, Codable {
            case passed
            case failed
            case skipped
            case notReached = "not-reached"
        }

        /// The step's name.
        public var name: String
        /// Its state.
        public var status: Status
        /// When it began by the guest's clock, which the kernel log has, too, seconds since boot; nil when it did not.
        public var startS: Double?
        /// How long it took by the guest's clock, seconds; nil when it did not end.
        public var durationS: Double?
        /// What went wrong, nil when nothing did.
        public var message: String?
        /// How many groups of steps it is in, such as `repeat` and `together`.
        public var depth: Int
    }

    /// The energy records in short.
    public struct Energy: Sendable, Codable {
        /// Records that arrived.
        public var records = 0
        /// Records that the module says it lost.
        public var lost: UInt64 = 0
        /// Sum of their energies, microjoules.
        public var totalUj: Int64 = 0
        /// Largest difference between a record's energy and the closed form of its counts, microjoules;
        /// nil when the counts are of another model, so that there is nothing to compare with.
        public var maxErrorUj: UInt64?
        /// Records that nobody had read, found in the memory of a crashed guest; nil when there are none.
        public var recovered: Int?
    }

    /// The guest's memory.
    public struct Dump: Sendable, Codable, Equatable {
        /// The file in the run's folder, nil when there is none.
        public var file: String?
        /// Its size.
        public var bytes: Int64?
        /// Why there is none, nil when there is one.
        public var missing: String?
    }

    /// What the module left behind, in short.
    public struct Residue: Sendable, Codable {
        /// Things that are left; each is in a finding.
        public var items = 0
        /// What this kernel cannot show, and so was not looked at.
        public var unseen: [String] = []
    }

    /// What the CPUs counted, by the lab's own counters, and what became of it, in short.
    public struct Conservation: Sendable, Codable {
        /// Whether tasks' counts were compared with the CPUs'; `notes` say why not.
        public var compared = false
        /// `cpu` or `task`: the module's way of counting.
        public var scope: String?
        /// Time of all CPUs together between the load and the unload, seconds.
        public var cpuS: Double = 0
        /// Part of it in which they were idle.
        public var idleS: Double = 0
        /// Part of it in which tasks ran that nobody traced.
        public var untracedS: Double = 0
        /// Part of it in which traced tasks ran without being counted.
        public var uncountedS: Double = 0
        /// Share of the counts that the comparison cannot see.
        public var blur: Double = 0
    }

    /// How long a part of the lab's work took, host time.
    public struct Phase: Sendable, Codable {
        /// What was done.
        public var name: String
        /// Seconds.
        public var durationS: Double
    }

    /// Names the run: unique on this machine.
    public var id: String
    /// The scenario's name.
    public var scenario: String
    /// Folder of the module under test; nil in reports of older versions.
    public var module: String?
    /// The kernel's variant.
    public var variant: String
    /// `uname -r` of the guest, nil when it never said.
    public var kernel: String?
    /// What ran the guest.
    public var accel: Accelerator
    /// Why it was that accelerator, when it was not the one hoped for.
    public var accelReason: String?
    /// Where counts come from.
    public var pmu: CounterProvenance
    /// The run's seed.
    public var seed: UInt64
    /// CPUs of the guest.
    public var cpus: Int
    /// Memory of the guest, MiB.
    public var memoryMib: Int
    /// What it came to.
    public var verdict: Verdict
    /// Why it is inconclusive; nil otherwise.
    public var reason: String?
    /// From the start of the run to the verdict, seconds of host time.
    public var durationS: Double
    /// From the start of QEMU to the agent's first frame, seconds of host time.
    public var guestReadyS: Double?
    /// What is wrong.
    public var findings: [Finding]
    /// What the scenario expects to be found, and what was: no reason to fail. Nil when there is nothing of the kind.
    public var expected: [Finding]?
    /// The energy records in short.
    public var energy: Energy
    /// What the CPUs counted and what became of it; nil when the module has no records of its own, or was not unloaded.
    public var conservation: Conservation?
    /// What the module left behind; nil when it was not unloaded, or that could not be judged.
    public var residue: Residue?
    /// What grew with the tasks that came and went; nil when the scenario takes no samples.
    public var trends: [SeriesTrend]?
    /// The records held against the ledger of processes; nil for a module that has no records of our ABI.
    public var ledger: Ledger?
    /// The plan's steps.
    public var steps: [Step]
    /// What the agent or the lab had to leave out.
    public var notes: [String]
    /// What became of the guest's memory; nil when nobody expects a dump.
    public var dump: Dump?
    /// What took how long on the host.
    public var phases: [Phase]
    /// The run's folder.
    public var directory: String
}

/// What a whole `pacctlab run` came to: the one document that `--json` prints.
public struct RunsReport: Sendable, Codable {
    /// The worst of the runs' verdicts; inconclusive when there is no run at all.
    public var verdict: Verdict
    /// Every run in its order.
    public var runs: [RunReport]
    /// Why the whole is no pass, though every run may be one: something was not run. Nil when there is nothing to say.
    public var problems: [String]?

    /// Takes the runs and finds the worst verdict.
    public init(runs: [RunReport], problems: [String] = []) {
        self.runs = runs
        self.problems = problems.isEmpty ? nil : problems
        let worst = runs.map(\.verdict).max() ?? .inconclusive
        verdict = problems.isEmpty ? worst : max(worst, .inconclusive)
    }
}

extension Encodable {
    /// The JSON of pacctlab's contracts: snake_case keys, sorted, slashes as they are.
    public func contractJSON(pretty: Bool = true) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting =
            pretty
            ? [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
