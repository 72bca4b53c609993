// SPDX-License-Identifier: Apache-2.0

import Foundation
import RunStore
import SystemPackage

/// Keeps a campaign's run folders within what the plan allows. Of a run that is thinned the report stays, as `run.json` and
/// as a page; failures of which there is no other example stay whole.
struct SoakEvidence {
    /// Failures of each bug of which all evidence is kept.
    private static let failuresKept = 3
    private static let unansweredKept = 5
    private static let reports: Set<String> = ["run.json", "report.html", "inputs.json"]

    let store: RunStore
    let campaign: StoredCampaign
    let plan: SoakPlan

    private var folder: FilePath { FilePath(campaign.directory) }

    /// Removes folders of runs that were cut off: no result speaks of them, and they are run again.
    func removeStrays() throws {
        let known = try store.folders(of: campaign.id)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []
        for name in names where !known.contains(name) {
            // Only what is a run's folder, perhaps one that was cut off while it was made: people put notes beside them.
            guard name.wholeMatch(of: /\d{8}-\d{6}-.*-s\d+(-\d+)?/) != nil else { continue }
            try FileManager.default.removeItem(atPath: folder.appending(name).string)
        }
    }

    /// Thins a run that has just been stored, when there are enough like it.
    ///
    /// - Parameter examples: Runs before it that are still whole, and that show what it shows.
    func thin(_ run: StoredResult, examples: Int) throws {
        let kept =
            switch run.verdict {
            case "passed": plan.samples
            case "failed": Self.failuresKept
            default: Self.unansweredKept
            }
        if examples >= kept { try thin(run) }
    }

    /// Makes room when the folders take more than the plan allows: passed runs first, then failures, the oldest of each
    /// first; the first run of each bug stays whole as long as anything else can go.
    func keepBudget(used: Int64) throws {
        var used = used
        guard used > plan.diskBudget else { return }
        let firsts = Set(try store.signatures(of: campaign.id).map(\.folder))
        for verdict in ["passed", "inconclusive", "failed"] {
            for run in try store.whole(of: campaign.id, verdict: verdict)
            where used > plan.diskBudget && !firsts.contains(run.folder) {
                let before = Self.size(folder.appending(run.folder))
                try thin(run)
                used -= before - Self.size(folder.appending(run.folder))
            }
        }
    }

    /// Bytes that the campaign's folder takes on disk.
    var used: Int64 { Self.size(folder) }

    private func thin(_ run: StoredResult) throws {
        guard let id = run.id, !run.folder.isEmpty, !run.folder.contains("/"), !run.folder.hasPrefix(".")
        else { return }
        // First the note, then the files: what is cut off in between leaves too much, and claims too little.
        try store.thinned(id)
        let path = folder.appending(run.folder)
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path.string)) ?? []
        where !Self.reports.contains(name) {
            try FileManager.default.removeItem(atPath: path.appending(name).string)
        }
    }

    private static func size(_ folder: FilePath) -> Int64 {
        guard let files = FileManager.default.enumerator(atPath: folder.string) else { return 0 }
        var bytes: Int64 = 0
        for case let name as String in files {
            var status = stat()
            // Blocks of 512 bytes, whatever the file system's own are (stat(2)).
            if lstat(folder.pushing(FilePath(name)).string, &status) == 0 {
                bytes += Int64(status.st_blocks) * 512
            }
        }
        return bytes
    }
}
