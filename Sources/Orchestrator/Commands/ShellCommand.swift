// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import Foundation
import LabEngine
import SystemPackage

/// `pacctlab shell`: a shell in a guest.
struct ShellCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell",
        abstract: "Open a shell in a guest that is set up like that of a run.",
        discussion: """
            The module under test is loaded (--no-load leaves it out), and the simulated counters where the guest has \
            none. exit or Ctrl-] ends the guest; nothing is kept of it.

              pacctlab shell
              pacctlab shell --variant debug --no-load
              echo 'cat /proc/pacct_energy/stats; exit' | pacctlab shell
            """)

    @Option(help: "The kernel's variant: \(KernelOptions.variantHelp).") var variant = "release"
    @Option(help: "What runs the guest: auto takes KVM where it truly works.")
    var accel = RunRequest.AcceleratorChoice.auto
    @Option(help: "CPUs of the guest.") var cpus = 2
    @Option(
        help: ArgumentHelp("Memory of the guest in MiB (default: what the variant needs).", valueName: "mib"))
    var memory: Int?
    @Option(
        help: ArgumentHelp("Folder of the module under test (default: kmod/pacct_energy).", valueName: "dir"))
    var module: String?
    @Flag(inversion: .prefixedNo, help: "Load the module before the shell starts.") var load = true
    @OptionGroup var kernel: KernelOptions

    func validate() throws {
        guard (1...16).contains(cpus) else { throw ValidationError("--cpus takes 1 to 16.") }
        if let memory, !(128...65536).contains(memory) {
            throw ValidationError("--memory takes 128 to 65536 MiB.")
        }
    }

    func run() async throws {
        let view = ProgressView()
        defer { view.finish() }
        let home = try LabHome.find()
        let working = FilePath(FileManager.default.currentDirectoryPath)
        var request = RunRequest(
            module: module.map { working.pushing(FilePath($0)) } ?? home.root.appending("kmod/pacct_energy"),
            results: "/tmp")
        request.kernel = try kernel.spec(variant: variant)
        request.accelerator = accel
        request.cpus = cpus
        request.memoryMiB = memory
        var configuration = Lab.Configuration()
        configuration.progress = view.progress
        let emergency = Emergency()
        let window = TerminalWindow(environment: ProcessInfo.processInfo.environment)
        let (wanted, loads, settings) = (request, load, configuration)
        let lastWords = try await Interruption.guarding(impatient: { emergency.killAll() }) {
            try await Lab.with(settings) { lab in
                emergency.watch(lab)
                return try await lab.shell(wanted, loadingModule: loads, window: window) { view.finish() }
            }
        }
        guard let lastWords else { return }
        Terminal.printError("\nThe guest is gone. The end of its console:\n")
        Terminal.printError(lastWords.joined(separator: "\n") + "\n")
        throw ExitStatus.failed.code
    }
}
