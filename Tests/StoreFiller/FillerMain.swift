// SPDX-License-Identifier: Apache-2.0

import DashboardFixture
import Foundation
import RunStore

/// Fills a store for ci/bench-dashboard: `StoreFiller FOLDER RUNS`. Prints the seconds that took.
@main
struct FillerMain {
    private static let reports = 50

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let runs = Int(arguments[2]), runs > 0 else {
            FileHandle.standardError.write(Data("usage: StoreFiller FOLDER RUNS\n".utf8))
            exit(2)
        }
        let folder = URL(filePath: arguments[1])
        let store = try RunStore(path: folder.appending(path: "pacctlab/runs.sqlite").path)
        let clock = ContinuousClock()
        let time = try clock.measure {
            try SampleStore(store, results: folder.appending(path: "results"))
                .fill(runs: runs, reports: reports)
        }
        print(String(format: "%.1f", time / .seconds(1)))
    }
}
