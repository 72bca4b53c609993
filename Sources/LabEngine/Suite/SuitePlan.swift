// SPDX-License-Identifier: Apache-2.0

/// The cells of a suite in their order, and those that make no sense, each with the reason.
public struct SuitePlan: Sendable, Equatable {
    /// A cell that is not run.
    public struct Excluded: Sendable, Equatable {
        /// Which.
        public var cell: SuiteCell
        /// Why not, in a sentence.
        public var reason: String
    }

    /// What is run.
    public private(set) var cells: [SuiteCell] = []
    /// What is not, though the matrix has it.
    public private(set) var excluded: [Excluded] = []
    /// What the cells' scenarios are.
    public let scenarios: [String: Scenario]

    /// The whole matrix.
    ///
    /// - Parameter scenarios: Every scenario that the suite names, and the shipped ones for its tags.
    /// - Throws: ``LabError`` when a block selects no scenario: a slip of the pen must not look like a small suite.
    public init(_ suite: Suite, scenarios: [String: Scenario]) throws(LabError) {
        self.scenarios = scenarios
        var seen: Set<SuiteCell> = []
        for (place, block) in suite.blocks.enumerated() {
            let names = Self.names(of: block, in: scenarios)
            guard !names.isEmpty else {
                throw LabError(
                    .badInput,
                    "Entry \(place + 1) of the suite \(suite.name) selects no scenario: none has one of the tags "
                        + "\(block.tags.joined(separator: ", "))"
                        + (block.without.isEmpty
                            ? "." : " and none of \(block.without.joined(separator: ", "))."),
                    remedy: "pacctlab scenario list shows the tags there are.")
            }
            for cell in Self.cells(of: block, names) where seen.insert(cell).inserted { add(cell) }
        }
    }

    private static func names(of block: Suite.Block, in scenarios: [String: Scenario]) -> [String] {
        if !block.scenarios.isEmpty { return block.scenarios }
        return scenarios.filter { name, scenario in
            !ScenarioLibrary.isPath(name) && !Set(scenario.tags).isDisjoint(with: block.tags)
                && Set(scenario.tags).isDisjoint(with: block.without)
        }.keys.sorted()
    }

    private static func cells(of block: Suite.Block, _ names: [String]) -> [SuiteCell] {
        var cells: [SuiteCell] = []
        // Cells that share what is built stand together.
        for kernel in block.kernels {
            for variant in block.variants {
                for cpus in block.cpus {
                    for name in names {
                        cells += block.seeds.seeds.map {
                            SuiteCell(scenario: name, variant: variant, cpus: cpus, kernel: kernel, seed: $0)
                        }
                    }
                }
            }
        }
        return cells
    }

    private mutating func add(_ cell: SuiteCell) {
        if let reason = scenarios[cell.scenario]?.reasonAgainst(variant: cell.variant, cpus: cell.cpus) {
            excluded.append(.init(cell: cell, reason: reason))
        } else {
            cells.append(cell)
        }
    }

    // MARK: - parts of it

    /// Keeps the cells that fulfil the condition, and says nothing about the others.
    public mutating func keep(_ condition: (SuiteCell) -> Bool) {
        cells.removeAll { !condition($0) }
        excluded.removeAll { !condition($0.cell) }
    }

    /// Leaves cells out, each for the reason that is given.
    public mutating func exclude(_ reason: (SuiteCell) -> String?) {
        var kept: [SuiteCell] = []
        for cell in cells {
            if let reason = reason(cell) {
                excluded.append(.init(cell: cell, reason: reason))
            } else {
                kept.append(cell)
            }
        }
        cells = kept
    }

    /// Keeps a part of the cells. All parts together are the whole, and no two have a cell in common.
    public mutating func take(_ shard: Shard) {
        cells = cells.enumerated().filter { $0.offset % shard.count == shard.index - 1 }.map(\.element)
        // Said once, not by every machine.
        if shard.index > 1 { excluded = [] }
    }
}

/// One of several equal parts of a suite, for machines that share the work.
public struct Shard: Sendable, Equatable, Codable, CustomStringConvertible {
    /// Which part, from 1.
    public let index: Int
    /// How many parts there are.
    public let count: Int

    /// Reads `2/5`; nil when it is not in that form.
    public init?(text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let index = parts[0], let count = parts[1], count <= 10_000,
            (1...max(1, count)).contains(index), count > 0
        else { return nil }
        (self.index, self.count) = (index, count)
    }

    /// As it could be typed.
    public var description: String { "\(index)/\(count)" }
}

extension Scenario {
    /// Why it cannot be run so; nil when it can.
    func reasonAgainst(variant: String, cpus: Int) -> String? {
        if let variants, !variants.contains(variant) {
            return
                "it is for the variant\(variants.count == 1 ? "" : "s") \(variants.joined(separator: ", "))"
        }
        if cpus < minimumCpus { return "it needs \(minimumCpus) CPUs" }
        return nil
    }
}
