// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import RunStore
import SystemPackage

/// Plans that can be named, those shipped in `soaks/` and any file by its path, and the campaigns that were made of them.
public struct SoakLibrary: Sendable {
    private let home: LabHome
    private let paths: LabPaths

    /// The library of a checkout, and of this user's campaigns.
    public init(home: LabHome, paths: LabPaths = LabPaths()) { (self.home, self.paths) = (home, paths) }

    /// The user's store.
    ///
    /// - Throws: ``LabError`` when it cannot be opened.
    public func store() throws -> RunStore {
        do { return try RunStore(path: paths.store.string) } catch {
            throw LabError(
                .trouble, "The run store \(paths.store) cannot be opened: \(error)",
                remedy: "Move it away to begin with an empty one.")
        }
    }

    /// Names of the shipped plans, sorted.
    public func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: home.root.appending("soaks").string)
            .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(".yaml".count)) }.sorted()
    }

    /// What a plan's file says.
    ///
    /// - Throws: ``LabError`` when there is none.
    public func text(of nameOrPath: String) throws -> String {
        let path =
            ScenarioLibrary.isPath(nameOrPath)
            ? FilePath(nameOrPath) : home.root.appending("soaks").appending("\(nameOrPath).yaml")
        guard let data = FileManager.default.contents(atPath: path.string) else {
            let known = (try? names()) ?? []
            let nearest = nearestWord(to: nameOrPath, in: known).map { "Did you mean \"\($0)\"?" }
            throw LabError(
                .badInput, "There is no plan \"\(nameOrPath)\".",
                remedy: nearest
                    ?? "Shipped are: \(known.joined(separator: ", ")). A path names a file of your own.")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// A plan with its matrix, from the text of its file.
    ///
    /// - Throws: ``ScenarioError`` when it is wrong, ``LabError`` when a scenario cannot be had.
    public func plan(text: String, file: String) throws -> (SoakPlan, SuitePlan) {
        let plan = try SoakPlan(yaml: text, file: file)
        return (plan, try SuiteLibrary(home: home).plan(plan.suite))
    }

    /// The cells of a plan, for a campaign.
    static func cells(_ plan: SoakPlan, _ matrix: SuitePlan, campaign: String) throws -> [StoredCell] {
        try parts(plan, matrix, campaign: campaign).map(\.cell)
    }

    /// Names of the cells whose runs want a machine for themselves.
    static func exclusiveCells(_ plan: SoakPlan, _ matrix: SuitePlan) throws -> Set<String> {
        Set(try parts(plan, matrix, campaign: "").filter(\.block.isExclusive).map(\.cell.name))
    }

    /// Each cell once, with the first block that has it.
    private static func parts(
        _ plan: SoakPlan, _ matrix: SuitePlan, campaign: String
    ) throws -> [(cell: StoredCell, block: SoakPlan.Block)] {
        var parts: [(cell: StoredCell, block: SoakPlan.Block)] = []
        for block in plan.blocks {
            let part = try SuitePlan(
                Suite(name: plan.name, description: "", blocks: [block.matrix]), scenarios: matrix.scenarios)
            for cell in part.cells
            where !parts.contains(where: { $0.cell.name == cell.group.name.replacing("/s0", with: "") }) {
                parts.append(
                    (
                        StoredCell(
                            campaign: campaign, scenario: cell.scenario, variant: cell.variant,
                            cpus: cell.cpus, kernel: cell.kernel, weight: block.weight), block
                    ))
            }
        }
        return parts
    }

    /// Begins a campaign.
    ///
    /// - Throws: ``LabError`` when the plan comes to no cell.
    public func begin(
        _ campaign: StoredCampaign, _ plan: SoakPlan, _ matrix: SuitePlan, in store: RunStore
    ) throws {
        let cells = try Self.cells(plan, matrix, campaign: campaign.id)
        guard !cells.isEmpty else {
            throw LabError(.badInput, "The plan \(plan.name) comes to no cell: it would run nothing.")
        }
        try store.create(campaign, cells: cells)
    }

    /// The lock of a campaign's process: held as long as it lives, whatever ends it.
    ///
    /// - Returns: nil when another process has it.
    public func lock(_ campaign: StoredCampaign) throws -> CampaignLock? {
        try CampaignLock(FilePath(campaign.directory).appending("lock"))
    }

    /// The youngest campaign of a plan that has not ended, and that no process has; nil when there is none.
    public func unfinished(_ plan: String, in store: RunStore) throws -> StoredCampaign? {
        try store.campaigns().first { campaign in
            try campaign.name == plan && campaign.state != .ended && lock(campaign) != nil
        }
    }

    /// How a campaign stands.
    public func standing(_ campaign: StoredCampaign, in store: RunStore) throws -> SoakStanding {
        // Without its matrix: a scenario that is gone by now changes nothing of what was run.
        let plan = try SoakPlan(yaml: campaign.plan, file: campaign.planFile)
        return try SoakStanding(
            campaign, target: campaign.confidence ?? plan.policy.failureRate,
            isAlive: Self.isAlive(campaign), store: store)
    }

    /// Whether a campaign's process is there.
    public static func isAlive(_ campaign: StoredCampaign) -> Bool {
        CampaignLock.isHeld(FilePath(campaign.directory).appending("lock"))
    }
}

/// `flock(2)` on a file in a campaign's folder. The kernel drops it with the process.
public final class CampaignLock: Sendable {
    private static let attempts = 10
    private let file: FileDescriptor

    init?(_ path: FilePath) throws {
        file = try FileDescriptor.open(
            path, .readWrite, options: [.create, .closeOnExec], permissions: [.ownerReadWrite, .groupRead])
        for attempt in 1...Self.attempts {
            if flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 { return }
            let number = errno
            guard number == EWOULDBLOCK, attempt < Self.attempts else {
                try file.close()
                if number == EWOULDBLOCK { return nil }
                throw Errno(rawValue: number)
            }
            // Perhaps somebody only looks.
            usleep(20_000)
        }
    }

    /// Whether a process holds it. Asks by a shared lock, which is in nobody's way but that of one who begins at this
    /// very moment, and who tries for a while.
    static func isHeld(_ path: FilePath) -> Bool {
        guard let file = try? FileDescriptor.open(path, .readWrite, options: .closeOnExec) else {
            return false
        }
        defer { try? file.close() }
        return flock(file.rawValue, LOCK_SH | LOCK_NB) != 0
    }

    deinit { try? file.close() }
}
