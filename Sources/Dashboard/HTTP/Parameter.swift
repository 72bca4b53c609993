// SPDX-License-Identifier: Apache-2.0

import LabEngine

/// A part of a request that somebody chooses. Requests are checked by it, and the API's document tells it.
struct Parameter: Sendable {
    enum Kind: Sendable, Equatable {
        case integer(ClosedRange<Int64>)
        case choice([String])
        /// Text of at least one and at most so many Unicode scalars.
        case text(Int)
    }

    var name: String
    var kind: Kind
    var meaning: String
    var isRequired = false

    /// Whether a value is one of those.
    func takes(_ value: String) -> Bool {
        switch kind {
        case .integer(let range):
            // As people and JSON write it: no plus sign, no zeros in front.
            Int64(value).map { range.contains($0) && String($0) == value } ?? false
        case .choice(let words): words.contains(value)
        case .text(let most): (1...most).contains(value.unicodeScalars.count)
        }
    }

    /// What it takes, for people.
    var expectation: String {
        switch kind {
        case .integer(let range) where range.upperBound == .max:
            "a whole number from \(range.lowerBound) on"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let words): "one of \(words.joined(separator: ", "))"
        case .text(let most): "text of 1 to \(most) characters"
        }
    }

    /// What it takes, as JSON Schema.
    var schema: JSONValue {
        switch kind {
        case .integer(let range):
            [
                "type": "integer", "minimum": .integer(Int(range.lowerBound)),
                "maximum": .integer(Int(range.upperBound)),
            ]
        case .choice(let words): ["type": "string", "enum": .array(words.map { .string($0) })]
        case .text(let most): ["type": "string", "minLength": 1, "maxLength": .integer(most)]
        }
    }
}

extension Parameter {
    /// Numbers of runs.
    private static let numbers: ClosedRange<Int64> = 1...Int64.max

    static let campaign = Parameter(
        name: "campaign", kind: .text(200), meaning: "The campaign's id.", isRequired: true)
    static let run = Parameter(
        name: "run", kind: .integer(numbers), meaning: "The run's number.", isRequired: true)
    static let signature = Parameter(
        name: "signature", kind: .text(1000), meaning: "The name of a bug.", isRequired: true)
    static let verdict = Parameter(
        name: "verdict", kind: .choice(["passed", "failed", "inconclusive"]),
        meaning: "Only runs with this verdict.")
    static let variant = Parameter(
        name: "variant", kind: .text(100), meaning: "Only runs on this variant of the kernel.")
    static let scenario = Parameter(
        name: "scenario", kind: .text(1000), meaning: "Only runs of this scenario.")
    static let showing = Parameter(
        name: "signature", kind: .text(1000), meaning: "Only runs that showed this bug.")
    static let before = Parameter(
        name: "before", kind: .integer(numbers),
        meaning: "Only runs with a lower number: \"next\" of the page before.")
    static let limit = Parameter(
        name: "limit", kind: .integer(1...500), meaning: "So many at most; 50 without it.")
}
