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
    /// Most bytes of the kernel log and of the energy records that are read. A run keeps no longer log.
    private static let logLimit = EvidenceCollector.kernelLogLimit + Int(EvidenceCollector.consoleLimit)
    private static let recordLimit = 24 << 20

    /// Its folder.
    public let folder: FilePath
    /// What it came to.
    public let report: RunReport
    /// Energy records, in the order they came.
    public let records: [EnergyRecord]
    /// Whether there are more records than ``records``.
    public let recordsAreCut: Bool
    /// The kernel log.
    public let log: [LogLine]
    /// Whether there is more of the log than ``log``.
    public let logIsCut: Bool
    /// The source around the places of findings and of their stacks' frames, by the place, as in `tasks.c:118`.
    public let sources: [String: Source]

    /// Reads a folder.
    ///
    /// - Parameter roots: Where locations of findings that are no absolute paths may begin.
    /// - Throws: ``LabError`` when there is no `run.json` that can be read.
    public init(folder: FilePath, roots: [FilePath]) throws(LabError) {
        self.folder = folder
        report = try RunReport.read(in: folder)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let energy = try? BoundedFile(folder.appending("energy.jsonl"), limit: Self.recordLimit)
        records = (energy?.text ?? "").split(separator: "\n").compactMap {
            try? decoder.decode(EnergyRecord.self, from: Data($0.utf8))
        }
        recordsAreCut = energy?.isCut ?? false
        let kernel = try? BoundedFile(folder.appending("kernel.log"), limit: Self.logLimit)
        let levels = try? BoundedFile(folder.appending(Self.levelsName), limit: Self.logLimit)
        log = Self.lines(kernel?.text ?? "", levels: Array(levels?.data ?? Data()))
        logIsCut = kernel?.isCut ?? false
        let module = (try? RunInputs.read(in: folder)).map { [FilePath($0.module.folder)] } ?? []
        sources = Self.sources(of: report.findings, roots: roots + module)
    }

    private static func lines(_ text: String, levels: [UInt8]) -> [LogLine] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.enumerated().map { place, line in
            let level = place < levels.count ? Int(levels[place]) - Int(UInt8(ascii: "0")) : -1
            let stamp = ConsoleLine(line.utf8).timeUs.map { Double($0) / 1e6 }
            return LogLine(text: String(line), timeS: stamp, level: (0...7).contains(level) ? level : nil)
        }
    }
}
