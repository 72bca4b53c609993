// SPDX-License-Identifier: Apache-2.0

import Yams

extension Suite {
    private static let keys = ["name", "description", "matrix"]
    private static let blockKeys = ["scenarios", "tags", "without", "variants", "cpus", "kernels", "seeds"]
    /// Names of files in images/kernel/config that are variants.
    static let variants = ["release", "debug", "kcsan", "rt"]
    private static let cpuRange = 1...16

    /// Reads a suite from the text of its file.
    ///
    /// - Parameter file: What to call the file in errors.
    /// - Throws: ``ScenarioError`` with line and column of the first thing that is wrong.
    public init(yaml: String, file: String) throws(ScenarioError) {
        let root = try YAMLMapping(
            try Scenario.compose(yaml, file: file), file: file,
            expected: "a suite (name, description, matrix)")
        try root.checkKeys(Self.keys, of: "a suite")
        name = try root.required("name", of: "a suite")
        description = try root.required("description", of: "a suite")
        guard case .sequence(let nodes)? = root.value("matrix"), !nodes.isEmpty else {
            throw root.error("\"matrix\" must be a list with at least one entry", at: "matrix")
        }
        var blocks: [Block] = []
        for node in nodes { blocks.append(try Self.block(node, file: file)) }
        self.blocks = blocks
    }

    /// Reads an entry of a matrix.
    ///
    /// - Parameter besides: Keys that it may have, and that are read elsewhere.
    static func block(
        _ node: Node, file: String, besides: [String] = []
    ) throws(ScenarioError) -> Block {
        let entry = try YAMLMapping(node, file: file, expected: "a mapping such as \"tags: [quick]\"")
        try entry.checkKeys(blockKeys + besides, of: "an entry of \"matrix\"")
        var block = Block()
        block.scenarios = try entry.strings("scenarios") ?? []
        block.tags = try entry.strings("tags") ?? []
        block.without = try entry.strings("without") ?? []
        guard block.scenarios.isEmpty != block.tags.isEmpty else {
            throw entry.error("an entry of \"matrix\" needs either \"scenarios\" or \"tags\"")
        }
        block.variants = try entry.strings("variants") ?? block.variants
        for variant in block.variants where !variants.contains(variant) {
            let hint = nearestWord(to: variant, in: variants).map { "; did you mean \"\($0)\"?" } ?? ""
            throw entry.error("there is no variant \"\(variant)\"\(hint)", at: "variants")
        }
        block.cpus = try numbers("cpus", entry) ?? block.cpus
        block.kernels = try entry.strings("kernels") ?? block.kernels
        if let text = try entry.string("seeds") {
            guard let seeds = SeedSet(text: text) else {
                throw entry.error("\"seeds\" must be seeds such as 1..3 or 1,7", at: "seeds")
            }
            block.seeds = seeds
        }
        for (key, isEmpty) in [
            ("variants", block.variants.isEmpty), ("cpus", block.cpus.isEmpty),
            ("kernels", block.kernels.isEmpty),
        ] where isEmpty {
            throw entry.error("\"\(key)\" must not be empty: the entry would run nothing", at: key)
        }
        return block
    }

    private static func numbers(_ key: String, _ entry: YAMLMapping) throws(ScenarioError) -> [Int]? {
        guard let texts = try entry.strings(key) else { return nil }
        var numbers: [Int] = []
        for text in texts {
            guard let number = Int(text), cpuRange.contains(number) else {
                throw entry.error("\"\(key)\" must be a list of whole numbers from 1 to 16", at: key)
            }
            numbers.append(number)
        }
        return numbers
    }
}
