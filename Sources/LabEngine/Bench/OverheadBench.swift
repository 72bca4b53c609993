// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Evidence
import Foundation
import SystemPackage

/// Measures what a module costs, in instructions of a guest that has one CPU.
///
/// Each subject has a run of its own, so that a module that crashes takes nobody's figures with it.
public struct OverheadBench: Sendable {
    /// What a person asks for.
    public struct Request: Sendable {
        /// The runs' request: kernel, seed, results. Its module, CPUs and accelerator are not looked at.
        public var run: RunRequest
        /// Modules to measure, besides the kernel by itself.
        public var subjects: [OverheadSubject]
        /// Numbers of sleeping tasks.
        public var sizes: [Int]

        /// A request.
        public init(run: RunRequest, subjects: [OverheadSubject], sizes: [Int]) {
            self.run = run
            self.subjects = subjects
            self.sizes = sizes
        }
    }

    /// What a guest has besides its tasks, and what a sleeping task may take with a module: measured, with room.
    private static let baseMemoryMiB = 384
    private static let memoryPerTaskKiB = 56

    private let lab: Lab

    /// A bench in a lab.
    public init(lab: Lab) { self.lab = lab }

    /// Measures every subject.
    ///
    /// - Parameter finished: Called with each row once it is there.
    public func run(_ request: Request, finished: (OverheadReport.Row) -> Void) async throws -> OverheadReport
    {
        var rows: [OverheadReport.Row] = []
        for subject in [.without] + request.subjects {
            let row = try await measure(subject, request)
            finished(row)
            rows.append(row)
            try Task.checkCancellation()
        }
        return try OverheadReport(
            rows: rows, sizes: request.sizes, instructionShift: TimeLimits.instructionShift)
    }

    /// Memory that a guest with that many sleeping tasks needs, MiB, in steps of 128.
    public static func memoryMiB(tasks: Int) -> Int {
        let needed = baseMemoryMiB + tasks * memoryPerTaskKiB / 1024
        return (needed + 127) / 128 * 128
    }

    private func measure(_ subject: OverheadSubject, _ request: Request) async throws -> OverheadReport.Row {
        var run = request.run
        // Instructions are counted by QEMU's translator, and only one CPU makes their number repeatable.
        run.accelerator = .tcg
        run.cpus = 1
        run.memoryMiB = run.memoryMiB ?? Self.memoryMiB(tasks: request.sizes.max() ?? 0)
        if let module = subject.module { run.module = module }
        var report = try await lab.run(subject.scenario(sizes: request.sizes), run).report
        var figures: [OverheadFigures] = []
        for size in request.sizes {
            do {
                figures.append(try self.figures(size, report))
            } catch  where report.verdict == .passed {
                report.verdict = .inconclusive
                report.reason = "at \(size) tasks: \(error)"
            } catch {
                // The run's own verdict says why there is none.
                break
            }
        }
        report.doubt(withModule: subject.module != nil)
        return OverheadReport.Row(subject: subject.name, figures: figures, run: report)
    }

    private func figures(_ tasks: Int, _ report: RunReport) throws -> OverheadFigures {
        let folder = FilePath(report.directory).appending("files")
        let sample = try OverheadSample(
            text: CollectedFile.text(folder.appending(OverheadSubject.sampleFile(tasks))))
        guard sample.tasks == tasks else {
            throw LabError(.trouble, "The guest measured \(sample.tasks) tasks instead of \(tasks).")
        }
        guard sample.settled else {
            throw LabError(
                .trouble, "The guest's use of memory did not come to rest: work for the tasks was not done.")
        }
        let statistics = try? CollectedFile.text(folder.appending(OverheadSubject.statisticsFile(tasks)))
        return OverheadFigures(
            sample, shift: TimeLimits.instructionShift,
            accountBytes: statistics.flatMap { Self.value("bytes_per_task", in: $0) })
    }

    /// A number of the module's statistics, which are lines of a name and a number.
    static func value(_ name: String, in statistics: String) -> Int? {
        let line = statistics.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line.flatMap { Int($0.dropFirst(name.count + 1)) }
    }
}

extension RunReport {
    /// Findings that say nothing about a module: there was none, or all that happened is that the guest could not
    /// hold so many tasks.
    fileprivate mutating func doubt(withModule: Bool) {
        let ours: Set<CrashClass> = [.stepFailed, .guestOutOfMemory]
        guard verdict == .failed, !withModule || findings.allSatisfy({ ours.contains($0.crashClass) }) else {
            return
        }
        verdict = .inconclusive
        reason = findings.map(\.title).joined(separator: "; ")
    }
}
