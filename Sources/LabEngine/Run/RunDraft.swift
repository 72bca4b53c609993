// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Evidence
import Foundation
import GuestContract
import SystemPackage

/// A run that has come to its verdict.
public struct CompletedRun: Sendable {
    /// What `run.json` holds.
    public let report: RunReport
    /// The energy records, in the order they came.
    public let records: [EnergyRecord]
}

/// A run's report while it is being made. At any moment what is on disk is honest.
struct RunDraft {
    let scenario: Scenario
    let request: RunRequest
    let folder: RunFolder
    var place: RunDriver.Place?
    var plan: JobPlan?

    /// What a look into the guest's memory left out.
    var autopsyNotes: [String] = []
    /// What became of the guest's memory.
    var dump: RunReport.Dump?

    private let began = ContinuousClock.now
    private var phases: [RunReport.Phase] = []
    private var guestReady: Duration?

    init(scenario: Scenario, request: RunRequest, folder: RunFolder) {
        self.scenario = scenario
        self.request = request
        self.folder = folder
    }

    // MARK: - on the way

    /// Does `work` and notes how long it took.
    mutating func timed<Result>(_ name: String, _ work: () async throws -> Result) async rethrows -> Result {
        let start = ContinuousClock.now
        defer { phases.append(.init(name: name, durationS: start.duration(to: .now).inSeconds)) }
        return try await work()
    }

    /// Takes note of the guest's times.
    mutating func recordGuest(start: ContinuousClock.Instant, readyAt: Duration?, isRestored: Bool) {
        let all = start.duration(to: .now)
        guestReady = readyAt
        phases.append(.init(name: isRestored ? "restore" : "boot", durationS: (readyAt ?? all).inSeconds))
        if let readyAt { phases.append(.init(name: "steps", durationS: (all - readyAt).inSeconds)) }
    }

    /// Writes `run.json` as things stand: inconclusive.
    func save() throws {
        try save(report(.inconclusive, reason: RunFolder.unfinished))
    }

    /// Removes the folder of a run that never was one: the request was wrong.
    func abandon() { try? FileManager.default.removeItem(atPath: folder.path.string) }

    // MARK: - ends

    /// Judges the evidence and writes everything.
    func complete(_ evidence: RunEvidence, locator: FrameLocator) async throws -> CompletedRun {
        try folder.write(evidence.log.text, to: "kernel.log")
        try folder.write(evidence.log.levels, to: StoredRun.levelsName)
        let recovered = evidence.recovered
        let lines = try (evidence.records + recovered).map { try $0.contractJSON(pretty: false) + "\n" }
        try folder.write(lines.joined(), to: "energy.jsonl")
        try folder.write(evidence.ledgerEvents.map { $0.json + "\n" }.joined(), to: "ledger.jsonl")
        var judgement = Judges.judge(evidence)
        let located = await locator.locate(
            evidence.postmortem.map { DumpStack.complete(judgement.findings, from: $0) } ?? judgement.findings
        )
        let check = ExpectationCheck(
            scenario.expectations.finding, findings: located, isDead: evidence.ending != .goodbye)
        judgement.findings = check.findings
        let verdict = Judges.verdict(judgement)
        var report = report(
            verdict, reason: verdict == .inconclusive ? judgement.doubts.joined(separator: "; ") : nil)
        report.kernel = evidence.hello?.kernelRelease
        report.findings = check.findings
        report.expected = check.expected.isEmpty ? nil : check.expected
        report.steps = steps(evidence)
        report.energy = energy(evidence)
        if !recovered.isEmpty { report.energy.recovered = recovered.count }
        report.conservation = evidence.conservation.map { RunReport.Conservation($0.summary) }
        if evidence.moduleWasUnloaded, let residue = evidence.residue {
            report.residue = .init(items: residue.items.count, unseen: residue.notes)
        }
        if evidence.plan.watch.sampling > 0 { report.trends = SeriesTrend.all(of: evidence.samples) }
        report.ledger = .init(evidence)
        report.notes =
            evidence.notes + judgement.notes + check.notes + autopsyNotes
            + (verdict == .failed ? judgement.doubts : [])
        try save(report)
        return CompletedRun(report: report, records: evidence.records)
    }

    /// The module is at fault before any guest was there.
    func failed(_ finding: Finding) throws -> CompletedRun {
        let check = ExpectationCheck(scenario.expectations.finding, findings: [finding], isDead: true)
        var report = report(check.findings.isEmpty ? .passed : .failed, reason: nil)
        report.findings = check.findings
        report.expected = check.expected.isEmpty ? nil : check.expected
        report.notes = check.notes
        try save(report)
        return CompletedRun(report: report, records: [])
    }

    /// The lab could not do its work. When not even that can be written, it is still said.
    func inconclusive(_ reason: String) throws -> CompletedRun {
        var report = report(.inconclusive, reason: reason)
        do { try save(report) } catch { report.notes.append("run.json could not be written: \(error)") }
        return CompletedRun(report: report, records: [])
    }

    // MARK: - parts

    private func save(_ report: RunReport) throws {
        try report.write(in: folder.path)
    }

    private func report(_ verdict: Verdict, reason: String?) -> RunReport {
        RunReport(
            id: folder.id, scenario: scenario.name, module: request.module.lexicallyNormalized().string,
            variant: request.kernel.variant, kernel: nil,
            accel: place?.accelerator ?? .tcg, accelReason: place?.reason, pmu: place?.provenance ?? .none,
            seed: request.seed, cpus: request.cpus, memoryMib: request.memory, verdict: verdict,
            reason: reason,
            durationS: began.duration(to: .now).inSeconds, guestReadyS: guestReady?.inSeconds, findings: [],
            energy: .init(), steps: plan.map(notReached) ?? scenarioSteps,
            notes: [], dump: dump, phases: phases, directory: folder.path.string)
    }

    private func notReached(_ plan: JobPlan) -> [RunReport.Step] {
        zip(plan.steps, plan.depths).map { .notReached($0.name, $1) }
    }

    private var scenarioSteps: [RunReport.Step] { scenario.steps.map { .notReached($0.name, 0) } }

    private func steps(_ evidence: RunEvidence) -> [RunReport.Step] {
        let depths = evidence.plan.depths
        return evidence.plan.steps.enumerated().map { index, step in
            guard let result = evidence.steps[index] else {
                var step = RunReport.Step.notReached(step.name, depths[index])
                step.startS = evidence.stepStarts[index].map { Double($0) / 1e9 }
                return step
            }
            let status: RunReport.Step.Status =
                switch result.status {
                case .passed: .passed
                case .failed, .timedOut: .failed
                case .skipped, .unavailable: .skipped
                }
            return RunReport.Step(
                name: step.name, status: status, startS: evidence.stepStarts[index].map { Double($0) / 1e9 },
                durationS: Double(result.duration) / 1e9,
                message: result.message.isEmpty ? nil : result.message, depth: depths[index])
        }
    }

    private func energy(_ evidence: RunEvidence) -> RunReport.Energy {
        var energy = RunReport.Energy()
        energy.records = evidence.records.count
        energy.lost = LossStatement.total(of: evidence.records)
        energy.totalUj = evidence.records.totalEnergyUj
        if evidence.recordsAreBinary {
            energy.maxErrorUj = evidence.records.compactMap(\.closedFormError).max()
        }
        return energy
    }
}

extension RunReport.Conservation {
    fileprivate init(_ summary: Conservation.Summary?) {
        guard let summary else { return }
        compared = true
        scope = summary.scope
        cpuS = Double(summary.cpuNs) / 1e9
        idleS = Double(summary.idleNs) / 1e9
        untracedS = Double(summary.untracedNs) / 1e9
        uncountedS = Double(summary.uncountedNs) / 1e9
        blur = summary.blur
    }
}

extension RunReport.Step {
    fileprivate static func notReached(_ name: String, _ depth: Int) -> RunReport.Step {
        RunReport.Step(name: name, status: .notReached, durationS: nil, message: nil, depth: depth)
    }
}
