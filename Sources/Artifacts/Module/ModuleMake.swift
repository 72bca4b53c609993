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

    /// A function that ends by calling another must stay on the stack: it is the one to blame.
    private static let flags = ["-fno-optimize-sibling-calls"]

    /// What a run of make came to, when make ended by itself.
    struct Outcome {
        let modules: [FilePath]
        let record: ModuleArtifact.Record
    }

    /// - Parameter ended: Called when make has ended by itself, whatever it says.
    func run(ended: () throws -> Void) async throws -> Outcome {
        try copy.removeOrders()
        let command = command()
        var output = ModuleOutput(copy: copy, buildFile: sources.recipe.file)
        let result = try await command.run { line in
            output.take(line)
            if line.hasPrefix("ERROR: ") { progress.line(line) }
            if let message = CompilerMessage(line: line) {
                progress.line(
                    ModulePaths.shown(ModulePaths.relative(message, copy: copy), folder: folder).description)
            }
        }
        if result.exitCode != nil, !output.hadAccident { try ended() }
        guard result.succeeded else { throw failure(command, result, output) }
        let modules = try copy.modules()
        guard !modules.isEmpty else {
            throw ArtifactError(
                .invalidInput, action: "build a module", subject: folder.string,
                reason: "make succeeded, but built no module.",
                remedy: "Name the module's object in obj-m, in a Kbuild file or the Makefile.")
        }
        let record = ModuleArtifact.Record(
            modules: modules.map { $0.lastComponent?.string ?? $0.string },
            warnings: output.messages.filter { $0.severity == .warning }, log: mapped(result.tail),
            compiledIn: copy.path.string)
        return Outcome(modules: modules, record: record)
    }

    private func command() -> Command {
        var arguments = ["-j\(jobs)"]
        switch sources.recipe.kind {
        case .kbuild: arguments += ["-C", kernel.string, "M=\(copy.path)", "modules"]
        case .makefile(let variable): arguments += ["-C", copy.path.string, "\(variable)=\(kernel)"]
        }
        if !symbols.isEmpty {
            arguments.append("KBUILD_EXTRA_SYMBOLS=\(symbols.map(\.string).joined(separator: " "))")
        }
        arguments.append("KCFLAGS=\((Self.flags + defines).joined(separator: " "))")
        return KernelMake(action: "compile the module", limit: .seconds(1800))
            .command(arguments, environment: [:], directory: copy.path)
    }

    private func failure(
        _ command: Command, _ result: Command.Result, _ output: ModuleOutput
    ) -> ArtifactError {
        let plain = command.failure(result)
        if case .diskFull = plain.code { return plain }
        // A signal, or a compiler that the kernel killed for memory: nothing the module did.
        if result.exitCode == nil || output.hadAccident { return plain }
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
            .split(separator: copy.top.string, omittingEmptySubsequences: false)
            .joined(separator: sources.base.string)
    }
}
