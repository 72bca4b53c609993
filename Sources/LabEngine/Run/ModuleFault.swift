// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Evidence
import SystemPackage

/// A module that cannot be built, as a finding.
enum ModuleFault {
    /// Lines of the compiler's or linker's output that go with the finding.
    private static let shown = 40

    static func finding(_ error: ArtifactError, paths: ShownPaths) -> Finding {
        switch error.code {
        case .missingSymbols(let symbols, let log):
            return Finding(
                crashClass: .missingSymbol,
                title: "the kernel does not export \(symbols.joined(separator: ", ")) to modules",
                signature: "missing_symbol \(symbols.sorted().joined(separator: " "))",
                evidence: relevant(log) { line in symbols.contains { line.contains($0) } })
        case .compileFailed(let messages, let log):
            let first = messages.first { $0.severity == .error } ?? messages.first
            return Finding(
                crashClass: .buildFailed,
                title: first?.message ?? "the module does not compile",
                signature: "build_failed \(first?.file ?? "") \(first?.message ?? "")",
                location: first.map { "\(paths.shown(FilePath($0.file))):\($0.line)" },
                count: max(1, messages.filter { $0.severity == .error }.count),
                evidence: messages.isEmpty
                    ? relevant(log) { _ in true } : messages.prefix(shown).map(\.description))
        default:
            return Finding(
                crashClass: .buildFailed, title: error.description, signature: "build_failed", evidence: [])
        }
    }

    private static func relevant(_ log: String, _ matches: (Substring) -> Bool) -> [String] {
        let lines = log.split(separator: "\n")
        let chosen = lines.filter(matches)
        return (chosen.isEmpty ? lines : chosen).suffix(shown).map(String.init)
    }
}
