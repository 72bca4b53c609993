// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

extension RunReport {
    /// Takes note of a report of the run that was promised and could not be written: no pass, and takes nothing from a
    /// failure.
    mutating func lack(_ problem: String) {
        guard verdict != .failed else { return notes.append(problem) }
        reason = [reason, problem].compactMap(\.self).joined(separator: "; ")
        verdict = .inconclusive
    }

    /// Writes `run.json` into a run's folder, whole or not at all.
    func write(in folder: FilePath) throws {
        let file = URL(fileURLWithPath: folder.appending("run.json").string)
        try Data((contractJSON() + "\n").utf8).write(to: file, options: .atomic)
    }
}

extension CompletedRun {
    /// The run, once somebody who writes its page has been told of it. What that throws is a reason against a pass, in
    /// `run.json`, too, where that can still be written.
    func told(to onCompleted: (@Sendable (RunReport) throws -> Void)?) -> CompletedRun {
        do {
            try onCompleted?(report)
            return self
        } catch {
            var report = report
            report.lack((error as? LabError)?.message ?? "The page of the run cannot be written: \(error)")
            do { try report.write(in: FilePath(report.directory)) } catch {
                report.lack("run.json could not be written again: \(error)")
            }
            return CompletedRun(report: report, records: records)
        }
    }
}

extension RunsReport {
    /// The same runs, and what else is no pass.
    public func with(problems more: [String]) -> RunsReport {
        RunsReport(runs: runs, problems: (problems ?? []) + more)
    }
}
