// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import SystemPackage

/// Runs canaries, several guests at once.
public struct CanaryRunner: Sendable {
    /// What is told while they run.
    public enum Event: Sendable {
        /// A guest is about to be started for it.
        case started(Canary)
        /// It came to an end.
        case finished(CanaryResult)
    }

    private let lab: Lab
    private let table: CanaryTable
    private let request: RunRequest
    private let jobs: Int

    /// - Parameters:
    ///   - request: As for any run; its module and variant do not matter.
    ///   - jobs: How many guests at once.
    public init(lab: Lab, table: CanaryTable, request: RunRequest, jobs: Int) {
        self.lab = lab
        self.table = table
        self.request = request
        self.jobs = max(1, jobs)
    }

    /// Runs them all, the slow ones first, and returns what became of them in the order they were given.
    /// When the task is cancelled, those that have not begun are left out.
    ///
    /// - Throws: What is wrong with the request itself.
    public func run(
        _ canaries: [Canary], onEvent: @escaping @Sendable (Event) -> Void
    ) async throws -> [CanaryResult] {
        // What boots slowly first: at the end all guests are busy with something short.
        let queue = canaries.filter { $0.variant != "release" } + canaries.filter { $0.variant == "release" }
        var results: [String: CanaryResult] = [:]
        try await withThrowingTaskGroup(of: CanaryResult.self) { group in
            var waiting = queue[...]
            func startNext() {
                guard !Task.isCancelled, let canary = waiting.popFirst() else { return }
                group.addTask {
                    onEvent(.started(canary))
                    let result = try await result(of: canary)
                    onEvent(.finished(result))
                    return result
                }
            }
            for _ in 0..<jobs { startNext() }
            for try await result in group {
                results[result.name] = result
                startNext()
            }
        }
        return canaries.compactMap { results[$0.name] }
    }

    /// Builds what canaries of a variant need, with progress as for any build.
    public func prepare(_ variant: String) async throws {
        guard let canary = table.canaries.first(where: { $0.variant == variant }) else { return }
        try await lab.prepare(canary.scenario, request(for: canary))
    }

    private func result(of canary: Canary) async throws -> CanaryResult {
        var request = request(for: canary)
        let last = request.seed + UInt64(canary.seeds - 1)
        while true {
            let run = try await lab.run(canary.scenario, request, progress: .silent).report
            if run.verdict != .passed || request.seed == last || Task.isCancelled {
                return CanaryResult(canary, places: table.marks.places(of: canary.name), run: run)
            }
            // This seed missed it, and of that there is nothing to keep.
            try? FileManager.default.removeItem(atPath: run.directory)
            request.seed += 1
        }
    }

    private func request(for canary: Canary) -> RunRequest {
        var request = request
        request.module = lab.home.root.pushing(CanaryTable.folder)
        request.kernel.variant = canary.variant
        // Not what is tested here, and a dump takes seconds.
        request.dump = .never
        return request
    }
}
