// SPDX-License-Identifier: Apache-2.0

import GuestContract
import Yams

extension Scenario {
    /// The text of a scenario file that reads back as this scenario.
    ///
    /// - Parameter comment: Lines that stand above it.
    public func yaml(comment: [String] = []) throws -> String {
        var fields: [(String, Node)] = [("name", .text(name)), ("description", .text(description))]
        if !tags.isEmpty { fields.append(("tags", .list(tags.map { .text($0) }, inline: true))) }
        if let variants { fields.append(("variants", .list(variants.map { .text($0) }, inline: true))) }
        if minimumCpus > 1 { fields.append(("min_cpus", .text("\(minimumCpus)"))) }
        if let needs {
            fields.append(("needs", .list(needs.map(\.rawValue).sorted().map { .text($0) }, inline: true)))
        }
        if !carried.isEmpty { fields.append(("carry", .list(carried.map { .text($0) }, inline: true))) }
        if counters != .auto { fields.append(("counters", .text(counters.rawValue))) }
        if !varies { fields.append(("vary", .text("false"))) }
        if let sampling { fields.append(("sample", .text(sampling.text))) }
        fields.append(("steps", .list(steps.map(\.node))))
        if !expectations.isEmpty { fields.append(("expect", .fields(expectations.fields))) }
        let text = try Yams.serialize(node: .fields(fields), width: -1, allowUnicode: true)
        return comment.map { "# \($0)\n" }.joined() + text
    }
}

extension Scenario.Step {
    /// The step as it stands in a file. It names what it is called only where it would not be called so anyway.
    fileprivate var node: Node {
        let unnamed = fields
        if defaultName(unnamed) == name { return .fields(unnamed) }
        return .fields([("name", .text(name))] + unnamed)
    }

    private var fields: [(String, Node)] {
        var fields = action.fields
        if let limit { fields.append(("limit", .text(limit.text))) }
        if always != action.isDoneAnyway { fields.append(("always", .text("\(always)"))) }
        if background { fields.append(("background", .text("true"))) }
        if !allowed.isEmpty {
            fields.append(("allow", .list(allowed.map { .text(ErrorName.name($0)) }, inline: true)))
        }
        return fields
    }

    /// What the reader calls a step with these fields.
    private func defaultName(_ fields: [(String, Node)]) -> String? {
        // As a member of a group, it may be in the background.
        let other = Node.fields([("wait", .text("1s"))])
        let group = Node.fields([("together", .list([.fields(fields), other]))])
        guard let mapping = try? YAMLMapping(.fields([("steps", .list([group]))]), file: "", expected: ""),
            let step = try? Self.steps("steps", in: mapping, depth: 0).first
        else { return nil }
        return step.action.members.first?.name
    }
}

extension Scenario.Action {
    fileprivate var isDoneAnyway: Bool {
        switch self {
        case .unload, .collect: true
        default: false
        }
    }

    fileprivate var fields: [(String, Node)] {
        switch self {
        case .load(let module, let parameters):
            [("load", .text(module.word))] + (parameters.isEmpty ? [] : [("parameters", .text(parameters))])
        case .unload(let module): [("unload", .text(module.word))]
        case .run(let words, let environment):
            [("run", Self.command(words))] + Self.environment(environment)
        case .workload(let workload, let settings):
            [("workload", .text(workload.name))]
                + workload.parameters.compactMap { parameter in
                    settings[parameter.name].map { (parameter.name, .text(parameter.text($0))) }
                }
        case .wait(let duration): [("wait", .text(duration.text))]
        case .write(let path, let text): [("write", .text(path)), ("text", .text(text))]
        case .collect(let path, let name): [("collect", .text(path)), ("as", .text(name))]
        case .check(let path, let condition):
            [("check", .text(path.isEmpty ? "log" : path)), Self.condition(condition)]
        case .together(let members): [("together", .list(members.map(\.node)))]
        case .repeating(let count, let members):
            [("repeat", .text("\(count)")), ("steps", .list(members.map(\.node)))]
        case .fault(let fault, let members): Self.fault(fault) + [("steps", .list(members.map(\.node)))]
        case .suspendRecords(let members):
            [("suspend", .text("records")), ("steps", .list(members.map(\.node)))]
        }
    }

    private static func command(_ words: [String]) -> Node {
        if words.count == 3, words[0] == "sh", words[1] == "-c" { return .text(words[2]) }
        return .list(words.map { .text($0) }, inline: true)
    }

    private static func environment(_ values: [String: String]) -> [(String, Node)] {
        if values.isEmpty { return [] }
        let sorted = values.sorted { $0.key < $1.key }
        return [("environment", .fields(sorted.map { ($0.key, .text($0.value)) }))]
    }

    private static func condition(_ condition: Condition) -> (String, Node) {
        switch condition {
        case .equals(let text): ("equals", .text(text))
        case .contains(let text): ("contains", .text(text))
        case .lacks(let text): ("lacks", .text(text))
        case .atLeast(let number): ("at_least", .text("\(number)"))
        case .atMost(let number): ("at_most", .text("\(number)"))
        }
    }

    private static func fault(_ fault: Fault) -> [(String, Node)] {
        var fields: [(String, Node)] = [("fault", .text(fault.kind.word))]
        if !fault.function.isEmpty { fields.append(("function", .text(fault.function))) }
        fields.append(("error", .text(ErrorName.name(fault.error))))
        fields.append(("probability", .text("\(fault.probability)")))
        fields.append(("interval", .text("\(fault.interval)")))
        if fault.times != Fault.unlimited { fields.append(("times", .text("\(fault.times)"))) }
        if fault.space > 0 { fields.append(("space", .text("\(fault.space)"))) }
        if !fault.workers { fields.append(("workers", .text("false"))) }
        return fields
    }
}

extension Scenario.ModuleName {
    fileprivate var word: String {
        switch self {
        case .underTest: "module"
        case .lab(let name): name
        }
    }
}

extension Node {
    static func text(_ text: String) -> Node {
        .scalar(Scalar(text, Tag(.implicit), text.contains("\n") ? .literal : .any))
    }

    static func list(_ items: [Node], inline: Bool = false) -> Node {
        .sequence(Sequence(items, Tag(.implicit), inline ? .flow : .block))
    }

    static func fields(_ fields: [(String, Node)]) -> Node {
        .mapping(Mapping(fields.map { (.text($0.0), $0.1) }, Tag(.implicit), .block))
    }
}
