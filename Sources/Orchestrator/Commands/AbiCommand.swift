// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Artifacts
import Foundation
import LabEngine
import Reports
import Synchronization
import SystemPackage

/// `pacctlab abi`: does the kernel have what the module needs?
struct AbiCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "abi",
        abstract: "Hold what a module needs against what kernels export, before any boot.",
        discussion: """
            Symbols, the CRCs of their types (on the variant release, which keeps versions as distributions do), GPL-only \
            exports and namespaces. With --against the module that was built for one kernel is held against another one, \
            and the two are compared.

              pacctlab abi
              pacctlab abi --module ~/my_module --kernel-tree /data/linux
              pacctlab abi --against 6.18.15              can today's build be loaded there?
              pacctlab abi --against 6.18.15 --all        every symbol that differs, needed or not

            Exit status 0 when nothing would keep the module from being loaded, 1 when something would.
            """)

    @Option(help: ArgumentHelp("Folder of the module (default: kmod/pacct_energy).", valueName: "dir"))
    var module: String?
    @Option(help: "The kernel's variant: \(KernelOptions.variantHelp).") var variant = "release"
    @OptionGroup var kernel: KernelOptions
    @Option(help: ArgumentHelp("Another kernel version to hold it against.", valueName: "version"))
    var against: String?
    @Flag(help: "With --against: every symbol that differs, not only those that the module needs.") var all =
        false
    @Flag(help: "Print one JSON document on standard output, and nothing else.") var json = false

    func validate() throws {
        if all, against == nil { throw ValidationError("--all belongs to --against.") }
    }

    func run() async throws {
        let spec = try kernel.spec(variant: variant)
        let result = Mutex<AbiReport?>(nil)
        let working = FilePath(FileManager.default.currentDirectoryPath)
        try await Workshop.with { shop in
            let folder =
                module.map { working.pushing(FilePath($0)) } ?? shop.home.root.appending("kmod/pacct_energy")
            let kernel = try await shop.kernels.build(spec)
            let exports = try KernelExports(kernel)
            let (name, needs) = try await needs(of: folder, kernel, shop)
            var report = AbiReport(module: name, needs: needs, kernel: kernel.release, exports: exports)
            if let against {
                let other = try await shop.kernels.build(
                    KernelSpec(variant: variant, source: .version(against)))
                report.compare(
                    needs, exports, with: try KernelExports(other), of: other.release, isWhole: all)
            }
            result.withLock { $0 = report }
        }
        guard let report = result.withLock({ $0 }) else { throw ExitCode(Verdict.inconclusive.exitStatus) }
        let text = AbiText(style: TerminalStyle(colour: Terminal.colour))
        Terminal.print(json ? [try report.contractJSON()] : text.lines(report))
        if report.verdict != .passed { throw ExitCode(report.verdict.exitStatus) }
    }

    /// A module that cannot be linked for want of symbols needs these.
    private func needs(
        of folder: FilePath, _ kernel: KernelArtifact, _ shop: Workshop
    ) async throws -> (String, ModuleNeeds) {
        do {
            let built = try await shop.modules.build(folder, kernel: kernel)
            guard let file = built.koFiles.first else {
                throw LabError(
                    .badInput, "The folder \(folder) builds no module.",
                    remedy: "Its Kbuild file needs a line such as \"obj-m += name.o\".")
            }
            return (file.name, try ModuleNeeds(path: file.path))
        } catch let error as ArtifactError {
            guard case .missingSymbols(let symbols, _) = error.code else { throw error }
            return (
                folder.lastComponent?.string ?? folder.string,
                ModuleNeeds(symbols: symbols.sorted().map { .init(name: $0, crc: nil) })
            )
        }
    }
}
