// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import SystemPackage

/// A work tree of its own in which `git bisect` chooses commits: the user's checkout, index and branches stay as they are.
///
/// Work tree and state of the bisection are per work tree (gitrepository-layout(5), git-worktree(1)), so that a bisection
/// of the user's own goes on undisturbed.
struct BisectRepository: Sendable {
    /// A commit.
    struct Commit: Sendable, Equatable {
        var hash: String
        var subject: String
        var author: String
        var date: String
    }

    /// Where `git bisect` stands.
    enum State: Sendable, Equatable {
        /// The commit that is checked out has to be judged.
        case testing(String)
        /// This one is the first bad one.
        case found(String)
        /// Only commits that could not be judged are left, and it is one of these.
        case ambiguous([String])
    }

    /// The work tree.
    let folder: FilePath
    private let repository: FilePath
    private static let limit = Duration.seconds(300)

    /// Makes the work tree.
    ///
    /// - Parameter folder: Must not exist yet.
    static func make(of repository: FilePath, in folder: FilePath) async throws -> BisectRepository {
        let made = BisectRepository(folder: folder, repository: repository)
        // No checkout yet: the first one is of a commit to be judged.
        _ = try await run(
            "make a work tree to bisect in", in: repository,
            ["worktree", "add", "--quiet", "--detach", "--no-checkout", folder.string, "HEAD"])
        return made
    }

    private init(folder: FilePath, repository: FilePath) {
        (self.folder, self.repository) = (folder, repository)
    }

    /// Takes the work tree away, and what git knows of it.
    func remove() async {
        _ = try? await Self.run(
            "remove the work tree", in: repository, ["worktree", "remove", "--force", folder.string])
        try? FileManager.default.removeItem(atPath: folder.string)
        _ = try? await Self.run("forget the work tree", in: repository, ["worktree", "prune"])
    }

    /// The repository that a folder is in, and the folder's path below it.
    static func find(around folder: FilePath) async throws -> (root: FilePath, below: FilePath) {
        let lines: [String]
        do {
            lines = try await run(
                "find the repository", in: folder, ["rev-parse", "--show-toplevel", "--show-prefix"])
        } catch is ArtifactError {
            throw LabError(
                .badInput, "\(folder) is in no git repository, or git will not read it.",
                remedy: "Name the repository with --repo; \"git -C \(folder) status\" shows what git says.")
        }
        guard let root = lines.first, !root.isEmpty else {
            throw LabError(.badInput, "\(folder) is in a git repository without a work tree.")
        }
        return (FilePath(root), FilePath(lines.count > 1 ? lines[1] : ""))
    }

    /// What a name stands for.
    func commit(_ name: String) async throws -> Commit {
        guard !name.hasPrefix("-") else { throw Self.unknown(name) }
        do {
            let lines = try await Self.run(
                "look at a commit", in: folder,
                ["show", "--no-patch", "--format=%H%n%s%n%an%n%as", "\(name)^{commit}", "--"])
            guard lines.count >= 4, Self.isHash(lines[0]) else { throw Self.unknown(name) }
            return Commit(hash: lines[0], subject: lines[1], author: lines[2], date: lines[3])
        } catch is ArtifactError {
            throw Self.unknown(name)
        }
    }

    private static func unknown(_ name: String) -> LabError {
        LabError(.badInput, "\"\(name)\" names no commit.", remedy: "git log shows what there is.")
    }

    /// Whether every commit from one to the other is between them.
    func isAncestor(_ first: String, of second: String) async throws -> Bool {
        let lines = try await Self.run(
            "see whether one commit is behind the other", in: folder, ["merge-base", first, second])
        return lines.first == first
    }

    /// Checks a commit out.
    func checkOut(_ hash: String) async throws {
        _ = try await Self.run(
            "check a commit out", in: folder, ["checkout", "--quiet", "--force", "--detach", hash])
    }

    /// Begins, with a commit that is bad and one that is good.
    func start(good: String, bad: String) async throws -> State {
        try await bisect(["start", bad, good])
    }

    /// Says what the commit is that is checked out.
    func mark(_ word: Mark) async throws -> State { try await bisect([word.rawValue]) }

    /// What a commit can be.
    enum Mark: String, Sendable { case good, bad, skip }

    private func bisect(_ arguments: [String]) async throws -> State {
        // Its status is not zero when only skipped commits are left; the log tells.
        do { _ = try await Self.run("bisect", in: folder, ["bisect"] + arguments) } catch let error
            as ArtifactError
        {
            let state = try await state()
            if case .testing = state { throw error }
            return state
        }
        return try await state()
    }

    private func state() async throws -> State {
        let log = try await Self.run("read the log of the bisection", in: folder, ["bisect", "log"])
        let head = try await Self.run("see what is checked out", in: folder, ["rev-parse", "HEAD"])
        return Self.state(log: log, head: head.first ?? "")
    }

    /// Reads `git bisect log`: commands, and comments such as `# first bad commit: [HASH] subject`.
    static func state(log: [String], head: String) -> State {
        func hash(_ line: String) -> String? {
            line.firstMatch(of: /\[([0-9a-f]{40,64})\]/).map { String($0.1) }
        }
        if let line = log.last(where: { $0.hasPrefix("# first bad commit: ") }), let hash = hash(line) {
            return .found(hash)
        }
        let possible = log.filter { $0.hasPrefix("# possible first bad commit: ") }.compactMap(hash)
        return possible.isEmpty ? .testing(head) : .ambiguous(possible)
    }

    private static func isHash(_ text: String) -> Bool {
        (40...64).contains(text.count) && text.allSatisfy { $0.isHexDigit }
    }

    private static func run(_ action: String, in folder: FilePath, _ arguments: [String]) async throws
        -> [String]
    {
        var lines: [String] = []
        try await HostTool(
            action: action, program: "git", arguments: ["-C", folder.string] + arguments, limit: limit
        ).run { lines.append($0) }
        return lines
    }
}
