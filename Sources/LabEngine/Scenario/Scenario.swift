// SPDX-License-Identifier: Apache-2.0

import GuestContract

/// What to do in a guest and what must hold: the contents of one scenario file.
public struct Scenario: Sendable, Equatable {
    /// A module that a step loads or unloads.
    public enum ModuleName: Sendable, Equatable {
        /// The module under test, whichever `--module` names.
        case underTest
        /// One of the lab's own modules below `kmod/`, such as `sim_pmu`.
        case lab(String)
    }

    /// One thing to do.
    public enum Action: Sendable, Equatable {
        case load(ModuleName, parameters: String)
        case unload(ModuleName)
        /// A command line for the guest's shell, or a program with its arguments.
        case run([String], environment: [String: String])
        /// One of the agent's own loads, and what is set of its parameters.
        case workload(Workload, settings: [String: UInt64])
        case wait(Duration)
        case write(path: String, text: String)
        case collect(path: String, name: String)
        /// Look at a file of proc or sys; an empty path is the kernel log.
        case check(path: String, Condition)
        /// Steps at the same time.
        case together([Step])
        /// Steps, one after the other, this often.
        case repeating(Int, [Step])
        /// Steps, one after the other, while the kernel fails on demand.
        case fault(Fault, [Step])
        /// Steps, one after the other, while nobody reads the module's records.
        case suspendRecords([Step])

        /// The steps it consists of, empty for what is no group.
        public var members: [Step] {
            switch self {
            case .together(let steps), .repeating(_, let steps), .fault(_, let steps),
                .suspendRecords(let steps):
                steps
            default: []
            }
        }
    }

    /// An action with its name and limit.
    public struct Step: Sendable, Equatable {
        /// What reports call it; unique within the scenario.
        public var name: String
        /// How long it may take on an unhurried guest; scaled by ``TimeLimits``. Nil: the default.
        public var limit: Duration?
        /// Whether it is done even after an earlier step has failed.
        public var always: Bool
        /// Whether it is ended once the other steps of its `together` are over.
        public var background = false
        /// Error numbers with which it may fail and yet pass.
        public var allowed: [Int32] = []
        /// What to do.
        public var action: Action
    }

    /// Where the guest's counters come from.
    public enum CounterSource: String, Sendable, CaseIterable {
        /// The host's PMU where the guest has it, simulated otherwise.
        case auto
        /// `sim_pmu`, also where there is a PMU.
        case simulated
        /// No counters at all.
        case none
    }

    /// What the module under test must have.
    public enum Need: String, Sendable, CaseIterable {
        /// Energy records as `kmod/pacct_energy/pacct_energy_abi.h` has them, from `/dev/pacct_energy`.
        case records
    }

    /// Name, as `pacctlab run NAME` takes it.
    public var name: String
    /// One sentence: what it is for.
    public var description: String
    /// Words to select it by.
    public var tags: [String]
    /// Variants of the kernel that it is for; nil: all.
    public var variants: [String]?
    /// Fewest CPUs of a guest that it makes sense on.
    public var minimumCpus = 1
    /// What its file says that the module under test must have, nil when it says nothing; see ``allNeeds``.
    public var needs: Set<Need>?
    /// Files that ride along: paths on the host, those that are relative being so to the scenario's file.
    public var carried: [String] = []
    /// Where counters come from.
    public var counters: CounterSource
    /// Whether the seed varies when and where its steps run, and disturbs the guest's CPUs.
    public var varies = true
    /// Time between two samples of the numbers that must not grow; nil: none are taken.
    public var sampling: Duration?
    /// Steps in their order.
    public var steps: [Step]
    /// What must hold.
    public var expectations: Expectations
    /// Whether the agent watches what happens besides the steps: records, its ledger of tasks, snapshots, counters
    /// of its own. Not where instructions are counted: every fork and exit would wake it.
    public var isWatched = true

    /// Whether a run of it is varied. Not where instructions are counted, or a person is at work.
    var isVaried: Bool { varies && isWatched }

    /// Steps in their order, those inside groups right behind them.
    public var allSteps: [Step] { Self.flat(steps) }

    private static func flat(_ steps: [Step]) -> [Step] {
        steps.flatMap { [$0] + flat($0.action.members) }
    }

    /// What the module under test must have: what the file says, and what its steps and expectations cannot do without.
    public var allNeeds: Set<Need> {
        let isNeeded = expectations.needsRecordABI || allSteps.contains { $0.action.needsRecords }
        let isNamed = needs == nil && allSteps.contains { $0.action.namesRecords }
        return isNeeded || isNamed ? (needs ?? []).union([.records]) : needs ?? []
    }

    /// Whether a step runs stress-ng, which then rides along.
    public var usesStressNG: Bool {
        allSteps.contains { step in
            guard case .run(let words, _) = step.action else { return false }
            return words.contains { $0.contains("stress-ng") }
        }
    }
}

extension Scenario.Action {
    /// Whether it makes no sense without the module's own device.
    fileprivate var needsRecords: Bool {
        if case .suspendRecords = self { true } else { false }
    }

    /// Whether it names the module's own device or files.
    fileprivate var namesRecords: Bool {
        switch self {
        case .run(let words, _): words.contains { $0.contains("/pacct_energy") }
        case .write(let path, _), .collect(let path, _), .check(let path, _): path.contains("/pacct_energy")
        default: false
        }
    }
}
