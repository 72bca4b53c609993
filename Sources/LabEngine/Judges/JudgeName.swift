// SPDX-License-Identifier: Apache-2.0

/// The judges by the names that scenarios and reports use, in the order in which they are asked.
public enum JudgeName: String, Sendable, CaseIterable, Comparable {
    case crash
    case ending
    case steps
    case records
    case energy
    case ledger
    case conservation
    case residue
    case growth
    case expectations
    case completeness

    /// What it looks at.
    public var summary: String {
        switch self {
        case .crash: "what the kernel's own checks say in its log"
        case .ending: "how the guest ended"
        case .steps: "whether every step passed"
        case .records: "whether energy records came in order, whole, and with every loss stated"
        case .energy: "whether each record's energy, counts and times go together"
        case .ledger: "whether each task that exited has one record"
        case .conservation: "whether tasks are billed what the CPUs counted"
        case .residue: "what the module leaves behind when it is unloaded"
        case .growth: "whether numbers grow with every task, where the scenario takes samples"
        case .expectations: "what the scenario expects of the energy"
        case .completeness: "whether all evidence arrived"
        }
    }

    /// Whether a scenario may do without it. Without the others a pass would not be one.
    public var maySwitchOff: Bool {
        switch self {
        case .crash, .records, .energy, .ledger, .conservation, .residue, .growth: true
        case .ending, .steps, .expectations, .completeness: false
        }
    }

    /// What can be set of it: the name of a number and what that means.
    public var threshold: (name: String, meaning: String)? {
        switch self {
        case .energy:
            ("tolerance", "microjoules by which a record's energy may differ from that of its counts (1)")
        case .ledger: ("missing", "tasks that may lack their record (0)")
        case .conservation:
            ("tolerance", "millionths of the counts that may be missing, or too many, besides (0)")
        default: nil
        }
    }

    /// In the order in which they are asked.
    public static func < (first: JudgeName, second: JudgeName) -> Bool {
        let order = allCases
        return (order.firstIndex(of: first) ?? 0) < (order.firstIndex(of: second) ?? 0)
    }
}
