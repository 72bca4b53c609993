// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Yams

/// Reads YAML files in which every key must mean something: a misspelled one would otherwise be left out without
/// a word.
enum StrictYAML {
    /// Decodes a file.
    ///
    /// - Parameter action: What is being done, for the error: "read the guest image's manifest".
    /// - Throws: ``ArtifactError`` with `invalidInput`, and `file:line:column` where that is known.
    static func read<Value: Codable>(_ type: Value.Type, from path: FilePath, action: String) throws -> Value
    {
        let text = try Files.text(path, limit: 1 << 20)
        func refuse(_ reason: String, at mark: Mark? = nil) -> ArtifactError {
            ArtifactError(
                .invalidInput, action: action,
                subject: mark.map { "\(path):\($0.line):\($0.column)" } ?? path.string, reason: reason,
                remedy: "Restore the file from the repository, or correct it.")
        }
        let value: Value
        do {
            value = try YAMLDecoder().decode(type, from: text)
        } catch let error as DecodingError {
            throw refuse(describe(error))
        } catch {
            throw refuse("\(error).")
        }
        // What was understood, written out again, lacks exactly the keys that were not.
        if let given = try compose(yaml: text),
            let understood = try compose(yaml: try YAMLEncoder().encode(value)),
            let stranger = stranger(in: given, understood)
        {
            throw refuse("The key `\(stranger.string ?? "")` has no meaning here.", at: stranger.mark)
        }
        return value
    }

    /// The first key of `given` that `understood` does not have.
    private static func stranger(in given: Node, _ understood: Node) -> Node? {
        if let given = given.mapping, let understood = understood.mapping {
            for (key, value) in given {
                guard let other = understood[key] else {
                    // A key without a value is one that was left out.
                    if value.null != nil { continue }
                    return key
                }
                if let found = stranger(in: value, other) { return found }
            }
        } else if let given = given.sequence, let understood = understood.sequence {
            for (item, other) in zip(given, understood) {
                if let found = stranger(in: item, other) { return found }
            }
        }
        return nil
    }

    private static func describe(_ error: DecodingError) -> String {
        func place(_ path: [any CodingKey]) -> String {
            path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context):
            return "\(place(context.codingPath + [key])) is missing."
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            let cause = context.underlyingError.map { " \($0)" } ?? ""
            return "\(place(context.codingPath)): \(context.debugDescription)\(cause)"
        @unknown default: return "\(error)"
        }
    }
}
