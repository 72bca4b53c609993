// SPDX-License-Identifier: Apache-2.0

import Yams

extension Scenario {
    /// Reads a scenario from the text of its file.
    ///
    /// - Parameters:
    ///   - yaml: The file's text.
    ///   - file: What to call the file in errors.
    /// - Throws: ``ScenarioError`` with line and column of the first thing that is wrong.
    public init(yaml: String, file: String) throws(ScenarioError) {
        try self.init(yaml: yaml, file: file, mistakes: nil)
    }

    /// All that is wrong in the text of a scenario file, by lines.
    public static func mistakes(yaml: String, file: String) -> [ScenarioError] {
        let list = MistakeList()
        do { _ = try Scenario(yaml: yaml, file: file, mistakes: list) } catch { list.add(error) }
        return list.all.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    }

    private init(yaml: String, file: String, mistakes: MistakeList?) throws(ScenarioError) {
        let root = try YAMLMapping(
            try Self.compose(yaml, file: file), file: file, expected: "a scenario (name, description, steps)",
            mistakes: mistakes)
        try root.checkKeys(ScenarioField.scenario.map(\.name), of: "a scenario")
        name = try root.attempt("") { () throws(ScenarioError) in try root.required("name", of: "a scenario")
        }
        description = try root.attempt("") { () throws(ScenarioError) in
            try root.required("description", of: "a scenario")
        }
        tags = try root.attempt([]) { () throws(ScenarioError) in try root.strings("tags") ?? [] }
        variants = try root.attempt(nil) { () throws(ScenarioError) in try Self.variants(in: root) }
        minimumCpus = try root.attempt(1) { () throws(ScenarioError) in try Self.minimumCpus(in: root) }
        needs = try root.attempt(nil) { () throws(ScenarioError) in try Self.needs(in: root) }
        carried = try root.attempt([]) { () throws(ScenarioError) in try root.strings("carry") ?? [] }
        counters = try root.attempt(.auto) { () throws(ScenarioError) in
            try root.word("counters", CounterSource.self) ?? .auto
        }
        varies = try root.attempt(true) { () throws(ScenarioError) in try root.boolean("vary") ?? true }
        sampling = try root.attempt(nil) { () throws(ScenarioError) in try Self.sampling(in: root) }
        steps = try root.attempt([]) { () throws(ScenarioError) in try Self.steps(in: root) }
        expectations = try root.attempt(Expectations()) { () throws(ScenarioError) in
            try Expectations(in: root)
        }
        expectations.recordsAreOptional = needs?.isEmpty == true
    }

    /// The place of a key's value in the text of a scenario file.
    static func mistake(_ message: String, at key: String, yaml: String, file: String) -> ScenarioError {
        let none = ScenarioError(file: file, line: 0, column: 0, message: message)
        guard let node = try? compose(yaml, file: file),
            let root = try? YAMLMapping(node, file: file, expected: "")
        else { return none }
        return root.error(message, at: key)
    }

    static func compose(_ yaml: String, file: String) throws(ScenarioError) -> Node {
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

    private static func variants(in root: YAMLMapping) throws(ScenarioError) -> [String]? {
        guard let words = try root.strings("variants") else { return nil }
        for word in words where !Suite.variants.contains(word) {
            let hint = nearestWord(to: word, in: Suite.variants).map { "; did you mean \"\($0)\"?" } ?? ""
            throw root.error("there is no variant \"\(word)\"\(hint)", at: "variants")
        }
        guard !words.isEmpty else { throw root.error("\"variants\" must not be empty", at: "variants") }
        return words
    }

    private static func needs(in root: YAMLMapping) throws(ScenarioError) -> Set<Need>? {
        guard let words = try root.strings("needs") else { return nil }
        var needs: Set<Need> = []
        let known = Need.allCases.map(\.rawValue)
        for word in words {
            guard let need = Need(rawValue: word) else {
                let hint = nearestWord(to: word, in: known).map { "; did you mean \"\($0)\"?" } ?? ""
                throw root.error("\"needs\" takes \(YAMLMapping.list(known))\(hint)", at: "needs")
            }
            needs.insert(need)
        }
        return needs
    }

    private static func minimumCpus(in root: YAMLMapping) throws(ScenarioError) -> Int {
        let count = try root.integer("min_cpus") ?? 1
        guard (1...16).contains(count) else {
            throw root.error("\"min_cpus\" must be a whole number from 1 to 16", at: "min_cpus")
        }
        return count
    }

    private static func sampling(in root: YAMLMapping) throws(ScenarioError) -> Duration? {
        guard let interval = try root.duration("sample") else { return nil }
        guard interval >= .milliseconds(100) else {
            throw root.error("\"sample\" must be at least 100ms: a sample takes its time, too", at: "sample")
        }
        return interval
    }

    private static func steps(in root: YAMLMapping) throws(ScenarioError) -> [Step] {
        guard root.value("steps") != nil else { throw root.error("a scenario needs the key \"steps\"") }
        var steps = try Step.steps("steps", in: root, depth: 0)
        var names: [String] = []
        number(&steps, &names)
        return steps
    }

    /// Names that stand twice get a number, wherever they stand.
    private static func number(_ steps: inout [Step], _ names: inout [String]) {
        for place in steps.indices {
            let name = steps[place].name
            let same = names.count { $0 == name }
            names.append(name)
            if same > 0 { steps[place].name += " (\(same + 1))" }
            switch steps[place].action {
            case .together(var members):
                number(&members, &names)
                steps[place].action = .together(members)
            case .repeating(let count, var members):
                number(&members, &names)
                steps[place].action = .repeating(count, members)
            case .fault(let fault, var members):
                number(&members, &names)
                steps[place].action = .fault(fault, members)
            case .suspendRecords(var members):
                number(&members, &names)
                steps[place].action = .suspendRecords(members)
            default: break
            }
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
