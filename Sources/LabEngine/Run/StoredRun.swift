// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Evidence
import Foundation
import SystemPackage

/// What a run's folder has to show. A folder of which parts are missing has less to show; only `run.json` must be there.
public struct StoredRun: Sendable {
    /// A line of the kernel log.
    public struct LogLine: Sendable, Equatable {
        /// As the kernel prints it.
        public var text: String
        /// Seconds since boot, by the line's stamp; nil for one without.
        public var timeS: Double?
        /// How urgent, 0 (emergency) to 7 (debug); nil where only the console had it.
        public var level: Int?
    }

    /// Lines of a source file around one that is to blame.
    public struct Source: Sendable, Equatable {
        /// The file, as findings name it.
        public var file: String
        /// The line to blame, from 1.
        public var line: Int
        /// The number of the first line that is here, from 1.
        public var first: Int
        /// The lines.
        public var text: [String]
    }

    /// The name of the file with ``LogLine/level`` of each line of `kernel.log`, see ``Evidence/MergedKernelLog/levels``.
    static let levelsName = "kernel.levels"
    /// A file is not read any further, bytes.
    private static let fileLimit = 24 << 20
    private static let sourceLimit = 1 << 20
    private static let sourceContext = 5

    /// Its folder.
    public let folder: FilePath
    /// What it came to.
    public let report: RunReport
    /// Energy records, in the order they came.
    public let records: [EnergyRecord]
    /// The kernel log.
    public let log: [LogLine]
    /// Whether there is more of the log than ``log``.
    public let logIsCut: Bool
    /// The source around each finding's location, by the location.
    public let sources: [String: Source]

    /// Reads a folder.
    ///
    /// - Parameter roots: Where locations of findings that are no absolute paths may begin.
    /// - Throws: ``LabError`` when there is no `run.json` that can be read.
    public init(folder: FilePath, roots: [FilePath]) throws(LabError) {
        self.folder = folder
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            report = try decoder.decode(
                RunReport.self,
                from: Data(contentsOf: URL(fileURLWithPath: folder.appending("run.json").string)))
        } catch {
            throw LabError(
                .badInput,
                "\(folder) is not the folder of a run: it has no run.json that can be read (\(error)).",
                remedy: "Name a folder below results/, or \"latest\".")
        }
        let energy = Self.text(folder.appending("energy.jsonl"), limit: Self.fileLimit)
        records = energy.text.split(separator: "\n").compactMap {
            try? decoder.decode(EnergyRecord.self, from: Data($0.utf8))
        }
        let kernel = Self.text(folder.appending("kernel.log"), limit: Self.fileLimit)
        let levels = Array(Self.text(folder.appending(Self.levelsName), limit: Self.fileLimit).text.utf8)
        log = kernel.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map {
            place, line in
            let level = place < levels.count ? Int(levels[place]) - Int(UInt8(ascii: "0")) : -1
            let stamp = ConsoleLine(line.utf8).timeUs.map { Double($0) / 1e6 }
            return LogLine(text: String(line), timeS: stamp, level: (0...7).contains(level) ? level : nil)
        }
        logIsCut = kernel.isCut
        let module = (try? RunInputs.read(in: folder)).map { [FilePath($0.module.folder)] } ?? []
        var sources: [String: Source] = [:]
        for location in report.findings.compactMap(\.location) {
            sources[location] = Self.source(location, roots: roots + module)
        }
        self.sources = sources
    }

    private static func text(_ path: FilePath, limit: Int) -> (text: String, isCut: Bool) {
        guard let handle = FileHandle(forReadingAtPath: path.string) else { return ("", false) }
        defer { try? handle.close() }
        let data = (try? handle.read(upToCount: limit + 1)) ?? Data()
        return (String(decoding: data.prefix(limit), as: UTF8.self), data.count > limit)
    }

    /// The lines around a location `file:line`, where the file can be found.
    private static func source(_ location: String, roots: [FilePath]) -> Source? {
        guard let colon = location.lastIndex(of: ":"),
            let line = Int(location[location.index(after: colon)...])
        else { return nil }
        let file = FilePath(String(location[..<colon]))
        // The location is from debug information, which may name any file: only sources are shown.
        guard !file.components.contains(where: { $0.kind != .regular }) else { return nil }
        for place in roots.map({ $0.pushing(file) }) {
            guard roots.contains(where: { place.starts(with: $0) }),
                FileManager.default.fileExists(atPath: place.string)
            else { continue }
            let found = text(place, limit: sourceLimit)
            let lines = found.text.split(separator: "\n", omittingEmptySubsequences: false)
            guard !found.isCut, (1...max(1, lines.count)).contains(line), !lines.isEmpty else { continue }
            let first = max(1, line - sourceContext)
            let last = min(lines.count, line + sourceContext)
            return Source(
                file: file.string, line: line, first: first, text: lines[(first - 1)..<last].map(String.init))
        }
        return nil
    }
}
