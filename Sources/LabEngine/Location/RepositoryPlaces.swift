// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// Names places in sources as a forge does: relative to the root of the repository that the module under test is in,
/// whatever folder pacctlab was started in.
///
/// In a pipeline the repository is the one that GitHub or GitLab has checked out, `$GITHUB_WORKSPACE` or `$CI_PROJECT_DIR`, or
/// one below that, where the checkout was made in a folder of its own. Elsewhere it is the one around the module's folder.
public struct RepositoryPlaces: Sendable {
    /// A place in a source file.
    public struct Place: Sendable, Equatable {
        /// Relative to the repository's root; as findings name it for a file that is in no repository or in another one.
        public var file: String
        /// From 1.
        public var line: Int
        /// Whether the file is in the repository. In doubt it is: a file that is not there any more may have been.
        public var isInRepository: Bool
    }

    private let roots: [FilePath]
    private let checkout: FilePath?

    /// - Parameters:
    ///   - roots: What locations may be relative to: the working folder first, then pacctlab's own checkout.
    ///   - environment: Of the process: it says where a pipeline's checkout is.
    public init(roots: [FilePath] = [], environment: [String: String] = [:]) {
        self.roots = roots
        checkout = ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"].lazy.compactMap { environment[$0] }
            .first { !$0.isEmpty }.map { FilePath($0) }
    }

    /// The place of a finding's location, `file:line`; nil when it is none.
    ///
    /// - Parameter module: Folder of the module under test, nil when it is not known.
    public func place(_ location: String?, module: FilePath?) -> Place? {
        guard let location, let colon = location.lastIndex(of: ":"),
            let line = Int(location[location.index(after: colon)...]), line > 0, colon > location.startIndex
        else { return nil }
        let name = String(location[..<colon])
        guard let file = file(name, module) else {
            return Place(file: name, line: line, isInRepository: FilePath(name).isRelative)
        }
        guard let root = root(module ?? file.removingLastComponent()), let rest = Self.below(root, file)
        else {
            return Place(file: name, line: line, isInRepository: false)
        }
        return Place(file: rest, line: line, isInRepository: true)
    }

    // MARK: - files

    /// The file itself; nil when it is not there. The one in the module's folder, where several have that name.
    private func file(_ name: String, _ module: FilePath?) -> FilePath? {
        let all = roots.map { $0.pushing(FilePath(name)).lexicallyNormalized() }.filter(Self.exists)
        return all.first { file in module.map { Self.below($0, file) != nil } ?? false } ?? all.first
    }

    /// The repository's root, for what is in that folder.
    private func root(_ folder: FilePath) -> FilePath? {
        let folder = Self.resolved(folder)
        guard let checkout else { return Self.repositories(around: folder).first }
        let top = Self.resolved(checkout)
        guard folder.starts(with: top) else { return nil }
        // The outermost: what is below it is a submodule, which the forge shows as part of the whole.
        return Self.repositories(around: folder).last { $0.starts(with: top) } ?? top
    }

    /// Folders around this one, or itself, that are the root of a work tree; the innermost first.
    private static func repositories(around folder: FilePath) -> [FilePath] {
        var folder = folder
        var found: [FilePath] = []
        while true {
            // A file in work trees and submodules, a folder elsewhere.
            if exists(folder.appending(".git")) { found.append(folder) }
            guard folder.removeLastComponent() else { return found }
        }
    }

    private static func exists(_ path: FilePath) -> Bool {
        FileManager.default.fileExists(atPath: path.string)
    }

    private static func resolved(_ path: FilePath) -> FilePath {
        FilePath(URL(fileURLWithPath: path.string).resolvingSymlinksInPath().path).lexicallyNormalized()
    }

    /// The file as seen from a folder that it is in; nil when it is not. A link within the folder has its own name there.
    private static func below(_ folder: FilePath, _ file: FilePath) -> String? {
        let places = [
            (folder.lexicallyNormalized(), file),
            (
                resolved(folder),
                resolved(file.removingLastComponent()).appending(file.lastComponent?.string ?? "")
            ),
        ]
        for (folder, file) in places {
            var rest = file
            if rest.removePrefix(folder), !rest.isEmpty { return rest.string }
        }
        return nil
    }
}
