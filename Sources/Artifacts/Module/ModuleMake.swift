// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// One run of make over a module's private copy, and the reading of what it prints.
struct ModuleMake: Sendable {
    let copy: ModuleCopy
    let sources: ModuleSources
    let folder: FilePath
    let kernel: FilePath
    let jobs: Int
    let symbols: [FilePath]
    let defines: [String]
    let progress: BuildProgress

    func run() async throws -> ModuleArtifact.Record {
        // Old objects stay, but a stale list of modules must not pass for a new one.
        try Files.remove(copy.path.appending("modules.order"))
        let command = command()
        var output = ModuleOutput(tree: copy.path)
        let result = try await command.run { line in
            output.take(line)
            if CompilerMessage(line: line) != nil { progress.line(line) }
        }
        guard result.succeeded else { throw failure(command, result, output) }
        let modules = try copy.modules().map { String($0.split(separator: "/").last ?? $0[...]) }
        guard !modules.isEmpty else {
            throw ArtifactError(
                .invalidInput, action: "build a module", subject: folder.string,
                reason: "make succeeded, but built no module.",
                remedy: "Name the module's object in obj-m, in a Kbuild file or the Makefile.")
        }
        return ModuleArtifact.Record(
            modules: modules, warnings: output.messages.filter { $0.severity == .warning },
            log: mapped(result.tail), compiledIn: copy.path.string)
    }

    private func command() -> Command {
        var arguments = ["-j\(jobs)"]
        switch sources.recipe {
        case .kbuild: arguments += ["-C", kernel.string, "M=\(copy.path)", "modules"]
        case .makefile(let variable): arguments += ["-C", copy.path.string, "\(variable)=\(kernel)"]
        }
        if !symbols.isEmpty {
            arguments.append("KBUILD_EXTRA_SYMBOLS=\(symbols.map(\.string).joined(separator: " "))")
        }
        if !defines.isEmpty { arguments.append("KCFLAGS=\(defines.joined(separator: " "))") }
        return KernelMake(action: "compile the module", limit: .seconds(1800))
            .command(arguments, environment: [:], directory: copy.path)
    }

    private func failure(
        _ command: Command, _ result: Command.Result, _ output: ModuleOutput
    ) -> ArtifactError {
        let plain = command.failure(result)
        if case .diskFull = plain.code { return plain }
        // A signal, or a compiler that the kernel killed for memory: nothing the module did.
        if result.exitCode == nil || output.compilerWasKilled { return plain }
        let log = mapped(result.tail)
        if !output.missingSymbols.isEmpty {
            return ArtifactError(
                .missingSymbols(output.missingSymbols, log: log), action: "link the module",
                subject: folder.string,
                reason: "The kernel does not export to it: \(output.missingSymbols.joined(separator: ", "))."
                    + (output.symbolsSuppressed ? " There are more." : ""),
                remedy: "Use symbols that are exported, or export them by a patch to the kernel.")
        }
        let lines = output.failures.map { ModulePaths.shown($0, folder: folder) }
        let errors = lines.filter { $0.severity == .error }
        return ArtifactError(
            .compileFailed(lines: lines, log: log), action: "compile the module", subject: folder.string,
            reason: errors.isEmpty
                ? "make ended with \(result.status):\n\(log.split(separator: "\n").suffix(15).joined(separator: "\n"))"
                : "\(errors[0])" + (errors.count > 1 ? " (and \(errors.count - 1) more)." : "."))
    }

    /// The log with the copy's path replaced by the user's folder.
    private func mapped(_ text: String) -> String {
        text.split(separator: copy.path.string, omittingEmptySubsequences: false)
            .joined(separator: folder.string)
    }
}
