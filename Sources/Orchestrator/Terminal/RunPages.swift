// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import LabEngine
import Reports
import SystemPackage

/// Pages of runs, written as soon as a run is over.
enum RunPages {
    /// Writes `report.html` into the folder of a run.
    static let writer: @Sendable (RunReport) throws -> Void = { report in
        let roots = [FilePath(FileManager.default.currentDirectoryPath), try LabHome.find().root]
        try HTMLReport().write(FilePath(report.directory), roots: roots)
    }
}
