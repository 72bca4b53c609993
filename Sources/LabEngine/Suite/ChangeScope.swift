// SPDX-License-Identifier: Apache-2.0

import Artifacts
import SystemPackage

/// What a change of the checkout can affect, from the files it touches.
///
/// In doubt everything is affected: a run too many costs seconds, a run too few a night in the lab.
public struct ChangeScope: Sendable, Equatable {
    /// How far a changed file reaches.
    enum Reach: Equatable {
        /// No run.
        case nothing
        /// Runs of that scenario.
        case scenario(String)
        /// Runs on that variant.
        case variant(String)
        /// Every run.
        case everything
    }

    /// Whether some file affects every run.
    public private(set) var affectsAll = false
    /// Scenarios that changed.
    public private(set) var scenarios: Set<String> = []
    /// Variants whose configuration changed.
    public private(set) var variants: Set<String> = []
    /// Files that changed.
    public let files: [String]

    /// - Parameter files: Relative to the checkout's root.
    public init(files: [String]) {
        self.files = files
        for file in files {
            switch Self.reach(of: file) {
            case .nothing: break
            case .scenario(let name): scenarios.insert(name)
            case .variant(let name): variants.insert(name)
            case .everything: affectsAll = true
            }
        }
    }

    /// Whether a run of that cell can come out differently.
    public func affects(_ cell: SuiteCell) -> Bool {
        // A scenario that was named by a path may be any file.
        affectsAll || ScenarioLibrary.isPath(cell.scenario) || scenarios.contains(cell.scenario)
            || variants.contains(cell.variant)
    }

    static func reach(of file: String) -> Reach {
        let parts = file.split(separator: "/").map(String.init)
        switch parts.first {
        case "scenarios" where parts.count == 2 && file.hasSuffix(".yaml"):
            return .scenario(String(parts[1].dropLast(".yaml".count)))
        case "scenarios" where parts.count == 2 && file.hasSuffix(".schema.json"): return .nothing
        case "images" where parts.count == 4 && parts[1] == "kernel" && parts[2] == "config":
            let name = parts[3].split(separator: ".").first.map(String.init) ?? ""
            return Suite.variants.contains(name) ? .variant(name) : .everything
        // The tests and texts of the lab decide no run.
        case "Tests", "ci", ".ci", ".github", "LICENSES", "LICENSE", "suites": return .nothing
        default: return parts.count == 1 && file.hasSuffix(".md") ? .nothing : .everything
        }
    }
}

extension ChangeScope {
    private static let limit = Duration.seconds(60)

    /// What has changed since a revision of the checkout's repository, committed or not. Of a module that is elsewhere
    /// nobody knows, so that everything counts as changed.
    ///
    /// - Parameter module: The folder of the module under test.
    /// - Throws: `ArtifactError` when git cannot say, ``LabError`` for a revision that could be an option.
    public static func since(
        _ revision: String, in home: LabHome, module: FilePath
    ) async throws -> ChangeScope {
        guard !revision.hasPrefix("-") else {
            throw LabError(
                .badInput, "\"\(revision)\" is no revision.", remedy: "Name one, such as origin/main.")
        }
        // A file that git does not know yet is a change, too.
        let commands = [
            ["diff", "--name-only", "-z", "--no-renames", revision, "--"],
            ["ls-files", "--others", "--exclude-standard", "-z"],
        ]
        var files: Set<String> = []
        for arguments in commands {
            var text = ""
            try await HostTool(
                action: "ask git what has changed since \(revision)", program: "git",
                arguments: ["-C", home.root.string] + arguments, limit: limit
            ).run { text += $0 }
            files.formUnion(text.split(separator: "\0").map(String.init))
        }
        let isElsewhere = !module.lexicallyNormalized().starts(with: home.root.lexicallyNormalized())
        return ChangeScope(files: files.sorted() + (isElsewhere ? [module.string] : []))
    }
}
