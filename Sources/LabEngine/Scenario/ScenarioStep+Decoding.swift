// SPDX-License-Identifier: Apache-2.0

import GuestContract
import Yams

extension Scenario.Step {
    private static let actions = ["load", "unload", "run", "workload", "wait", "write", "collect"]
    private static let common = ["name", "limit", "always"]

    init(_ node: Node, file: String) throws(ScenarioError) {
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
        try step.checkKeys(
            Self.common + [kind] + (try Self.extraKeys(of: kind, in: step)), of: "a \"\(kind)\" step")
        let text = try Self.headline(of: kind, in: step)
        name = try step.string("name") ?? "\(kind) \(text)"
        limit = try step.duration("limit")
        always = try step.boolean("always") ?? (kind == "unload" || kind == "collect")
        action = try Self.action(kind, text: text, in: step)
    }

    private static func extraKeys(
        of kind: String, in step: YAMLMapping
    ) throws(ScenarioError) -> [String] {
        switch kind {
        case "workload": try workload(in: step).parameters.map(\.name)
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
        case "workload":
            let workload = try workload(in: step)
            return .workload(workload, settings: try settings(of: workload, in: step))
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

    private static func workload(in step: YAMLMapping) throws(ScenarioError) -> Workload {
        let name = try step.string("workload") ?? ""
        if let workload = Workload.named(name) { return workload }
        let known = Workload.all.map(\.name)
        let hint = nearestWord(to: name, in: known).map { "; did you mean \"\($0)\"?" } ?? ""
        throw step.error(
            "there is no workload \"\(name)\", only \(YAMLMapping.list(known))\(hint)", at: "workload")
    }

    private static func settings(
        of workload: Workload, in step: YAMLMapping
    ) throws(ScenarioError) -> [String: UInt64] {
        var settings: [String: UInt64] = [:]
        for parameter in workload.parameters {
            guard let text = try step.string(parameter.name) else { continue }
            guard let value = parameter.value(text) else {
                throw step.error(
                    "\"\(parameter.name)\" must be \(parameter.expectation); found \"\(text)\"",
                    at: parameter.name)
            }
            settings[parameter.name] = value
        }
        return settings
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
