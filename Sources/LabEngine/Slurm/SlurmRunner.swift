// SPDX-License-Identifier: Apache-2.0

import RunStore
import SystemPackage

/// Makes the runs of a campaign on a cluster: job arrays are submitted, watched and gathered; which node runs what, and
/// when, is Slurm's business alone. Results come through a folder that all nodes share.
///
/// What is where, at any moment: a run that is over is in the store; one that is with Slurm is in a batch's folder. After
/// SIGKILL both are still there, and whoever goes on with the campaign reads them.
public struct SlurmRunner: SoakEngine {
    /// Between two looks for results: no more than a list of a folder.
    static let tick = Duration.seconds(1)

    let lab: Lab
    let store: RunStore
    let campaign: String
    let plan: SoakPlan
    let matrix: SuitePlan
    let request: RunRequest
    let options: SlurmOptions
    let pacctlab: FilePath

    /// - Parameters:
    ///   - campaign: Its id; it must be in the store.
    ///   - matrix: What the plan's matrix comes to.
    ///   - request: As for any run; results go to the campaign's folder, which every node must have at the same path.
    ///   - pacctlab: The command, for the nodes.
    public init(
        lab: Lab, store: RunStore, campaign: String, plan: SoakPlan, matrix: SuitePlan, request: RunRequest,
        options: SlurmOptions, pacctlab: FilePath
    ) {
        (self.lab, self.store, self.campaign, self.plan) = (lab, store, campaign, plan)
        (self.matrix, self.request, self.options, self.pacctlab) = (matrix, request, options, pacctlab)
    }

    /// Runs until the campaign ends, or the task is cancelled; then nothing of it is left in the queue.
    ///
    /// - Throws: Also ``LabError`` when Slurm does not want the jobs, or cannot be reached for ten minutes. Jobs that could
    ///   not be cancelled then go on, and are found by whoever resumes the campaign.
    public func run(onEvent: @escaping @Sendable (SoakRunner.Event) -> Void) async throws -> String? {
        var session = try SlurmSession(self, onEvent: onEvent)
        let result: Result<String?, any Error>
        do { result = .success(try await session.goOn()) } catch is CancellationError {
            result = .success(nil)
        } catch { result = .failure(error) }
        // Also when we are cancelled: a task of its own is not.
        let emptied = Task { [session] in
            var session = session
            try await session.emptyQueue()
        }
        if case .failure(let error) = result {
            try? await emptied.value
            throw error
        }
        try await emptied.value
        let reason = try result.get()
        if let reason { try session.books.close(reason) }
        return reason
    }
}
