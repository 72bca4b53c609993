// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import RunStore
import SystemPackage

/// Tells people outside of what a campaign has found: by a command of theirs, and by a web address.
///
/// Each piece of news is a file in the campaign's folder before it is told, and stays marked as untold until it was:
/// after a power cut it is told by whoever goes on. A piece may come twice, and none is lost.
public struct SoakNotifier: Sendable {
    /// What has happened.
    struct News: Sendable, Codable, Equatable {
        /// `signature`: a bug that the campaign had not seen. `ended`: the campaign is over.
        var event: String
        /// The campaign's id.
        var campaign: String
        /// The module's folder.
        var module: String
        /// One line for people.
        var text: String
        /// Names the bug.
        var signature: String?
        /// The bug's source file and line, where known.
        var location: String?
        /// The folder of the run that showed it first.
        var run: String?
        /// How the campaign stands.
        var verdict: Verdict?
        /// Runs so far.
        var runs: Int?
        /// Why it ended.
        var reason: String?
    }

    /// Runs a program; for tests.
    typealias Program = @Sendable (HostTool) async throws -> Void

    private static let folderName = "news"
    private static let untold = ".untold"
    private static let limit = Duration.seconds(60)
    private static let webLimit = 20

    let campaign: StoredCampaign
    private let program: Program

    /// Of a campaign that says who wants to hear.
    public init(campaign: StoredCampaign) { self.init(campaign: campaign) { try await $0.run() } }

    /// - Parameter program: Runs a program.
    init(campaign: StoredCampaign, program: @escaping Program) {
        (self.campaign, self.program) = (campaign, program)
    }

    /// Tells of new bugs whenever there may be some, until that ends.
    ///
    /// - Parameter onProblem: Is told what did not work. It is tried again the next time.
    public func follow(
        _ found: AsyncStream<Void>, in store: RunStore, onProblem: @Sendable (String) -> Void
    ) async {
        for await _ in found {
            do {
                try collect(from: store)
                for problem in await tell() { onProblem(problem) }
            } catch { onProblem("The news of \(campaign.id) cannot be put down: \(error)") }
        }
    }

    /// Tells of what is left, and that the campaign is over.
    public func finish(
        _ standing: SoakStanding, in store: RunStore, onProblem: @Sendable (String) -> Void
    ) async {
        do {
            try collect(from: store)
            try end(standing)
        } catch { onProblem("The news of \(campaign.id) cannot be put down: \(error)") }
        for problem in await tell() { onProblem(problem) }
    }

    /// Whether anybody wants to hear.
    var isWanted: Bool { campaign.command != nil || campaign.webhook != nil }

    private var folder: FilePath { FilePath(campaign.directory).appending(Self.folderName) }

    /// Puts down what is new: bugs of the store that there is no news of, and the end.
    func collect(from store: RunStore) throws {
        guard isWanted else { return }
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        for bug in try store.signatures(of: campaign.id) {
            let place = bug.location.map { "\($0): " } ?? ""
            try put(
                News(
                    event: "signature", campaign: campaign.id, module: campaign.module,
                    text: "\(campaign.id): new: \(place)\(bug.title)", signature: bug.signature,
                    location: bug.location, run: "\(campaign.directory)/\(bug.folder)"),
                named: "signature-\(try ArtifactKey([("signature", bug.signature)]).hash.prefix(16))")
        }
    }

    /// Puts down that it is over.
    func end(_ standing: SoakStanding) throws {
        guard isWanted else { return }
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        try put(
            News(
                event: "ended", campaign: campaign.id, module: campaign.module,
                text: "\(campaign.id) ended (\(standing.reason ?? "")): \(standing.verdict.rawValue), "
                    + "\(standing.runs) runs, \(standing.signatures.count) bugs",
                verdict: standing.verdict, runs: standing.runs, reason: standing.reason),
            // It may be extended, and end again.
            named: "ended-\(standing.runs)")
    }

    private func put(_ news: News, named name: String) throws {
        let told = folder.appending("\(name).json")
        let fresh = FilePath(told.string + Self.untold)
        let files = FileManager.default
        guard !files.fileExists(atPath: told.string), !files.fileExists(atPath: fresh.string) else { return }
        try Data((news.contractJSON() + "\n").utf8).write(to: URL(filePath: fresh.string), options: .atomic)
    }

    /// Tells what has not been told.
    ///
    /// - Returns: What did not work, for people. It is tried again the next time.
    func tell() async -> [String] {
        guard isWanted else { return [] }
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? [])
            .filter { $0.hasSuffix(Self.untold) }.sorted()
        var problems: [String] = []
        for name in names {
            let file = folder.appending(name)
            do {
                for tool in tools(file) { try await program(tool) }
                let told = FilePath(String(file.string.dropLast(Self.untold.count)))
                try FileManager.default.moveItem(atPath: file.string, toPath: told.string)
            } catch {
                problems.append("The news in \(file) could not be told: \(error)")
                // Most likely the next one cannot be told either, and each may take its time.
                break
            }
        }
        return problems
    }

    private func tools(_ file: FilePath) -> [HostTool] {
        var tools: [HostTool] = []
        if let command = campaign.command {
            tools.append(
                HostTool(
                    action: "tell the news by the command of --notify", program: "sh",
                    arguments: ["-c", command, "pacctlab", file.string], limit: Self.limit))
        }
        if let webhook = campaign.webhook {
            tools.append(
                HostTool(
                    action: "post the news to \(webhook)", program: "curl",
                    arguments: [
                        "--silent", "--show-error", "--fail", "--max-time", "\(Self.webLimit)", "--proto",
                        "=http,https", "--header", "Content-Type: application/json", "--data-binary",
                        "@\(file)", "--", webhook,
                    ], limit: Self.limit))
        }
        return tools
    }
}
