// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import SystemPackage
import Testing

/// A folder that a test has for itself; removed with the value.
final class TemporaryFolder: Sendable {
    let path: FilePath

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent(
            "pacctlab-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = FilePath(url.path)
    }

    deinit { try? FileManager.default.removeItem(atPath: path.string) }

    /// Writes a file below the folder, and the folders on the way.
    @discardableResult
    func write(_ text: String, to name: String) throws -> FilePath {
        let file = path.appending(name)
        try FileManager.default.createDirectory(
            atPath: file.removingLastComponent().string, withIntermediateDirectories: true)
        try text.write(toFile: file.string, atomically: true, encoding: .utf8)
        return file
    }

    /// Reads a file below the folder.
    func read(_ name: String) throws -> String {
        try String(contentsOfFile: path.appending(name).string, encoding: .utf8)
    }

    /// The run folders below `results`.
    func runFolders() throws -> [FilePath] {
        let results = path.appending("results")
        return try FileManager.default.contentsOfDirectory(atPath: results.string).sorted()
            .map { results.appending($0) }
    }

    /// What `run.json` of the first run below `results` says.
    func savedRun() throws -> RunReport {
        let run = try #require(try runFolders().first)
        let data = try Data(contentsOf: URL(fileURLWithPath: run.appending("run.json").string))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(RunReport.self, from: data)
    }
}
