// SPDX-License-Identifier: Apache-2.0

import Evidence
import GuestContract
import Hypervisor
import SystemPackage

/// Finds out what each event of the module's table does in a guest: loads the module, gives every CPU something to
/// do, and reads what the module says.
public struct PmuProbe: Sendable {
    /// What a person asks for.
    public struct Request: Sendable {
        /// The run's request.
        public var run: RunRequest
        /// Where counters are to come from.
        public var counters: Scenario.CounterSource
        /// What to load `sim_pmu` with; only where counters are simulated.
        public var simulation: String
        /// What to load the module with.
        public var parameters: String

        /// A request.
        public init(run: RunRequest, counters: Scenario.CounterSource, simulation: String, parameters: String)
        {
            self.run = run
            self.counters = counters
            self.simulation = simulation
            self.parameters = parameters
        }
    }

    /// Name of the step that loads the simulated PMU.
    static let loadsSimulation = "load sim_pmu"
    private static let model = "/proc/pacct_energy/model"
    private static let file = "model.txt"
    /// Processes that compute, and for how long each, in the guest's time.
    private static let load: [String: UInt64] = ["count": 64, "tasks": 16, "burn": 20_000_000]

    private let lab: Lab

    /// A probe in a lab.
    public init(lab: Lab) { self.lab = lab }

    /// Boots a guest and asks.
    ///
    /// - Throws: ``LabError`` or `ArtifactError` when what was asked for makes no sense.
    public func run(_ request: Request) async throws -> PmuReport {
        let host = await lab.virtualPMU()
        let report = try await lab.run(try Self.scenario(request), request.run).report
        do {
            return PmuReport(run: report, host: host, table: try table(report), problem: nil)
        } catch {
            return PmuReport(
                run: report, host: host, table: nil,
                problem: "the module did not say what it counts (\(Self.model)): \(error)")
        }
    }

    static func scenario(_ request: Request) throws(LabError) -> Scenario {
        guard let storm = Workload.named("fork-storm") else {
            throw LabError(.trouble, "The agent has no workload fork-storm to keep CPUs busy with.")
        }
        func step(_ name: String, _ action: Scenario.Action) -> Scenario.Step {
            Scenario.Step(name: name, limit: nil, always: false, action: action)
        }
        let kept = "/tmp/\(file)"
        var steps = [
            step("load module", .load(.underTest, parameters: request.parameters)),
            step("keep the CPUs busy", .workload(storm, settings: load)),
            step(
                "ask the module",
                .run(["sh", "-c", "if [ -e \(model) ]; then cat \(model); fi > \(kept)"], environment: [:])),
            step("collect the answer", .collect(path: kept, name: file)),
            step("unload module", .unload(.underTest)),
        ]
        if !request.simulation.isEmpty {
            steps.insert(step(loadsSimulation, .load(.lab("sim_pmu"), parameters: request.simulation)), at: 0)
        }
        var scenario = Scenario(
            name: "pmu", description: "What each event of the module's table does.", tags: [],
            counters: request.simulation.isEmpty ? request.counters : .simulated, steps: steps,
            expectations: .init())
        // That a module does not say what it counts is an answer of its own.
        scenario.needs = []
        return scenario
    }

    private func table(_ report: RunReport) throws -> CounterTable {
        let folder = FilePath(report.directory).appending("files")
        let text = try CollectedFile.text(folder.appending(Self.file))
        if text.isEmpty { throw LabError(.trouble, "there is no such file") }
        return try CounterTable(text: text)
    }
}

extension PmuReport.Host {
    /// What a probe of KVM has found; where there is no KVM, that is the reason.
    init(_ verdict: KVMVerdict) {
        hasVirtualPmu = verdict.pmu.works
        reason =
            verdict.kvm.works ? verdict.pmu.reason : "\(verdict.pmu.reason) No KVM: \(verdict.kvm.reason)"
        advice = verdict.kvm.works ? verdict.pmu.advice : verdict.kvm.advice
    }
}
