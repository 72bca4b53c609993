// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Evidence
import Foundation
import SystemPackage
import Yams

/// The canaries: `kmod/canaries/canaries.yaml`, and the marks in the sources beside it.
public struct CanaryTable: Sendable {
    /// The module's folder, below the checkout's root.
    static let folder = FilePath("kmod/canaries")
    private static let keys = [
        "name", "variant", "class", "line", "rule", "hook", "settings", "run", "counters", "seeds", "sample",
    ]

    /// In the order of the file.
    public let canaries: [Canary]
    /// Where the lines to blame are.
    let marks: GuiltyMarks

    /// Reads the table of a checkout.
    ///
    /// - Throws: ``ScenarioError`` with the place of what is wrong, ``LabError`` when a file cannot be read.
    public init(home: LabHome) throws {
        let path = Self.folder.appending("canaries.yaml")
        let file = home.root.pushing(path)
        guard let data = FileManager.default.contents(atPath: file.string) else {
            throw LabError(
                .badInput, "The list of canaries cannot be read: \(file).",
                remedy: "It belongs to the checkout; git status shows whether it was removed.")
        }
        try self.init(
            yaml: String(decoding: data, as: UTF8.self), file: path.string,
            marks: GuiltyMarks(folder: home.root.pushing(Self.folder)))
    }

    /// Reads a table from its text.
    init(yaml: String, file: String, marks: GuiltyMarks) throws(ScenarioError) {
        let root: Node?
        do { root = try Yams.compose(yaml: yaml) } catch {
            throw ScenarioError(file: file, line: 0, column: 0, message: "not YAML: \(error)")
        }
        guard let root else {
            throw ScenarioError(file: file, line: 1, column: 1, message: "the file is empty")
        }
        let mapping = try YAMLMapping(root, file: file, expected: "a mapping with \"canaries\"")
        try mapping.checkKeys(["canaries"], of: "the file")
        guard case .sequence(let nodes)? = mapping.value("canaries"), !nodes.isEmpty else {
            throw mapping.error("\"canaries\" must be a list with at least one entry")
        }
        var canaries: [Canary] = []
        for node in nodes {
            let entry = try YAMLMapping(node, file: file, expected: "a canary (name, class)")
            let canary = try Self.canary(entry)
            if canaries.contains(where: { $0.name == canary.name }) {
                throw entry.error("the canary \"\(canary.name)\" stands here twice")
            }
            if canary.hasLine != !marks.places(of: canary.name).isEmpty {
                throw entry.error(
                    canary.hasLine
                        ? "no source has the mark \"guilty: \(canary.name)\"; mark the line, or say \"line: false\""
                        : "a source has the mark \"guilty: \(canary.name)\", and here it says \"line: false\""
                )
            }
            canaries.append(canary)
        }
        self.canaries = canaries
        self.marks = marks
    }

    /// The canaries that are asked for, in the order of the file.
    ///
    /// - Parameters:
    ///   - names: Which; none: all.
    ///   - variants: Of which variants; none: of all.
    /// - Throws: ``LabError`` for a name that there is not, or when nothing is left.
    public func selected(names: [String], variants: [String]) throws(LabError) -> [Canary] {
        let known = canaries.map(\.name)
        for name in names where !known.contains(name) {
            let nearest = nearestWord(to: name, in: known).map { "Did you mean \"\($0)\"?" }
            throw LabError(
                .badInput, "There is no canary \"\(name)\".",
                remedy: nearest ?? "pacctlab canaries --list shows them all.")
        }
        let chosen = canaries.filter { canary in
            (names.isEmpty || names.contains(canary.name))
                && (variants.isEmpty || variants.contains(canary.variant))
        }
        guard !chosen.isEmpty else {
            throw LabError(
                .badInput, "No canary is left: none of those named is of the variant asked for.",
                remedy: "pacctlab canaries --list shows the variant of each.")
        }
        return chosen
    }

    // MARK: - entries

    private static func canary(_ entry: YAMLMapping) throws(ScenarioError) -> Canary {
        try entry.checkKeys(keys, of: "a canary")
        return Canary(
            name: try entry.required("name", of: "a canary"),
            variant: try entry.string("variant") ?? "release",
            classes: try classes(entry), hasLine: try entry.boolean("line") ?? true,
            rule: try entry.string("rule"), hook: try entry.string("hook"), settings: try settings(entry),
            workload: try entry.string("run") ?? Canary.defaultWorkload,
            counters: try entry.word("counters", Scenario.CounterSource.self) ?? Scenario.CounterSource.none,
            sampling: try entry.duration("sample"), seeds: try seeds(entry))
    }

    private static func seeds(_ entry: YAMLMapping) throws(ScenarioError) -> Int {
        guard let text = try entry.string("seeds") else { return 1 }
        guard let count = Int(text), (1...100_000).contains(count) else {
            throw entry.error("\"seeds\" must be a number, 1 to 100000", at: "seeds")
        }
        return count
    }

    private static func classes(_ entry: YAMLMapping) throws(ScenarioError) -> [CrashClass] {
        var words: [String] = []
        if case .sequence? = entry.value("class") {
            words = try entry.strings("class") ?? []
        } else {
            words = [try entry.required("class", of: "a canary")]
        }
        var classes: [CrashClass] = []
        for word in words {
            guard let crashClass = CrashClass(rawValue: word) else {
                let nearest = nearestWord(to: word, in: CrashClass.allCases.map(\.rawValue))
                let hint = nearest.map { "; did you mean \"\($0)\"?" } ?? ""
                throw entry.error("there is no class \"\(word)\"\(hint)", at: "class")
            }
            classes.append(crashClass)
        }
        guard !classes.isEmpty else { throw entry.error("\"class\" must not be empty", at: "class") }
        return classes
    }

    private static func settings(_ entry: YAMLMapping) throws(ScenarioError) -> [Canary.Setting] {
        guard let node = entry.value("settings") else { return [] }
        let mapping = try YAMLMapping(node, file: entry.file, expected: "a mapping of files to texts")
        var settings: [Canary.Setting] = []
        for path in mapping.keys {
            guard path.hasPrefix("/") else { throw mapping.error("\"\(path)\" is no absolute path") }
            settings.append(.init(path: path, text: try mapping.required(path, of: "a setting")))
        }
        return settings
    }
}
