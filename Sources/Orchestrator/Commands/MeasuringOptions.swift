// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import Foundation
import LabEngine
import SystemPackage

/// The options that commands share which compile their own scenarios: `bench` and `pmu`.
struct MeasuringOptions: ParsableArguments {
    @Option(help: "The kernel's variant: \(KernelOptions.variantHelp).") var variant = "release"
    @OptionGroup var kernel: KernelOptions
    @Option(
        help: ArgumentHelp(
            "Memory of the guest in MiB (default: what is needed).", valueName: "mib"))
    var memory: Int?
    @Option(help: "Seed of the run: under TCG the same seed is the same run.") var seed: UInt64 = 1
    @Option(
        help: ArgumentHelp("Folder of the module under test (default: kmod/pacct_energy).", valueName: "dir"))
    var module: String?
    @Flag(help: "Print one JSON document on standard output, and nothing else.") var json = false
    @Option(help: ArgumentHelp("Where run folders go.", valueName: "dir")) var results = "results"
    @Option(help: ArgumentHelp("libvirt connection (default: the driver inside pacctlab).", valueName: "uri"))
    var connect: String?

    func validate() throws {
        if let memory, !(128...65536).contains(memory) {
            throw ValidationError("--memory takes 128 to 65536 MiB.")
        }
    }

    func request(home: LabHome) throws -> RunRequest {
        var request = RunRequest(
            module: Self.absolute(module) ?? home.root.appending("kmod/pacct_energy"),
            results: Self.absolute(results) ?? "results")
        request.kernel = try kernel.spec(variant: variant)
        request.memoryMiB = memory
        request.seed = seed
        request.connection = connect
        return request
    }

    func configuration(_ view: ProgressView) -> Lab.Configuration {
        var configuration = Lab.Configuration()
        configuration.onCompleted = RunPages.writerOfFailures
        configuration.connection = connect
        configuration.progress = view.progress
        configuration.logger.logLevel = .warning
        return configuration
    }

    static func absolute(_ path: String?) -> FilePath? {
        path.map { FilePath(FileManager.default.currentDirectoryPath).pushing(FilePath($0)) }
    }
}
