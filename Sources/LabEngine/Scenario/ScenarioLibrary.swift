// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import SystemPackage

/// The scenarios that can be named: those shipped in `scenarios/`, and any file by its path.
public struct ScenarioLibrary: Sendable {
    private let folder: FilePath

    /// The library of a checkout.
    public init(home: LabHome) { folder = home.root.appending("scenarios") }

    /// Names of the shipped scenarios, sorted.
    public func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.string)
            .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(".yaml".count)) }.sorted()
    }

    /// Whether that is the path of a file, as opposed to a shipped scenario's name.
    public static func isPath(_ nameOrPath: String) -> Bool {
        nameOrPath.contains("/") || nameOrPath.hasSuffix(".yaml") || nameOrPath.hasSuffix(".yml")
    }

    /// Reads a scenario by its name, or by the path of its file.
    ///
    /// - Throws: ``ScenarioError`` when the file is wrong, ``LabError`` when there is no such scenario.
    public func scenario(_ nameOrPath: String) throws -> Scenario {
        let file = shownPath(of: nameOrPath)
        let yaml = try text(of: nameOrPath)
        var scenario = try Scenario(yaml: yaml, file: file)
        scenario.carried = carried(scenario, nameOrPath)
        if let problem = CarriedFiles.problem(with: scenario.carried) {
            throw Scenario.mistake(problem, at: "carry", yaml: yaml, file: file)
        }
        return scenario
    }

    /// All that is wrong with a scenario's file, by lines.
    ///
    /// - Throws: ``LabError`` when there is no such scenario.
    public func mistakes(in nameOrPath: String) throws -> [ScenarioError] {
        let mistakes = Scenario.mistakes(yaml: try text(of: nameOrPath), file: shownPath(of: nameOrPath))
        guard mistakes.isEmpty else { return mistakes }
        do {
            _ = try scenario(nameOrPath)
            return []
        } catch let error as ScenarioError { return [error] }
    }

    /// The path of a scenario's file.
    public func path(of nameOrPath: String) -> FilePath {
        Self.isPath(nameOrPath) ? FilePath(nameOrPath) : folder.appending("\(nameOrPath).yaml")
    }

    /// The JSON Schema of scenario files.
    public var schemaPath: FilePath { folder.appending(ScenarioSchema.fileName) }

    private func shownPath(of nameOrPath: String) -> String {
        Self.isPath(nameOrPath) ? nameOrPath : "scenarios/\(nameOrPath).yaml"
    }

    /// Its files that ride along, by paths that hold wherever one is.
    private func carried(_ scenario: Scenario, _ nameOrPath: String) -> [String] {
        let here = FilePath(FileManager.default.currentDirectoryPath)
        let base = here.pushing(path(of: nameOrPath)).removingLastComponent()
        return scenario.carried.map { base.pushing(FilePath($0)).lexicallyNormalized().string }
    }

    /// What a scenario's file says.
    ///
    /// - Throws: ``LabError`` when there is no such scenario.
    public func text(of nameOrPath: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path(of: nameOrPath).string) else {
            let known = (try? names()) ?? []
            let nearest = nearestWord(to: nameOrPath, in: known).map { "Did you mean \"\($0)\"?" }
            throw LabError(
                .badInput, "There is no scenario \"\(nameOrPath)\".",
                remedy: nearest
                    ?? "Shipped are: \(known.joined(separator: ", ")). A path names a file of your own.")
        }
        return String(decoding: data, as: UTF8.self)
    }
}
