// SPDX-License-Identifier: Apache-2.0

import Foundation
import GuestContract

/// The JSON Schema (draft 2020-12) of scenario files, made from the tables that the reader uses.
///
/// It is for editors: they complete keys and words, show what each means, and mark what is wrong while one types. The
/// reader itself checks more than a schema can say, and says it better.
public enum ScenarioSchema {
    /// Its file's name, beside the shipped scenarios.
    public static let fileName = "scenario.schema.json"

    /// The document, in UTF-8, with a newline at its end.
    public static func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(document), as: UTF8.self) + "\n"
    }

    static var document: JSONValue {
        var root = object(ScenarioField.scenario)
        // Its first line in the file, where ci/check-sources looks for it.
        root["$comment"] = "SPDX-License-Identifier: Apache-2.0"
        root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        root["title"] = "A scenario of pacctlab"
        root["description"] = "What to do in a guest, and what must hold."
        root["$defs"] = .object([
            "step": .object(["oneOf": .array(steps(inTogether: false))]),
            "companion": .object(["oneOf": .array(steps(inTogether: true))]),
        ])
        return .object(root)
    }

    // MARK: - steps

    /// One for each kind of step, and for each workload.
    private static func steps(inTogether: Bool) -> [JSONValue] {
        StepKind.allCases.flatMap { kind -> [JSONValue] in
            var fields = ScenarioField.everyStep + kind.fields
            if !inTogether { fields.removeAll { $0.name == ScenarioField.background.name } }
            guard kind == .workload else { return [step(kind, kind.headline, fields)] }
            return Workload.all.map { workload in
                let headline = ScenarioField(
                    name: kind.rawValue, value: .constant(workload.name), meaning: workload.summary,
                    isRequired: true)
                return step(kind, headline, fields + workload.parameters.map(ScenarioField.parameter))
            }
        }
    }

    private static func step(
        _ kind: StepKind, _ headline: ScenarioField, _ fields: [ScenarioField]
    ) -> JSONValue {
        var step = object([headline] + fields)
        step["title"] = .string(kind.rawValue)
        if kind == .check {
            step["oneOf"] = .array(
                StepKind.conditions.map { .object(["required": .array([.string($0.name)])]) })
        }
        if kind == .fault {
            // The function is named where one fails, and nowhere else.
            let isFunction = JSONValue.object([
                kind.rawValue: .object(["const": .string(Fault.Kind.function.word)])
            ])
            step["if"] = .object(["properties": isFunction])
            step["then"] = .object(["required": ["function"]])
            step["else"] = .object(["properties": .object(["function": .bool(false)])])
        }
        return .object(step)
    }

    // MARK: - values

    private static func object(_ fields: [ScenarioField]) -> [String: JSONValue] {
        var properties: [String: JSONValue] = [:]
        for field in fields {
            guard case .object(var schema) = value(field.value) else { continue }
            schema["description"] = .string(field.meaning)
            properties[field.name] = .object(schema)
        }
        var object: [String: JSONValue] = [
            "type": "object", "properties": .object(properties), "additionalProperties": .bool(false),
        ]
        let required = fields.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { object["required"] = .array(required) }
        return object
    }

    private static func value(_ value: ScenarioField.Value) -> JSONValue {
        switch value {
        case .text: ["type": "string"]
        case .scalar: ["type": ["string", "number", "boolean"]]
        case .duration: ["type": "string", "pattern": "^[0-9]+([.][0-9]+)?(us|ms|s|m|h)$"]
        case .workloadTime: ["type": "string", "pattern": "^[0-9]+(ns|us|ms|s|m)$"]
        case .integer(let range):
            // Editors know no numbers beyond 2^53.
            .object(
                ["type": "integer", "minimum": .integer(range.lowerBound)].merging(
                    range.upperBound < 1 << 53 ? ["maximum": .integer(range.upperBound)] : [:]
                ) { $1 })
        case .flag: ["type": "boolean"]
        case .word(let words): .object(["enum": .array(words.map { .string($0) })])
        case .constant(let word): .object(["const": .string(word)])
        case .list(let element, let least):
            .object(["type": "array", "minItems": .integer(least), "items": Self.value(element)])
        case .command:
            [
                "anyOf": [
                    ["type": "string", "minLength": 1],
                    .object(["type": "array", "minItems": 1, "items": Self.value(.scalar)]),
                ]
            ]
        case .steps: ["type": "array", "minItems": 1, "items": ["$ref": "#/$defs/step"]]
        case .companions: ["type": "array", "minItems": 1, "items": ["$ref": "#/$defs/companion"]]
        case .names(let element):
            .object(["type": "object", "additionalProperties": Self.value(element)])
        case .fields(let fields): .object(object(fields))
        case .bounds: .object(object(ScenarioField.bounds).merging(["minProperties": 1]) { $1 })
        case .judge(let name): judge(name)
        }
    }

    /// YAML before 1.2 takes `on` and `off` for truth values.
    private static func judge(_ name: JudgeName) -> JSONValue {
        let words: [JSONValue] = name.maySwitchOff ? ["on", "off", true, false] : ["on", true]
        guard let threshold = name.threshold else { return .object(["enum": .array(words)]) }
        let field = ScenarioField(
            name: threshold.name, value: .integer(0...Int(Int32.max)), meaning: threshold.meaning,
            isRequired: true)
        return .object(["anyOf": .array([.object(["enum": .array(words)]), .object(object([field]))])])
    }
}
