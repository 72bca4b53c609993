// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// `campaign.jsonl`: what a campaign explores, and behind it one line for each seed as soon as its run has come to a
/// verdict. Lines are only ever added. Whatever ends pacctlab, all but the line that was being written are kept.
public final class CampaignFile {
    /// A line of the file: exactly one of the two.
    private struct Line: Codable {
        var campaign: Campaign?
        var result: SeedResult?
    }

    /// Its name in the campaign's folder.
    public static let name = "campaign.jsonl"

    /// What is explored.
    public let campaign: Campaign
    /// What is known so far. A seed that was run again counts with its last result.
    public private(set) var results: [UInt64: SeedResult]
    private let path: FilePath
    /// Locked for as long as it is open: two campaigns in one folder would run the same seeds.
    private let file: FileDescriptor

    private init(
        path: FilePath, file: FileDescriptor, campaign: Campaign, results: [UInt64: SeedResult]
    ) {
        (self.path, self.file, self.campaign, self.results) = (path, file, campaign, results)
    }

    deinit { try? file.close() }

    /// Begins a campaign in a folder that has none.
    public static func create(in folder: FilePath, _ campaign: Campaign) throws -> CampaignFile {
        let path = folder.appending(name)
        let file = try open(path, options: [.create, .exclusiveCreate])
        let created = CampaignFile(path: path, file: file, campaign: campaign, results: [:])
        try created.append(Line(campaign: campaign))
        return created
    }

    /// Opens the campaign of a folder, to go on with it. A last line that was cut off is removed.
    ///
    /// - Throws: ``LabError`` when there is none, when it cannot be read, or when another pacctlab works on it.
    public static func resume(in folder: FilePath) throws -> CampaignFile {
        let path = folder.appending(name)
        guard let data = FileManager.default.contents(atPath: path.string) else {
            throw LabError(
                .badInput, "There is no campaign in \(folder): it has no \(name).",
                remedy: "Name the folder that pacctlab explore said it works in.")
        }
        let file = try open(path, options: [])
        do {
            let (campaign, results, whole) = try parse(data, path: path)
            guard ftruncate(file.rawValue, off_t(whole)) == 0 else { throw Errno(rawValue: errno) }
            return CampaignFile(path: path, file: file, campaign: campaign, results: results)
        } catch {
            try? file.close()
            throw error
        }
    }

    /// Notes down a result. It is on its way to the disk when this returns.
    public func add(_ result: SeedResult) throws {
        try append(Line(result: result))
        results[result.seed] = result
    }

    // MARK: - bytes

    private static func open(_ path: FilePath, options: FileDescriptor.OpenOptions) throws -> FileDescriptor {
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(
                path, .readWrite, options: options.union([.append, .closeOnExec]),
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
        } catch {
            throw LabError(
                .trouble, "The campaign's file \(path) cannot be opened: \(error).",
                remedy: "Name another place with --results.")
        }
        guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            try? file.close()
            throw LabError(
                .trouble, "Another pacctlab works on the campaign \(path).", remedy: "Wait for it, or end it."
            )
        }
        return file
    }

    private func append(_ line: Line) throws {
        do {
            _ = try file.writeAll(Array((line.contractJSON(pretty: false) + "\n").utf8))
        } catch {
            throw LabError(.trouble, "A result cannot be added to the campaign's file \(path): \(error).")
        }
    }

    /// - Returns: also how many bytes whole lines take.
    static func parse(
        _ data: Data, path: FilePath
    ) throws(LabError) -> (Campaign, [UInt64: SeedResult], whole: Int) {
        let whole = data.lastIndex(of: UInt8(ascii: "\n")).map { $0 - data.startIndex + 1 } ?? 0
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        var campaign: Campaign?
        var results: [UInt64: SeedResult] = [:]
        for (number, bytes) in data.prefix(whole).split(separator: UInt8(ascii: "\n")).enumerated() {
            let line: Line
            do { line = try decoder.decode(Line.self, from: Data(bytes)) } catch {
                throw LabError(
                    .badInput, "\(path):\(number + 1): not a line of a campaign: \(error)",
                    remedy: "Begin a new campaign.")
            }
            if let result = line.result { results[result.seed] = result }
            if let first = line.campaign, number == 0 { campaign = first }
        }
        guard let campaign, campaign.format == 1 else {
            throw LabError(
                .badInput, "\(path) does not begin with what is explored, in a format that is known here.",
                remedy: "Begin a new campaign.")
        }
        return (campaign, results, whole)
    }
}
