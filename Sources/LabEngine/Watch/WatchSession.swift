// SPDX-License-Identifier: Apache-2.0

import Artifacts
import AsyncAlgorithms
import Foundation
import SystemPackage

/// The edit-test loop: a run for each change of the module's folder or a scenario's file.
public struct WatchSession: Sendable {
    /// What happens.
    public enum Event: Sendable {
        /// A run begins; nil: the first one, for which nothing has changed.
        case began(change: FilePath?)
        /// Its verdicts, one for each scenario that was run.
        case finished([CompletedRun])
        /// What was asked for makes no sense as the files are now: a scenario that cannot be read, say.
        case refused(String)
        /// A change ended it before its verdict.
        case superseded
    }

    private let lab: Lab
    private let scenarios: [String]
    private let request: RunRequest
    /// An editor that saves several files is one change.
    private static let quiet = Duration.milliseconds(80)
    /// Run folders that are kept.
    private static let kept = 10

    /// - Parameters:
    ///   - scenarios: Names or files, read anew for each run.
    ///   - request: As for any run.
    public init(lab: Lab, scenarios: [String], request: RunRequest) {
        self.lab = lab
        self.scenarios = scenarios
        self.request = request
    }

    /// Runs once, and then after each change, until the task is cancelled.
    ///
    /// - Throws: ``LabError`` when the files cannot be watched.
    public func run(_ report: @escaping @Sendable (Event) -> Void) async throws {
        // Before the first run: what is saved during it counts.
        let watcher = try FolderWatcher(folders)
        let spares = lab.spareGuests()
        var folders = KeptFolders(limit: Self.kept)
        var current = begin(nil, spares, report)
        let changes = watcher.changes.filter { [self] in concerns($0) }
        for await change in changes.debounce(for: Self.quiet) {
            current.cancel()
            folders.keep(await current.value)
            current = begin(change, spares, report)
        }
        current.cancel()
        folders.keep(await current.value)
        await spares?.close()
        withExtendedLifetime(watcher) {}
    }

    /// Runs once, and watches nothing.
    public func runOnce(_ report: @escaping @Sendable (Event) -> Void) async {
        report(.began(change: nil))
        _ = await attempt(nil, report)
    }

    /// One run of each scenario. Its value: where their folders are, those without a verdict first.
    private func begin(
        _ change: FilePath?, _ spares: SpareGuests?, _ report: @escaping @Sendable (Event) -> Void
    ) -> Task<KeptFolders.Made, Never> {
        Task {
            report(.began(change: change))
            let made = await attempt(spares, report)
            if !Task.isCancelled { await spares?.refill() }
            return made
        }
    }

    private func attempt(
        _ spares: SpareGuests?, _ report: @escaping @Sendable (Event) -> Void
    ) async -> KeptFolders.Made {
        var made = KeptFolders.Made()
        do {
            let library = ScenarioLibrary(home: lab.home)
            var runs: [CompletedRun] = []
            for scenario in try scenarios.map({ try library.scenario($0) }) {
                let run = try await lab.run(scenario, request, spares: spares)
                made.add(run.report.directory, isUnfinished: Task.isCancelled)
                if Task.isCancelled { break }
                runs.append(run)
                if run.report.verdict != .passed { break }
            }
            report(Task.isCancelled ? .superseded : .finished(runs))
        } catch {
            report(Task.isCancelled ? .superseded : .refused("\(error)"))
        }
        return made
    }

    // MARK: - what is watched

    /// The module's folder, and those of the scenarios' files.
    private var folders: [FilePath] {
        var result = [request.module]
        for file in scenarioFiles where !result.contains(where: { file.starts(with: $0) }) {
            let folder = file.removingLastComponent()
            if !result.contains(folder) { result.append(folder.isEmpty ? "." : folder) }
        }
        return result
    }

    private var scenarioFiles: [FilePath] {
        scenarios.map { name in
            ScenarioLibrary.isPath(name)
                ? FilePath(name) : lab.home.root.appending("scenarios/\(name).yaml")
        }
    }

    /// Whether the change is of the module, or of one of the scenarios: beside them there may be other files.
    private func concerns(_ change: FilePath) -> Bool {
        if change.starts(with: request.module) { return true }
        return scenarioFiles.contains { file in
            file == change || (file.removingLastComponent().isEmpty && change == FilePath(".").pushing(file))
        }
    }
}

/// The folders of the runs of a session. Each save makes one: only the last are of interest.
struct KeptFolders {
    /// The folders that an attempt made.
    struct Made: Sendable {
        fileprivate var finished: [String] = []
        fileprivate var unfinished: [String] = []

        mutating func add(_ folder: String, isUnfinished: Bool) {
            if isUnfinished { unfinished.append(folder) } else { finished.append(folder) }
        }
    }

    private let limit: Int
    private var folders: [String] = []

    init(limit: Int) { self.limit = limit }

    /// Keeps those that have a verdict, the last ones; removes the others.
    mutating func keep(_ made: Made) {
        folders += made.finished
        let old = folders.prefix(max(0, folders.count - limit))
        folders.removeFirst(old.count)
        for folder in made.unfinished + old { try? FileManager.default.removeItem(atPath: folder) }
    }
}
