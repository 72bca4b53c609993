// SPDX-License-Identifier: Apache-2.0

import Yams

/// A mapping of a YAML file that knows where it stands, so that every error can say where.
struct YAMLMapping {
    let file: String
    /// Takes mistakes that reading can go on after; nil: the first one ends it.
    let mistakes: MistakeList?
    private let entries: [(key: String, keyNode: Node, value: Node)]
    private let node: Node

    init(
        _ node: Node, file: String, expected: String, mistakes: MistakeList? = nil
    ) throws(ScenarioError) {
        guard case .mapping(let mapping) = node else {
            throw Self.error(file, node, "expected \(expected), found \(Self.kind(of: node))")
        }
        self.file = file
        self.mistakes = mistakes
        self.node = node
        entries = mapping.map { (key: $0.key.string ?? "", keyNode: $0.key, value: $0.value) }
    }

    var keys: [String] { entries.map(\.key) }

    /// A mapping within this one.
    func inner(_ node: Node, expected: String) throws(ScenarioError) -> YAMLMapping {
        try YAMLMapping(node, file: file, expected: expected, mistakes: mistakes)
    }

    /// What `read` reads, or `otherwise` when that is wrong and reading goes on.
    func attempt<Value>(
        _ otherwise: Value, _ read: () throws(ScenarioError) -> Value
    ) throws(ScenarioError) -> Value {
        do { return try read() } catch {
            guard let mistakes else { throw error }
            mistakes.add(error)
            return otherwise
        }
    }

    /// Throws for the first key that is not in `known`, naming the nearest one that is.
    func checkKeys(_ known: [String], of what: String) throws(ScenarioError) {
        for entry in entries where !known.contains(entry.key) {
            let nearest = nearestWord(to: entry.key, in: known)
            let hint = nearest.map { "did you mean \"\($0)\"?" } ?? "expected one of \(Self.list(known))"
            try attempt(()) { () throws(ScenarioError) in
                throw Self.error(file, entry.keyNode, "unknown key \"\(entry.key)\" in \(what); \(hint)")
            }
        }
    }

    func value(_ key: String) -> Node? { entries.first { $0.key == key }?.value }

    func string(_ key: String) throws(ScenarioError) -> String? {
        guard let value = value(key) else { return nil }
        return try text(value, of: key)
    }

    func required(_ key: String, of what: String) throws(ScenarioError) -> String {
        guard let text = try string(key) else { throw error("\(what) needs the key \"\(key)\"") }
        return text
    }

    func strings(_ key: String) throws(ScenarioError) -> [String]? {
        guard let value = value(key) else { return nil }
        guard case .sequence(let items) = value else {
            throw Self.error(file, value, "\"\(key)\" must be a list, found \(Self.kind(of: value))")
        }
        var texts: [String] = []
        for item in items { texts.append(try text(item, of: key)) }
        return texts
    }

    func duration(_ key: String) throws(ScenarioError) -> Duration? {
        guard let value = value(key) else { return nil }
        let text = try text(value, of: key)
        guard let duration = Duration(text: text) else {
            throw Self.error(
                file, value,
                "\"\(key)\" must be a time with its unit, such as 500ms, 3s or 2m; found \"\(text)\"")
        }
        return duration
    }

    func integer(_ key: String) throws(ScenarioError) -> Int? {
        guard let value = value(key) else { return nil }
        guard let number = value.int, number >= 0 else {
            throw Self.error(file, value, "\"\(key)\" must be a whole number, not below 0")
        }
        return number
    }

    func boolean(_ key: String) throws(ScenarioError) -> Bool? {
        guard let value = value(key) else { return nil }
        guard let flag = value.bool else { throw Self.error(file, value, "\"\(key)\" must be true or false") }
        return flag
    }

    func word<Word: RawRepresentable & CaseIterable>(
        _ key: String, _ type: Word.Type
    ) throws(ScenarioError) -> Word? where Word.RawValue == String {
        guard let value = value(key) else { return nil }
        let text = try text(value, of: key)
        if let word = Word(rawValue: text) { return word }
        let known = Word.allCases.map(\.rawValue)
        let nearest = nearestWord(to: text, in: known).map { "; did you mean \"\($0)\"?" } ?? ""
        throw Self.error(file, value, "\"\(key)\" must be one of \(Self.list(known))\(nearest)")
    }

    /// An error at the value of `key`, or at the mapping where there is none.
    func error(_ message: String, at key: String? = nil) -> ScenarioError {
        Self.error(file, key.flatMap { value($0) } ?? node, message)
    }

    static func error(_ file: String, _ node: Node, _ message: String) -> ScenarioError {
        ScenarioError(
            file: file, line: node.mark?.line ?? 0, column: node.mark?.column ?? 0, message: message)
    }

    static func list(_ words: [String]) -> String { words.map { "\"\($0)\"" }.joined(separator: ", ") }

    static func kind(of node: Node) -> String {
        switch node {
        case .scalar(let scalar): "\"\(scalar.string)\""
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    private func text(_ node: Node, of key: String) throws(ScenarioError) -> String {
        guard case .scalar(let scalar) = node else {
            throw Self.error(file, node, "\"\(key)\" must be text, found \(Self.kind(of: node))")
        }
        return scalar.string
    }
}

/// Mistakes of a file, in the order in which they were found.
final class MistakeList {
    private(set) var all: [ScenarioError] = []

    func add(_ mistake: ScenarioError) {
        if !all.contains(mistake) { all.append(mistake) }
    }
}
