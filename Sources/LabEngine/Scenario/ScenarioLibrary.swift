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
        let file = Self.isPath(nameOrPath) ? nameOrPath : "scenarios/\(nameOrPath).yaml"
        return try Scenario(yaml: text(of: nameOrPath), file: file)
    }

    /// What a scenario's file says.
    ///
    /// - Throws: ``LabError`` when there is no such scenario.
    public func text(of nameOrPath: String) throws -> String {
        let path = Self.isPath(nameOrPath) ? FilePath(nameOrPath) : folder.appending("\(nameOrPath).yaml")
        guard let data = FileManager.default.contents(atPath: path.string) else {
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
