// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Hypervisor

/// What many runs of one scenario share: where they take place, all that is built, and the saved guest that they are
/// restored from. As long as it lives, `prune` removes none of it.
public struct PreparedRuns: Sendable {
    let place: RunDriver.Place
    let materials: Materials
    /// What guests are restored from; nil when they are to be booted.
    let saved: SavedGuest?
    /// Why they are to be booted, where that was not wanted.
    var note: String?
    /// Stands for QEMU, its version and arguments, and the kernel's command line.
    let machine: String
    /// The job to hand over as it is; nil: compiled from the scenario.
    var job: StoredJob?

    /// Stands for the sources of the module under test, whatever kernel it is built for.
    public var version: String { materials.underTest.version }

    /// What decides a run of these, besides its job.
    public func inputs(of request: RunRequest) -> RunInputs {
        let modules = materials.labModules.map { RunInputs.Module($0) }
        return RunInputs(
            kernel: .init(materials.kernel, spec: request.kernel),
            image: materials.layers.map { .init(name: $0.name, key: $0.key) },
            module: .init(materials.underTest), labModules: modules, gate: materials.gate.key,
            machine: machine,
            accel: place.accelerator, pmu: place.provenance, boot: saved == nil ? .cold : .restored,
            cpus: request.cpus, memoryMib: request.memory, seed: request.seed, dump: request.dump)
    }
}

extension RunInputs.Module {
    init(_ artifact: ModuleArtifact) { self.init(folder: artifact.folder.string, key: artifact.key) }
}

extension RunDriver {
    /// What the run is made of: prepared before, or made now, with a note of how long it took.
    func prepared(
        _ scenario: Scenario, _ request: RunRequest, _ draft: inout RunDraft
    ) async throws -> PreparedRuns {
        if let prepared {
            draft.place = prepared.place
            if let note = prepared.note { draft.autopsyNotes.append(note) }
            return prepared
        }
        let place = try await place(scenario, request)
        draft.place = place
        let materials = try await draft.timed("prepare") { try await build(scenario, request, place) }
        let prepared = try await draft.timed("snapshot") {
            try await share(materials, place, request)
        }
        if let note = prepared.note { draft.autopsyNotes.append(note) }
        return prepared
    }

    /// Makes what runs of the scenario share.
    func prepare(_ scenario: Scenario, _ request: RunRequest) async throws -> PreparedRuns {
        let place = try await place(scenario, request)
        return try await share(try await build(scenario, request, place), place, request)
    }

    private func build(
        _ scenario: Scenario, _ request: RunRequest, _ place: Place
    ) async throws -> Materials {
        try await Preparation(home: home, store: store, progress: progress)
            .materials(for: scenario, request: request, provenance: place.provenance)
    }

    /// What was built, and the saved guest of it.
    func share(
        _ materials: Materials, _ place: Place, _ request: RunRequest
    ) async throws -> PreparedRuns {
        let limits = TimeLimits(accelerator: place.accelerator, variant: request.kernel.variant)
        var spec = Self.spec("machine", materials, job: nil, limits: limits, place: place, request: request)
        spec.seed = 0
        let machine = try ArtifactKey([
            ("machine", try await opened.get().definition(of: spec))
        ]).hash
        let (saved, note) = try await savedGuest(spec, materials, limits, request)
        return PreparedRuns(place: place, materials: materials, saved: saved, note: note, machine: machine)
    }

    /// What guests are restored from; nil when they are to be booted.
    private func savedGuest(
        _ spec: GuestSpec, _ materials: Materials, _ limits: TimeLimits, _ request: RunRequest
    ) async throws -> (SavedGuest?, note: String?) {
        guard request.boot == .restored, spec.accelerator == .tcg else { return (nil, nil) }
        do {
            let builder = SnapshotBuilder(store: store, hypervisor: try opened.get(), progress: progress)
            let saved = try await builder.snapshot(
                of: spec, kernel: materials.kernel.key, layers: materials.layers.map(\.key),
                gate: materials.gate.key, limits: limits)
            return (saved, nil)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            // A kernel that does not boot is to be seen not booting.
            return (nil, "booted cold, since no snapshot could be made: \(error)")
        }
    }
}
