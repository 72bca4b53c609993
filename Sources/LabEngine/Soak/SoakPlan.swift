// SPDX-License-Identifier: Apache-2.0

import Evidence
import Yams

/// What a campaign runs round the clock, and what a module has to show to be let onto the lab machine: one plan file.
public struct SoakPlan: Sendable, Equatable {
    /// Part of the matrix, and its share of the runs.
    public struct Block: Sendable, Equatable {
        /// What it runs on what. Seeds are the campaign's own.
        public var matrix: Suite.Block
        /// How many runs each of its cells gets for one of a cell with weight 1.
        public var weight: Double
        /// Whether its runs want a machine for themselves, since they measure it. Only a cluster can grant that.
        public var isExclusive = false
    }

    /// What `pacctlab gate` demands.
    public struct Policy: Sendable, Equatable {
        /// The failure rate of each cell must be below this with 95 % confidence, a share.
        public var failureRate = 0.05
        /// Fewest runs with an answer of all cells together.
        public var runs = 0
        /// Variants that there must be runs of.
        public var variants: [String] = []
        /// How long runs with an answer must have taken in all, host time.
        public var hours = Duration.zero
        /// How much series may grow for 10,000 tasks, with 99 % confidence.
        public var slopes: [Series: Double] = [:]
        /// How long hooks may take on average, nanoseconds of the guest's time.
        public var overhead: [Series: Double] = [:]
    }

    /// Its name.
    public var name: String
    /// One sentence: what it is for.
    public var description: String
    /// The matrix.
    public var blocks: [Block]
    /// How much of the disk run folders may take, bytes.
    public var diskBudget: Int64
    /// Passed runs of each cell of which all evidence is kept.
    public var samples: Int
    /// What the gate demands.
    public var policy: Policy

    /// The plan's matrix as a suite, for what it has in common with one.
    public var suite: Suite { Suite(name: name, description: description, blocks: blocks.map(\.matrix)) }
}

extension SoakPlan {
    private static let keys = ["name", "description", "matrix", "disk", "samples", "gate"]
    private static let units: [(suffix: String, bytes: Int64)] = [
        ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]

    /// Reads a plan from the text of its file.
    ///
    /// - Throws: ``ScenarioError`` with line and column of the first thing that is wrong.
    public init(yaml: String, file: String) throws(ScenarioError) {
        let root = try YAMLMapping(
            try Scenario.compose(yaml, file: file), file: file, expected: "a plan (name, description, matrix)"
        )
        try root.checkKeys(Self.keys, of: "a plan")
        name = try root.required("name", of: "a plan")
        description = try root.required("description", of: "a plan")
        guard case .sequence(let nodes)? = root.value("matrix"), !nodes.isEmpty else {
            throw root.error("\"matrix\" must be a list with at least one entry", at: "matrix")
        }
        var blocks: [Block] = []
        for node in nodes {
            let entry = try YAMLMapping(node, file: file, expected: "a mapping such as \"tags: [quick]\"")
            if entry.value("seeds") != nil {
                throw entry.error("a plan has no \"seeds\": a campaign goes through them", at: "seeds")
            }
            blocks.append(
                Block(
                    matrix: try Suite.block(node, file: file, besides: ["weight", "exclusive"]),
                    weight: try Self.weight(entry), isExclusive: try entry.boolean("exclusive") ?? false))
        }
        self.blocks = blocks
        diskBudget = try Self.bytes("disk", root) ?? 4 << 30
        samples = try root.integer("samples") ?? 3
        policy = try Self.policy(root)
    }

    private static func weight(_ entry: YAMLMapping) throws(ScenarioError) -> Double {
        guard let text = try entry.string("weight") else { return 1 }
        guard let weight = Double(text), weight > 0, weight <= 1000 else {
            throw entry.error("\"weight\" must be a number above 0, at most 1000", at: "weight")
        }
        return weight
    }

    private static func bytes(_ key: String, _ root: YAMLMapping) throws(ScenarioError) -> Int64? {
        guard let text = try root.string(key) else { return nil }
        for (suffix, unit) in units where text.hasSuffix(suffix) {
            let number = text.dropLast(suffix.count).filter { $0 != " " }
            if let value = Int64(number), value > 0, value < 1 << 20 { return value * unit }
        }
        throw root.error("\"\(key)\" must be a size such as 500MiB or 20GiB", at: key)
    }

    private static func policy(_ root: YAMLMapping) throws(ScenarioError) -> Policy {
        var policy = Policy()
        guard let node = root.value("gate") else { return policy }
        let mapping = try YAMLMapping(node, file: root.file, expected: "a mapping below \"gate\"")
        try mapping.checkKeys(
            ["failure_rate", "runs", "variants", "for", "slopes", "overhead"], of: "\"gate\"")
        if let text = try mapping.string("failure_rate") {
            guard let share = Share(text: text) else {
                throw mapping.error("\"failure_rate\" must be a share such as 1% or 0.5%", at: "failure_rate")
            }
            policy.failureRate = share.value
        }
        policy.runs = try mapping.integer("runs") ?? 0
        policy.variants = try mapping.strings("variants") ?? []
        for variant in policy.variants where !Suite.variants.contains(variant) {
            let hint = nearestWord(to: variant, in: Suite.variants).map { "; did you mean \"\($0)\"?" } ?? ""
            throw mapping.error("there is no variant \"\(variant)\"\(hint)", at: "variants")
        }
        policy.hours = try mapping.duration("for") ?? .zero
        policy.slopes = try limits("slopes", mapping, of: Series.allCases)
        policy.overhead = try limits("overhead", mapping, of: Series.hooks)
        return policy
    }

    private static func limits(
        _ key: String, _ mapping: YAMLMapping, of series: [Series]
    ) throws(ScenarioError) -> [Series: Double] {
        guard let node = mapping.value(key) else { return [:] }
        let entries = try YAMLMapping(
            node, file: mapping.file, expected: "a mapping below \"\(key)\", such as \(series[0].rawValue): 1"
        )
        try entries.checkKeys(series.map(\.rawValue), of: "\"\(key)\"")
        var limits: [Series: Double] = [:]
        for series in series {
            guard let text = try entries.string(series.rawValue) else { continue }
            guard let limit = Double(text), limit >= 0, limit.isFinite else {
                throw entries.error(
                    "\"\(series.rawValue)\" must be a number, not below 0", at: series.rawValue)
            }
            limits[series] = limit
        }
        return limits
    }
}

/// A share as people write it: `1%`, `0.5 %`.
public struct Share: Sendable, Equatable {
    /// From a millionth up to, and not including, 1.
    public let value: Double

    /// Reads it; nil when it is not in that form, or says all or nothing.
    public init?(text: String) {
        guard text.hasSuffix("%"), let number = Double(text.dropLast().filter { $0 != " " }),
            number >= 0.0001, number < 100
        else { return nil }
        value = number / 100
    }
}
