// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine

/// The part of an address behind the question mark, checked.
struct Query: Sendable, Equatable {
    private var values: [String: String] = [:]

    /// Reads it.
    ///
    /// - Parameters:
    ///   - text: As it was sent; nil for an address without one.
    ///   - known: What may be in it.
    ///   - emptyIsAbsent: Whether `name=` says nothing, as it does in what a form sends.
    /// - Throws: ``Problem`` with status 400.
    init(_ text: String?, known: [Parameter], emptyIsAbsent: Bool) throws(Problem) {
        for part in (text ?? "").split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(pair[0]), let value = Self.decoded(pair.count > 1 ? pair[1] : "")
            else {
                throw .badRequest("\"\(part)\" is not percent-encoded UTF-8.")
            }
            guard let parameter = known.first(where: { $0.name == name }) else {
                let names = known.map(\.name)
                throw .badRequest(
                    "There is no parameter \"\(name)\" here. "
                        + (names.isEmpty ? "There is none." : "There are: \(names.joined(separator: ", "))."))
            }
            if value.isEmpty, emptyIsAbsent { continue }
            guard values[name] == nil else { throw .badRequest("\"\(name)\" is there twice.") }
            guard parameter.takes(value) else {
                throw .badRequest("\"\(name)\" must be \(parameter.expectation).")
            }
            values[name] = value
        }
        for parameter in known where parameter.isRequired && values[parameter.name] == nil {
            throw .badRequest("\"\(parameter.name)\" is missing: \(parameter.expectation).")
        }
    }

    /// Without any value.
    init() {}

    subscript(_ parameter: Parameter) -> String? { values[parameter.name] }

    /// A value that is a number.
    func number(_ parameter: Parameter) -> Int64? { values[parameter.name].flatMap { Int64($0) } }

    /// As forms encode it: a plus sign is a space (URL standard, 5.1).
    private static func decoded(_ text: Substring) -> String? {
        text.replacing("+", with: " ").removingPercentEncoding
    }
}
