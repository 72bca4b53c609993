// SPDX-License-Identifier: Apache-2.0

import Artifacts
import GuestContract
import Hypervisor

/// A guest that waits for a job, on disk. As long as it lives, `prune` does not remove it.
struct SavedGuest: Sendable {
    let snapshot: Snapshot
    private let lease: Artifact

    fileprivate init(_ artifact: Artifact) {
        snapshot = Snapshot(folder: artifact.path)
        lease = artifact
    }
}

/// Boots a guest once, up to the point where its agent waits for a job, and saves it.
///
/// What the snapshot is of is everything that decides a boot: the machine, the kernel and its command line, the image.
/// Neither module nor scenario nor seed: they come with the job.
struct SnapshotBuilder: Sendable {
    let store: ArtifactStore
    let hypervisor: Hypervisor
    let progress: BuildProgress

    private static let kind = "snapshot"
    /// Raised when the way of saving changes in a way that changes the result.
    private static let recipe = "1"
    /// For QEMU to write what is not in a file already.
    private static let saveLimit = Duration.seconds(60)

    /// Finds the snapshot of such a guest, or makes it.
    ///
    /// - Parameters:
    ///   - spec: The guest as it would be booted.
    ///   - kernel: The kernel's key.
    ///   - layers: The keys of the image's layers.
    ///   - gate: The key of what QEMU is loaded with.
    /// - Throws: ``LabError`` when the guest does not get as far as its agent.
    func snapshot(
        of spec: GuestSpec, kernel: String, layers: [String], gate: String, limits: TimeLimits
    ) async throws -> SavedGuest {
        let key = try ArtifactKey([
            ("recipe", Self.recipe), ("contract", "\(Contract.version)"), ("kernel", kernel),
            ("layers", layers.joined(separator: " ")),
            ("gate", gate), ("machine", try await hypervisor.definition(of: booting(spec))),
        ])
        let artifact = try await store.artifact(
            kind: Self.kind, key: key,
            inputsDescription: "snapshot of a guest with \(spec.cpus) CPUs, \(spec.memoryMiB) MiB",
            progress: progress
        ) { work in
            progress.report(.phase("boot a guest once, and save it for all runs of its kind"))
            let guest = try await hypervisor.makeGuest(booting(spec))
            do {
                try await guest.start(limit: TimeLimits.machineStart)
                try await waitForAgent(guest, limit: limits.boot)
                try await guest.saveSnapshot(to: work, limit: Self.saveLimit)
                await guest.remove()
            } catch {
                await guest.remove()
                throw error
            }
        }
        return SavedGuest(artifact)
    }

    /// The guest to be saved: nothing in it is of any run.
    private func booting(_ spec: GuestSpec) -> GuestSpec {
        var spec = spec
        spec.name = "snapshot"
        spec.seed = 0
        spec.origin = .bootForSnapshot
        spec.sharedMemory?.content = nil
        return spec
    }

    /// Returns once the agent has found that there is no job: then it lets the machine's watchdog stop the guest.
    private func waitForAgent(_ guest: Guest, limit: Duration) async throws {
        let isThere = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await event in guest.events where !event.isStart { return event == .watchdogFired }
                return false
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
        try Task.checkCancellation()
        guard isThere else {
            throw LabError(
                .trouble,
                "A guest to be saved did not get as far as its agent within \(limit.inSeconds) s, or died on the way."
            )
        }
    }
}

extension MachineEvent {
    fileprivate var isStart: Bool {
        if case .started = self { true } else { false }
    }
}
