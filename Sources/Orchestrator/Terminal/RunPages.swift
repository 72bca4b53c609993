// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import LabEngine
import Reports
import SystemPackage

/// Pages of runs, written as soon as a run is over.
enum RunPages {
    /// What locations of findings may be relative to.
    static var roots: [FilePath] {
        [FilePath(FileManager.default.currentDirectoryPath)]
            + [(try? LabHome.find())?.root].compactMap(\.self)
    }

    /// Writes `report.html` into the folder of a run.
    static let writer: @Sendable (RunReport) throws -> Void = { report in
        try HTMLReport().write(FilePath(report.directory), roots: roots)
    }

    /// The same for commands that run so often, or have to be so fast, that a page of each pass is too much.
    /// `pacctlab report` writes those of passes, as long as their folders are there.
    static let writerOfFailures: @Sendable (RunReport) throws -> Void = { report in
        if report.verdict != .passed { try writer(report) }
    }
}
