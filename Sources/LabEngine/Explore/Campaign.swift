// SPDX-License-Identifier: Apache-2.0

import Artifacts
import SystemPackage

/// What a campaign explores: the first line of its file.
public struct Campaign: Sendable, Codable, Equatable {
    /// The version of the file's format.
    public var format = 1
    /// The scenario as it was named: a shipped one's name, or a file.
    public var scenario: String
    /// What it said.
    public var scenarioText: String
    /// The seeds that were asked for.
    public var seeds: String
    /// The folder of the module under test.
    public var module: String
    /// The kernel's variant.
    public var variant: String
    /// Where the kernel's source comes from.
    public var kernel: KernelSourceRecord
    /// Which accelerator was wanted.
    public var accel: RunRequest.AcceleratorChoice
    /// Whether guests are restored or booted.
    public var boot: RunRequest.Boot
    /// CPUs of each guest.
    public var cpus: Int
    /// Memory of each guest, MiB; nil: what the variant needs.
    public var memoryMib: Int?
    /// Limit of each run, seconds of host time.
    public var timeoutS: Double?
    /// Which runs keep the guest's memory.
    public var dump: DumpPolicy
    /// What decides each run besides its seed; nil before that is known.
    public var inputs: RunInputs?

    /// A campaign that runs the scenario as requested, once for each seed.
    public init(scenario: String, text: String, seeds: SeedSet, request: RunRequest) {
        self.scenario = scenario
        scenarioText = text
        self.seeds = seeds.description
        module = request.module.string
        variant = request.kernel.variant
        kernel = KernelSourceRecord(request.kernel.source)
        accel = request.accelerator
        boot = request.boot
        cpus = request.cpus
        memoryMib = request.memoryMiB
        timeoutS = request.timeout?.inSeconds
        dump = request.dump
    }

    /// What to ask of each run.
    ///
    /// - Parameter results: Where run folders go.
    public func request(results: FilePath) -> RunRequest {
        var request = RunRequest(module: FilePath(module), results: results)
        request.kernel = KernelSpec(variant: variant, source: kernel.source)
        request.accelerator = accel
        request.boot = boot
        request.cpus = cpus
        request.memoryMiB = memoryMib
        request.timeout = timeoutS.map { .seconds($0) }
        request.dump = dump
        return request
    }
}
