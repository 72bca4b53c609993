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

extension Scenario.Step {
    private static let actions = ["load", "unload", "run", "wait", "write", "collect"]
    private static let common = ["name", "limit", "always"]

    fileprivate init(_ node: Node, file: String) throws(ScenarioError) {
        let step = try YAMLMapping(
            node, file: file, expected: "a step such as \"load: module\" or \"run: stress-ng --cpu 1\"")
        let found = step.keys.filter { Self.actions.contains($0) }
        guard let kind = found.first, found.count == 1 else {
            if let unknown = step.keys.first(where: { !Self.common.contains($0) }), found.isEmpty {
                let hint =
                    nearestWord(to: unknown, in: Self.actions).map { "; did you mean \"\($0)\"?" } ?? ""
                throw step.error(
                    "a step needs one of \(YAMLMapping.list(Self.actions)), found \"\(unknown)\"\(hint)")
            }
            throw step.error("a step does exactly one of \(YAMLMapping.list(Self.actions))")
        }
        try step.checkKeys(Self.common + [kind] + Self.extraKeys(of: kind), of: "a \"\(kind)\" step")
        let text = try Self.headline(of: kind, in: step)
        name = try step.string("name") ?? "\(kind) \(text)"
        limit = try step.duration("limit")
        always = try step.boolean("always") ?? (kind == "unload" || kind == "collect")
        action = try Self.action(kind, text: text, in: step)
    }

    private static func extraKeys(of kind: String) -> [String] {
        switch kind {
        case "load": ["parameters"]
        case "run": ["environment"]
        case "write": ["text"]
        case "collect": ["as"]
        default: []
        }
    }

    /// What stands behind the action's key, for the step's name.
    private static func headline(of kind: String, in step: YAMLMapping) throws(ScenarioError) -> String {
        if kind == "run", case .sequence? = step.value(kind) {
            return try step.strings(kind)?.joined(separator: " ") ?? ""
        }
        return try step.string(kind) ?? ""
    }

    private static func action(
        _ kind: String, text: String, in step: YAMLMapping
    ) throws(ScenarioError) -> Scenario.Action {
        guard !text.isEmpty else { throw step.error("\"\(kind)\" must not be empty", at: kind) }
        switch kind {
        case "load": return .load(module(text), parameters: try step.string("parameters") ?? "")
        case "unload": return .unload(module(text))
        case "run": return .run(try command(text, in: step), environment: try environment(in: step))
        case "wait":
            guard let duration = try step.duration("wait") else { throw step.error("\"wait\" needs a time") }
            return .wait(duration)
        case "write": return .write(path: text, text: try step.required("text", of: "a \"write\" step"))
        default:
            let name = try step.string("as") ?? text.split(separator: "/").last.map(String.init) ?? text
            guard name.utf8.allSatisfy({ isFileNameByte($0) }), !name.hasPrefix(".") else {
                throw step.error("\"as\" must be a file name of letters, digits, dots, dashes", at: "as")
            }
            return .collect(path: text, name: name)
        }
    }

    private static func module(_ text: String) -> Scenario.ModuleName {
        text == "module" ? .underTest : .lab(text)
    }

    private static func command(_ text: String, in step: YAMLMapping) throws(ScenarioError) -> [String] {
        if case .sequence? = step.value("run") { return try step.strings("run") ?? [] }
        return ["sh", "-c", text]
    }

    private static func environment(in step: YAMLMapping) throws(ScenarioError) -> [String: String] {
        guard let node = step.value("environment") else { return [:] }
        let mapping = try YAMLMapping(node, file: step.file, expected: "a mapping of names to values")
        var result: [String: String] = [:]
        for key in mapping.keys { result[key] = try mapping.string(key) }
        return result
    }

    private static func isFileNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
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
