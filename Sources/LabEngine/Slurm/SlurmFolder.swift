// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// The folder of a batch, on the file system that all nodes share: `<campaign>/slurm/<number>`.
struct SlurmFolder: Sendable {
    /// Most of a result that is read. A report has bounded findings with bounded evidence.
    private static let resultLimit = 16 << 20
    private static let batchName = "batch.json"
    static let scriptName = "task.sh"

    let path: FilePath

    /// Where a campaign's batches are.
    static func root(of campaign: FilePath) -> FilePath { campaign.appending("slurm") }

    /// The folder of a batch.
    init(campaign: FilePath, number: Int) {
        path = Self.root(of: campaign).appending("\(number)")
    }

    /// A folder by its path.
    init(path: FilePath) { self.path = path }

    // MARK: - the submitter's side

    /// Numbers of the batches that are on disk, in their order.
    static func numbers(in campaign: FilePath) -> [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root(of: campaign).string)) ?? []
        return names.compactMap { Int($0) }.sorted()
    }

    /// Makes the folder, whole under its name or not at all.
    func make(_ batch: SlurmBatch, script: String) throws {
        let folder = path.removingLastComponent().appending(".\(batch.number)")
        let manager = FileManager.default
        if manager.fileExists(atPath: folder.string) { try manager.removeItem(atPath: folder.string) }
        try manager.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        try Data((batch.contractJSON(pretty: false) + "\n").utf8)
            .write(to: Self.url(folder.appending(Self.batchName)))
        try Data(script.utf8).write(to: Self.url(folder.appending(Self.scriptName)))
        try manager.moveItem(atPath: folder.string, toPath: path.string)
    }

    /// Notes the array's job id.
    func note(job: Int) throws {
        try Data("\(job)\n".utf8).write(to: Self.url(path.appending("job")), options: .atomic)
    }

    /// The array's job id; nil when nobody got as far as to note it.
    var job: Int? {
        FileManager.default.contents(atPath: path.appending("job").string)
            .flatMap { Int(String(decoding: $0, as: UTF8.self).prefix { $0 != "\n" }) }
    }

    /// Removes it with all that is in it. A task that Slurm lost may still be writing: then some of it stays.
    func remove() { try? FileManager.default.removeItem(atPath: path.string) }

    /// The numbers of tasks whose result is there.
    func results() -> Set<Int> {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path.string)) ?? []
        return Set(
            names.compactMap { name in
                name.wholeMatch(of: /result-(\d{1,9})\.json/).flatMap { Int($0.1) }
            })
    }

    /// The result of a task; nil when there is none that can be believed.
    func result(_ index: Int, of run: SlurmRun) -> SlurmResult? {
        guard let data = Self.read(resultPath(index)),
            let result = try? Self.decoder.decode(SlurmResult.self, from: data), result.run == run,
            // It names a folder below the campaign's.
            !result.report.id.isEmpty, !result.report.id.contains("/"), !result.report.id.hasPrefix(".")
        else { return nil }
        return result
    }

    /// Removes a result that cannot be believed.
    func discard(_ index: Int) { try? FileManager.default.removeItem(atPath: resultPath(index).string) }

    /// Takes a task's right to run: it never will. Whoever is first has it.
    ///
    /// - Returns: false when the task has begun already.
    func withdraw(_ index: Int) throws -> Bool { try claim(index, for: Self.withdrawn) }

    /// Whether a task's right to run was taken from it.
    func isWithdrawn(_ index: Int) -> Bool {
        FileManager.default.contents(atPath: claimPath(index).string) == Data(Self.withdrawn.utf8)
    }

    /// The last lines that a task has printed, for those who look for its fault.
    func log(_ index: Int) -> String? {
        guard let file = FileHandle(forReadingAtPath: path.appending("task-\(index).log").string) else {
            return nil
        }
        defer { try? file.close() }
        let end = (try? file.seekToEnd()) ?? 0
        try? file.seek(toOffset: end > 2048 ? end - 2048 : 0)
        guard let data = try? file.readToEnd() else { return nil }
        let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).suffix(3)
        return lines.isEmpty ? nil : lines.joined(separator: " / ")
    }

    // MARK: - the task's side

    /// What is to be run.
    ///
    /// - Throws: ``LabError`` when there is no such batch.
    func read() throws(LabError) -> SlurmBatch {
        let file = path.appending(Self.batchName)
        guard let data = Self.read(file) else {
            throw LabError(
                .trouble, "There is no \(file): the batch was withdrawn, or its folder is not shared.",
                remedy: "The campaign's folder must be on a file system that every node has at the same path."
            )
        }
        do { return try Self.decoder.decode(SlurmBatch.self, from: data) } catch {
            throw LabError(.trouble, "\(file) cannot be read: \(error)")
        }
    }

    /// Claims the right to run a task. Whoever is first has it: `O_EXCL` holds across the nodes of a shared file system.
    ///
    /// - Returns: false when somebody else has it, or it was withdrawn.
    func claim(_ index: Int, for owner: String) throws -> Bool {
        do {
            let file = try FileDescriptor.open(
                claimPath(index), .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
            _ = try file.closeAfter { try file.writeAll(owner.utf8) }
            return true
        } catch Errno.fileExists {
            return false
        }
    }

    /// Leaves a result: renamed into place when it is whole.
    func write(_ result: SlurmResult, _ index: Int) throws {
        try Data((result.contractJSON(pretty: false) + "\n").utf8)
            .write(to: Self.url(resultPath(index)), options: .atomic)
    }

    // MARK: - parts

    private static let withdrawn = "withdrawn"

    private func claimPath(_ index: Int) -> FilePath { path.appending("claim-\(index)") }
    private func resultPath(_ index: Int) -> FilePath { path.appending("result-\(index).json") }

    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }

    private static func url(_ path: FilePath) -> URL { URL(fileURLWithPath: path.string) }

    private static func read(_ path: FilePath) -> Data? {
        guard let file = FileHandle(forReadingAtPath: path.string) else { return nil }
        defer { try? file.close() }
        guard let data = try? file.read(upToCount: resultLimit + 1), data.count <= resultLimit else {
            return nil
        }
        return data
    }
}
