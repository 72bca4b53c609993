// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Foundation
import GuestContract
import Hypervisor
import SystemPackage

/// A scenario compiled for one guest: the plan and the files that ride along. Immutable, and all
/// that a guest needs besides kernel and image.
struct Job: Sendable {
    /// What the agent does.
    let plan: JobPlan
    /// Files of the job: path in the guest and file on the host.
    let files: [(guest: FilePath, host: FilePath)]
    /// Layers of the guest image that the job needs besides `base`.
    let layers: [String]
    /// The module under test: its name as the kernel knows it, nil when no step loads it.
    let moduleUnderTest: String?
    /// Where counts come from.
    let provenance: CounterProvenance
    /// How much longer the same work takes on the job's kernel than on one without checks.
    var guestScale: Double = 1
    /// Whether the module under test is one that keeps energy records.
    var keepsRecords = true
    /// What of the scenario was left out.
    var notes: [String] = []

    /// Writes the plan below `folder`, and plan and files as one archive, `job.cpio`.
    ///
    /// - Returns: What the guest is to be handed.
    func write(folder: FilePath) throws -> GuestSpec.SharedMemory.Content {
        let archive = folder.appending("job.cpio")
        let plan = folder.appending("plan")
        try writeFile(plan, plan: self.plan.encoded)
        var cpio = CpioWriter()
        cpio.add(FilePath(Contract.jobDirectory), .directory)
        cpio.add(FilePath(Contract.planPath), .file(plan))
        for file in files { cpio.add(file.guest, .file(file.host), mode: 0o755) }
        try cpio.write(to: archive)
        let length = try FileManager.default.attributesOfItem(atPath: archive.string)[.size] as? UInt64 ?? 0
        return .init(header: JobMemory.header(archiveLength: length), file: archive)
    }

    private func writeFile(_ path: FilePath, plan: [UInt8]) throws {
        let descriptor = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate, .closeOnExec],
            permissions: [.ownerReadWrite, .groupRead, .otherRead])
        _ = try descriptor.closeAfter { try descriptor.writeAll(plan) }
    }
}

/// Turns a scenario into a job.
struct JobCompiler: Sendable {
    /// The built module under test, first of its folder.
    let underTest: ModuleArtifact
    /// The built modules of the lab, by name.
    let lab: [String: ModuleArtifact.File]
    let limits: TimeLimits
    let provenance: CounterProvenance
    /// CPUs of the guest.
    let cpus: Int
    /// Files that the scenario takes along: path in the guest and file on the host.
    var carried: [(guest: FilePath, host: FilePath)] = []

    /// The record device of the module's ABI, see kmod/pacct_energy/pacct_energy_abi.h.
    private static let recordDevice = "/dev/pacct_energy"
    /// How much of one step's output is kept, bytes.
    private static let outputLimit: UInt32 = 1 << 20
    /// Limit for loading the simulated counters, before scaling.
    private static let setUpLimit = Duration.seconds(20)

    /// The lab's modules that a scenario names, and those its counters need.
    static func labModules(of scenario: Scenario, provenance: CounterProvenance) -> [String] {
        var names = provenance == .simulated ? ["sim_pmu"] : []
        if scenario.unloadsModule { names.append(WatchCompiler.witness) }
        if scenario.isVaried { names.append(SeedVariation.module) }
        for step in scenario.allSteps {
            if case .load(.lab(let name), _) = step.action, !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// - Parameter staysUp: Whether the guest is to be there after its agent's last word, for its memory to be dumped.
    func compile(_ scenario: Scenario, seed: UInt64, staysUp: Bool = false) throws -> Job {
        var steps: [JobPlan.Step] = []
        if provenance == .simulated, !scenario.loads("sim_pmu") {
            steps.append(
                JobPlan.Step(
                    name: "load sim_pmu", limit: limits.guestLimit(Self.setUpLimit).nanoseconds,
                    always: false,
                    action: .load(path: try guestPath(of: .lab("sim_pmu")), parameters: "")))
        }
        for step in scenario.steps { steps += try compile(step, seed: seed, companions: nil) }
        if scenario.isVaried {
            let variation = SeedVariation(seed: seed, cpus: cpus)
            for place in steps.indices {
                steps[place].start = variation.start(of: steps[place].action, at: place)
            }
        }
        var plan = JobPlan(
            job: "\(scenario.name)-s\(seed)", seed: seed, epoch: UInt64(GuestSpec.defaultEpoch),
            staysUp: staysUp,
            heartbeat: TimeLimits.heartbeat.nanoseconds,
            outputLimit: Self.outputLimit, recordDevice: scenario.isWatched ? Self.recordDevice : "",
            keepsLedger: scenario.isWatched, steps: steps,
            watch: scenario.isWatched
                ? WatchCompiler(limits: limits, provenance: provenance)
                    .compile(
                        steps, module: underTest.koFiles.first?.name ?? "", sampling: scenario.sampling)
                : WatchPlan())
        // A host's CPUs are disturbed enough.
        if scenario.isVaried, limits.accelerator == .tcg {
            plan.perturbation = .init(
                path: try guestPath(of: .lab(SeedVariation.module)),
                parameters: "seed=\(seed) scale=\(max(1, Int(limits.guestScale)))")
        }
        let files = files()
        if let twice = files.map(\.guest).sorted(by: { $0.string < $1.string }).firstRepeated {
            throw LabError(
                .badInput, "The scenario takes along a file that the job has already: \(twice).",
                remedy: "Give it another name.")
        }
        return Job(
            plan: plan, files: files, layers: scenario.usesStressNG ? ["stress-ng"] : [],
            moduleUnderTest: underTest.koFiles.first?.name, provenance: provenance,
            guestScale: limits.guestScale, keepsRecords: fit.keepsRecords, notes: notes(scenario))
    }

    private var fit: ModuleFit { ModuleFit(info: underTest.koFiles.first?.info) }

    private func notes(_ scenario: Scenario) -> [String] {
        var notes: [String] = []
        for step in scenario.allSteps {
            guard case .load(.underTest, let parameters) = step.action else { continue }
            let left = fit.parameters(parameters).left
            if left.isEmpty { continue }
            let note =
                "\(underTest.koFiles.first?.name ?? "the module") has no such parameter: it was loaded without"
                + " \(left.joined(separator: " "))"
            if !notes.contains(note) { notes.append(note) }
        }
        return notes
    }

    private func action(of step: Scenario.Step, seed: UInt64) throws -> JobPlan.Action {
        switch step.action {
        case .load(let module, let parameters):
            .load(
                path: try guestPath(of: module),
                parameters: module == .underTest ? fit.parameters(parameters).kept : parameters)
        case .unload(let module): .unload(name: try file(of: module).name)
        case .run(let arguments, let environment):
            .run(
                arguments: arguments,
                environment: environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
        case .workload(let workload, let settings):
            .run(
                arguments: workload.command(settings),
                environment: ["\(Workload.seedVariable)=\(seed)"])
        case .wait(let duration): .wait(nanoseconds: duration.nanoseconds)
        case .write(let path, let text): .write(path: path, text: text)
        case .collect(let path, let name): .collect(path: path, name: name)
        case .check(let path, let condition): .check(path: path, condition: condition)
        case .together: .together
        case .repeating(let count, _): .repeating(count: UInt32(clamping: count))
        case .fault(let fault, _): .fault(fault)
        case .suspendRecords: .suspendRecords
        }
    }

    /// A step and, right behind it, everything inside it.
    ///
    /// - Parameter companions: How long the other steps of its `together` may take, guest time, nil outside of one.
    private func compile(
        _ step: Scenario.Step, seed: UInt64, companions: Duration?
    ) throws -> [JobPlan.Step] {
        let limit = step.background && step.limit == nil ? companions : nil
        let others = step.action.members.filter { !$0.background }.map(limits.guestLimit(of:)).max()
        let inside = try step.action.members.flatMap { member in
            try compile(member, seed: seed, companions: others)
        }
        let own = JobPlan.Step(
            name: step.name, limit: (limit ?? limits.guestLimit(of: step)).nanoseconds, always: step.always,
            background: step.background, allowed: step.allowed, members: inside.count,
            action: try action(of: step, seed: seed))
        return [own] + inside
    }

    private func file(of module: Scenario.ModuleName) throws(LabError) -> ModuleArtifact.File {
        switch module {
        case .underTest:
            guard let file = underTest.koFiles.first else {
                throw LabError(
                    .badInput, "The folder \(underTest.folder) builds no module.",
                    remedy: "Its Kbuild file needs a line such as \"obj-m += name.o\".")
            }
            return file
        case .lab(let name):
            guard let file = lab[name] else {
                throw LabError(
                    .badInput, "The scenario loads the module \"\(name)\", which pacctlab does not have.",
                    remedy: "\"module\" is the module under test; the lab's own are below kmod/.")
            }
            return file
        }
    }

    private func guestPath(of module: Scenario.ModuleName) throws(LabError) -> String {
        "\(Contract.jobDirectory)/\(try file(of: module).name).ko"
    }

    private func files() -> [(guest: FilePath, host: FilePath)] {
        (underTest.koFiles + lab.values.sorted { $0.name < $1.name }).map { file in
            (FilePath("\(Contract.jobDirectory)/\(file.name).ko"), file.loaded)
        } + carried
    }
}

extension [FilePath] {
    /// An element that stands right behind one that is the same, nil when there is none.
    fileprivate var firstRepeated: FilePath? { zip(self, dropFirst()).first { $0 == $1 }?.0 }
}

extension Scenario {
    /// Whether a step loads the lab's module of that name itself.
    fileprivate func loads(_ name: String) -> Bool {
        steps.contains { step in
            if case .load(.lab(name), _) = step.action { true } else { false }
        }
    }
}
