// SPDX-License-Identifier: Apache-2.0

import Yams

extension Scenario {
    private static let keys = ["name", "description", "tags", "counters", "steps", "expect"]

    /// Reads a scenario from the text of its file.
    ///
    /// - Parameters:
    ///   - yaml: The file's text.
    ///   - file: What to call the file in errors.
    /// - Throws: ``ScenarioError`` with line and column of the first thing that is wrong.
    public init(yaml: String, file: String) throws(ScenarioError) {
        let root = try YAMLMapping(
            try Self.compose(yaml, file: file), file: file, expected: "a scenario (name, description, steps)")
        try root.checkKeys(Self.keys, of: "a scenario")
        name = try root.required("name", of: "a scenario")
        description = try root.required("description", of: "a scenario")
        tags = try root.strings("tags") ?? []
        counters = try root.word("counters", CounterSource.self) ?? .auto
        steps = try Self.steps(in: root)
        expectations = try Self.expectations(in: root)
    }

    private static func compose(_ yaml: String, file: String) throws(ScenarioError) -> Node {
        do {
            guard let node = try Yams.compose(yaml: yaml) else {
                throw ScenarioError(file: file, line: 1, column: 1, message: "the file is empty")
            }
            return node
        } catch let error as ScenarioError {
            throw error
        } catch let error as YamlError {
            throw ScenarioError(yamlError: error, file: file)
        } catch {
            throw ScenarioError(file: file, line: 0, column: 0, message: "\(error)")
        }
    }

    private static func steps(in root: YAMLMapping) throws(ScenarioError) -> [Step] {
        guard let value = root.value("steps") else { throw root.error("a scenario needs the key \"steps\"") }
        guard case .sequence(let nodes) = value, !nodes.isEmpty else {
            throw root.error("\"steps\" must be a list with at least one step", at: "steps")
        }
        var steps: [Step] = []
        for node in nodes {
            var step = try Step(node, file: root.file)
            let same = steps.count { $0.name == step.name || $0.name.hasPrefix("\(step.name) (") }
            if same > 0 { step.name += " (\(same + 1))" }
            steps.append(step)
        }
        return steps
    }

    private static func expectations(in root: YAMLMapping) throws(ScenarioError) -> Expectations {
        var expectations = Expectations()
        guard let node = root.value("expect") else { return expectations }
        let mapping = try YAMLMapping(node, file: root.file, expected: "a mapping below \"expect\"")
        try mapping.checkKeys(["records"], of: "\"expect\"")
        expectations.minimumRecords = try mapping.integer("records") ?? 0
        return expectations
    }
}

extension ScenarioError {
    fileprivate init(yamlError: YamlError, file: String) {
        switch yamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(file: file, line: mark.line, column: mark.column, message: "not YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.sorted().joined(separator: ", ")
            self.init(
                file: file, line: context.mark.line, column: context.mark.column,
                message: "the key \(keys) stands here twice")
        default: self.init(file: file, line: 0, column: 0, message: "not YAML: \(yamlError)")
        }
    }
}
