// SPDX-License-Identifier: Apache-2.0

import GuestContract
import Yams

extension Scenario.Step {
    private static let common = ScenarioField.everyStep.map(\.name)

    /// The list of steps behind `key`.
    ///
    /// - Parameter depth: How many groups it is in.
    static func steps(
        _ key: String, in mapping: YAMLMapping, depth: Int
    ) throws(ScenarioError) -> [Scenario.Step] {
        guard case .sequence(let nodes)? = mapping.value(key), !nodes.isEmpty else {
            throw mapping.error("\"\(key)\" must be a list with at least one step", at: key)
        }
        guard depth <= Contract.maxDepth else {
            throw mapping.error("steps may be inside at most \(Contract.maxDepth) others", at: key)
        }
        var steps: [Scenario.Step] = []
        for node in nodes {
            let step = try mapping.attempt(nil) { () throws(ScenarioError) in
                try Scenario.Step(node, in: mapping, depth: depth, mayAccompany: key == "together")
            }
            if let step { steps.append(step) }
        }
        return steps
    }

    private init(
        _ node: Node, in list: YAMLMapping, depth: Int, mayAccompany: Bool
    ) throws(ScenarioError) {
        let step = try list.inner(
            node, expected: "a step such as \"load: module\" or \"run: stress-ng --cpu 1\"")
        let kind = try Self.kind(of: step)
        try step.checkKeys(
            Self.common + [kind.rawValue] + (try kind.keys(of: step)), of: "a \"\(kind.rawValue)\" step")
        let action = try step.action(kind, depth: depth)
        let ownName = try Self.name(kind, action, step)
        name = try step.string("name") ?? ownName
        limit = try step.duration("limit")
        always = try step.boolean("always") ?? (kind == .unload || kind == .collect)
        background = try step.boolean("background") ?? false
        guard mayAccompany || !background else {
            throw step.error("only a step of a \"together\" can be in the background", at: "background")
        }
        allowed = try step.errors("allow")
        self.action = action
    }

    private static func kind(of step: YAMLMapping) throws(ScenarioError) -> StepKind {
        let found = step.keys.compactMap { StepKind(rawValue: $0) }
        if let kind = found.first, found.count == 1 { return kind }
        if let unknown = step.keys.first(where: { !Self.common.contains($0) }), found.isEmpty {
            let hint = nearestWord(to: unknown, in: StepKind.words).map { "; did you mean \"\($0)\"?" } ?? ""
            throw step.error(
                "a step needs one of \(YAMLMapping.list(StepKind.words)), found \"\(unknown)\"\(hint)")
        }
        throw step.error("a step does exactly one of \(YAMLMapping.list(StepKind.words))")
    }

    private static func name(
        _ kind: StepKind, _ action: Scenario.Action, _ step: YAMLMapping
    ) throws(ScenarioError) -> String {
        let headline: String
        if case .sequence? = step.value(kind.rawValue) {
            let words = kind == .run ? try step.strings("run") : nil
            headline = words?.joined(separator: " ") ?? ""
        } else {
            headline = try step.string(kind.rawValue) ?? ""
        }
        switch action {
        case .together(let members): return "together: " + members.map(\.name).joined(separator: " | ")
        case .repeating(let count, _): return "repeat \(count) times"
        case .fault(let fault, _):
            let place = fault.function.isEmpty ? "" : " in \(fault.function)"
            return "\(headline) at \(fault.probability) %\(place)"
        default: return "\(kind.rawValue) \(headline)"
        }
    }
}
