// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// What make's output over a module says: the compiler's messages, modpost's, make's own.
struct ModuleOutput: Sendable {
    private let tree: FilePath
    /// The compiler's messages in their order, files relative to the module's folder.
    private(set) var messages: [CompilerMessage] = []
    /// Symbols that modpost found nobody exports, in order, each once.
    private(set) var missingSymbols: [String] = []
    /// modpost prints ten of a module and then counts.
    private(set) var symbolsSuppressed = false
    /// The compiler died of a signal.
    private(set) var compilerWasKilled = false
    /// Messages kept; a flood says nothing more.
    private static let limit = 500

    init(tree: FilePath) { self.tree = tree }

    /// Errors with the notes that follow them; warnings stay out unless there is nothing else.
    var failures: [CompilerMessage] {
        let hasError = messages.contains { $0.severity == .error }
        return hasError ? messages.filter { $0.severity != .warning } : messages
    }

    /// Reads one line.
    mutating func take(_ line: String) {
        if line.hasPrefix("ERROR: modpost: ") {
            takeModpost(line.dropFirst("ERROR: modpost: ".count))
        } else if line.contains("suppressed"), line.contains("unresolved symbol") {
            symbolsSuppressed = true
        } else if line.contains("fatal error: Killed signal") {
            compilerWasKilled = true
        } else if messages.count < Self.limit {
            if let message = CompilerMessage(line: line) {
                messages.append(ModulePaths.relative(message, tree: tree))
            } else if let message = CompilerMessage(makeLine: line) {
                messages.append(ModulePaths.relative(message, tree: tree))
            }
        }
    }

    /// `"name" [path/module.ko] undefined!` (scripts/mod/modpost.c, check_exports), or another complaint.
    private mutating func takeModpost(_ text: Substring) {
        let quoted = text.split(separator: "\"")
        if text.hasPrefix("\""), text.hasSuffix("undefined!"), let symbol = quoted.first {
            if !missingSymbols.contains(String(symbol)) { missingSymbols.append(String(symbol)) }
        } else if text.contains("uses GPL-only symbol '"),
            let symbol = text.split(separator: "'").dropFirst().first
        {
            if !missingSymbols.contains(String(symbol)) { missingSymbols.append(String(symbol)) }
        } else if messages.count < Self.limit {
            messages.append(CompilerMessage(file: "./Kbuild", line: 1, message: "modpost: \(text)"))
        }
    }
}

extension CompilerMessage {
    /// make's own complaint about a Makefile: `Makefile:3: *** missing separator.  Stop.`
    init?(makeLine text: String) {
        guard !text.hasPrefix("make"), let mark = text.firstRange(of: ": *** ") else { return nil }
        let place = text[..<mark.lowerBound].split(separator: ":")
        guard place.count == 2, let line = Int(place[1]) else { return nil }
        self.init(file: String(place[0]), line: line, message: String(text[mark.upperBound...]))
    }
}
