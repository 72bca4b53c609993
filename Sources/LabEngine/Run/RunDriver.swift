// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Evidence
import Foundation
import GuestContract
import Hypervisor
import SystemPackage

/// One run from scenario to verdict.
struct RunDriver {
    let home: LabHome
    let store: ArtifactStore
    let opened: Result<Hypervisor, LabError>
    let progress: BuildProgress
    /// What was made for many runs; nil: each run makes its own.
    var prepared: PreparedRuns?
    /// Guests that wait for a run; nil: each run restores or boots its own.
    var spares: SpareGuests?

    private static let consoleTail = 24

    /// Where the run is to take place, and why there.
    struct Place: Sendable {
        let accelerator: Accelerator
        let reason: String?
        let provenance: CounterProvenance
    }

    /// Runs the scenario.
    ///
    /// - Throws: What is wrong with the request itself; everything else becomes the report's verdict.
    func run(_ scenario: Scenario, _ request: RunRequest) async throws -> CompletedRun {
        let folder = try RunFolder(
            results: request.results, scenario: scenario.name, variant: request.kernel.variant,
            seed: request.seed)
        var draft = RunDraft(scenario: scenario, request: request, folder: folder)
        try draft.save()
        do {
            let prepared = try await prepared(scenario, request, &draft)
            let evidence = try await evidence(scenario, request, prepared, &draft)
            let locator = FrameLocator(prepared.materials, paths: ShownPaths(home: home))
            return try await draft.complete(evidence, locator: locator)
        } catch let error as ArtifactError where error.isModuleFault {
            return try draft.failed(ModuleFault.finding(error, paths: ShownPaths(home: home)))
        } catch {
            guard let reason = Trouble.reason(error) else {
                draft.abandon()
                throw error
            }
            return try draft.inconclusive(reason)
        }
    }

    // MARK: - where

    func place(_ scenario: Scenario, _ request: RunRequest) async throws -> Place {
        let hypervisor = try opened.get()
        let verdict = request.accelerator == .tcg ? nil : await hypervisor.probeKVM()
        let kvm = verdict?.kvm.works ?? false
        if request.accelerator == .kvm && !kvm {
            throw LabError(
                .trouble, "KVM was asked for and does not work: \(verdict?.kvm.reason ?? "unknown").",
                remedy: verdict?.kvm.advice ?? "Leave --accel out to run under TCG.")
        }
        let provenance: CounterProvenance =
            switch scenario.counters {
            case .none: .none
            case .simulated: .simulated
            case .auto: kvm && verdict?.pmu.works == true ? .passthrough : .simulated
            }
        let reason = request.accelerator == .auto && !kvm ? verdict.map { "no KVM: \($0.kvm.reason)" } : nil
        return Place(accelerator: kvm ? .kvm : .tcg, reason: reason, provenance: provenance)
    }

    // MARK: - guest

    private func evidence(
        _ scenario: Scenario, _ request: RunRequest, _ prepared: PreparedRuns, _ draft: inout RunDraft
    ) async throws -> RunEvidence {
        let (place, materials) = (prepared.place, prepared.materials)
        let limits = TimeLimits(accelerator: place.accelerator, variant: request.kernel.variant)
        let job =
            try prepared.job?.job(materials, place, limits)
            ?? JobCompiler(
                underTest: materials.underTest, lab: materials.lab, limits: limits,
                provenance: place.provenance, cpus: request.cpus, carried: materials.carried
            ).compile(scenario, seed: request.seed, staysUp: request.dump == .always)
        draft.plan = job.plan
        draft.autopsyNotes += job.notes
        let content = try prepared.job?.copy(to: draft.folder.job) ?? job.write(folder: draft.folder.job)
        try draft.folder.write(scenario.yaml(), to: StoredJob.scenarioName)
        try draft.folder.write(prepared.inputs(of: request).contractJSON() + "\n", to: RunInputs.name)
        var spec = Self.spec(
            draft.folder.id, materials, job: content, limits: limits, place: place, request: request)
        if let saved = prepared.saved { spec.origin = .restore(saved.snapshot) }
        let start = ContinuousClock.now
        let guest = try await startedGuest(spec)
        do {
            let evidence = try await follow(guest, since: start, job, limits, request, materials, &draft)
            await guest.remove()
            return evidence
        } catch {
            await guest.remove()
            throw error
        }
    }

    /// The guest of a run.
    static func spec(
        _ name: String, _ materials: Materials, job: GuestSpec.SharedMemory.Content?,
        limits: TimeLimits, place: Place, request: RunRequest
    ) -> GuestSpec {
        var spec = GuestSpec(
            name: name, kernel: materials.kernel.bzImage, initrd: materials.layers.map(\.archive),
            commandLine: KernelCommandLine.text(limits: limits), cpus: request.cpus,
            memoryMiB: request.memory,
            accelerator: place.accelerator == .kvm ? .kvm : .tcg, seed: request.seed,
            consoleCap: EvidenceCollector.consoleLimit, channelCap: EvidenceCollector.channelLimit,
            pmu: place.provenance == .passthrough, instructionShift: TimeLimits.instructionShift)
        spec.sharedMemory = .init(size: JobMemory.size, content: job)
        if spec.accelerator == .tcg { spec.preload = materials.gate.path }
        return spec
    }

    /// A guest that runs: the spare one, or a new one.
    private func startedGuest(_ spec: GuestSpec) async throws -> Guest {
        progress.report(.phase(spec.origin == .boot ? "boot the guest" : "restore the guest"))
        if let spare = await spares?.take(like: spec) {
            do {
                try await spare.run(sharing: spec.sharedMemory?.content)
                return spare
            } catch {
                // It died while it waited.
                await spare.remove()
            }
        }
        let guest = try await opened.get().makeGuest(spec)
        do {
            try await guest.start(limit: TimeLimits.machineStart)
            return guest
        } catch {
            await guest.remove()
            throw error
        }
    }

    private func follow(
        _ guest: Guest, since start: ContinuousClock.Instant, _ job: Job, _ limits: TimeLimits,
        _ request: RunRequest, _ materials: Materials,
        _ draft: inout RunDraft
    ) async throws -> RunEvidence {
        let isRestored = guest.spec.origin != .boot
        try draft.folder.write(guest.domainXML, to: "domain.xml")
        let steps = job.plan.steps.map(\.name)
        let follower = GuestFollower(
            guest: guest, monitor: GuestMonitor(limits: limits, plan: job.plan, isRestored: isRestored),
            collector: EvidenceCollector(folder: draft.folder), start: start, runLimit: request.timeout
        ) { [progress] index in
            if index < steps.count { progress.report(.phase(steps[index])) }
        }
        try await follower.follow()
        let monitor = await follower.monitor
        let collector = await follower.collector
        let end = monitor.ending ?? .cancelled
        draft.recordGuest(start: start, readyAt: monitor.readyAt, isRestored: isRestored)
        let autopsy = Autopsy(
            home: home, store: store, progress: progress, folder: draft.folder, materials: materials,
            request: request)
        let taken = await draft.timed("dump") { await autopsy.take(guest, end) }
        // Nobody needs the machine any more; its end is not waited for before the verdict.
        let ending = Task { try? await guest.destroy(limit: TimeLimits.machineEnd) }
        var evidence = RunEvidence(
            collected: collector, ending: end, job: job,
            expectations: draft.scenario.expectations, tail: Self.consoleTail)
        let examined = await draft.timed("post-mortem") { await autopsy.examine(taken, end) }
        evidence.postmortem = examined.postmortem
        draft.autopsyNotes += examined.notes
        draft.dump = examined.dump
        if case .machineDied = evidence.ending {
            try draft.folder.write(guest.qemuLog, to: "qemu.log")
        }
        await ending.value
        return evidence
    }
}

/// Which errors are the lab's or the host's trouble, as opposed to wrong input.
enum Trouble {
    /// The reason for an inconclusive verdict; nil when the request itself is wrong.
    static func reason(_ error: any Error) -> String? {
        switch error {
        case is CancellationError: "interrupted"
        case is ScenarioError: nil
        case let error as LabError: error.code == .trouble ? error.description : nil
        case let error as ArtifactError: reason(error)
        default: "\(error)"
        }
    }

    private static func reason(_ error: ArtifactError) -> String? {
        switch error.code {
        case .notFound, .invalidInput: nil
        default: error.description
        }
    }
}
