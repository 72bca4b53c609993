// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// Notes down results, and decides which run folders stay: for each bug that of the lowest seed that shows it, and
/// those of a few runs without an answer.
struct ExploreLedger {
    /// Runs without an answer whose folders are kept.
    private static let unansweredKept = 3

    private let file: CampaignFile
    private let runs: FilePath
    private let keepsAll: Bool
    /// The result with the lowest seed, by signature.
    private var first: [String: SeedResult] = [:]
    private var unanswered: [String] = []

    init(file: CampaignFile, folder: FilePath, keepsAll: Bool) {
        self.file = file
        runs = Explorer.runs(of: folder)
        self.keepsAll = keepsAll
        for result in file.results.values.sorted(by: { $0.seed < $1.seed }) {
            for signature in result.signatures { first[signature] = first[signature] ?? result }
            if result.verdict == .inconclusive { unanswered.append(result.run) }
        }
    }

    /// Notes a result down, and removes folders that are not needed any more.
    ///
    /// - Returns: Findings that no run before had.
    mutating func add(_ result: SeedResult, _ report: RunReport) throws -> [SeedResult.Symptom] {
        var new: [SeedResult.Symptom] = []
        var replaced: [SeedResult] = []
        for signature in result.signatures.sorted() {
            guard let known = first[signature] else {
                if let finding = result.findings.first(where: { $0.signature == signature }) {
                    new.append(finding)
                }
                first[signature] = result
                continue
            }
            if result.seed < known.seed {
                first[signature] = result
                replaced.append(known)
            }
        }
        // First the line, then the folder: what is cut off in between leaves a folder too many, not one too few.
        try file.add(result)
        if result.verdict == .inconclusive, unanswered.count < Self.unansweredKept {
            unanswered.append(result.run)
        }
        for candidate in replaced + [result] where !isNeeded(candidate) { remove(candidate.run) }
        return new
    }

    /// Removes what a run that was cut off has left.
    func forget(_ report: RunReport) { remove(report.id) }

    /// The folder of a result's run, where it is there.
    func folder(of result: SeedResult) -> String? {
        let path = runs.appending(result.run).string
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }

    private func isNeeded(_ result: SeedResult) -> Bool {
        keepsAll || unanswered.contains(result.run)
            || result.signatures.contains { first[$0]?.run == result.run }
    }

    private func remove(_ run: String) {
        // A plain name: it was read from a file.
        guard !run.isEmpty, !run.contains("/"), !run.hasPrefix(".") else { return }
        try? FileManager.default.removeItem(atPath: runs.appending(run).string)
    }
}
