// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import SystemPackage

/// The suites that can be named: those shipped in `suites/`, and any file by its path.
public struct SuiteLibrary: Sendable {
    /// What is run when none is named.
    public static let standard = "quick"

    private let folder: FilePath
    private let scenarios: ScenarioLibrary

    /// The library of a checkout.
    public init(home: LabHome) {
        folder = home.root.appending("suites")
        scenarios = ScenarioLibrary(home: home)
    }

    /// Names of the shipped suites, sorted.
    public func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.string)
            .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(".yaml".count)) }.sorted()
    }

    /// Reads a suite by its name, or by the path of its file. Scenario files are relative to that file.
    ///
    /// - Throws: ``ScenarioError`` when the file is wrong, ``LabError`` when there is no such suite.
    public func suite(_ nameOrPath: String) throws -> Suite {
        let isPath = ScenarioLibrary.isPath(nameOrPath)
        let path = isPath ? FilePath(nameOrPath) : folder.appending("\(nameOrPath).yaml")
        guard let data = FileManager.default.contents(atPath: path.string) else {
            let known = (try? names()) ?? []
            let nearest = nearestWord(to: nameOrPath, in: known).map { "Did you mean \"\($0)\"?" }
            throw LabError(
                .badInput, "There is no suite \"\(nameOrPath)\".",
                remedy: nearest
                    ?? "Shipped are: \(known.joined(separator: ", ")). A path names a file of your own.")
        }
        var suite = try Suite(
            yaml: String(decoding: data, as: UTF8.self),
            file: isPath ? nameOrPath : "suites/\(nameOrPath).yaml")
        let beside = path.removingLastComponent()
        for place in suite.blocks.indices {
            suite.blocks[place].scenarios = suite.blocks[place].scenarios.map { name in
                ScenarioLibrary.isPath(name) ? beside.pushing(FilePath(name)).string : name
            }
        }
        return suite
    }

    /// The matrix of a suite.
    ///
    /// - Throws: ``ScenarioError`` and ``LabError`` when a scenario cannot be had, or a block selects none.
    public func plan(_ suite: Suite) throws -> SuitePlan {
        var found: [String: Scenario] = [:]
        for name in suite.blocks.flatMap(\.scenarios) where found[name] == nil {
            found[name] = try scenarios.scenario(name)
        }
        if suite.blocks.contains(where: { !$0.tags.isEmpty }) {
            for name in try scenarios.names() where found[name] == nil {
                found[name] = try scenarios.scenario(name)
            }
        }
        return try SuitePlan(suite, scenarios: found)
    }
}
