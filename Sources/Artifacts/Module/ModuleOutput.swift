// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// What make's output over a module says: the compiler's messages, modpost's, make's own.
struct ModuleOutput: Sendable {
    private let copy: ModuleCopy
    /// "Kbuild" or "Makefile": where to look after a complaint that names no file.
    private let buildFile: String
    /// The compiler's messages in their order, files relative to the module's folder.
    private(set) var messages: [CompilerMessage] = []
    /// Symbols that modpost found nobody exports, in order, each once.
    private(set) var missingSymbols: [String] = []
    /// modpost prints ten of a module and then counts.
    private(set) var symbolsSuppressed = false
    /// The compiler died of something else than the module.
    private(set) var hadAccident = false
    /// Messages kept; a flood says nothing more.
    private static let limit = 500

    init(copy: ModuleCopy, buildFile: String) {
        self.copy = copy
        self.buildFile = buildFile
    }

    /// Errors with the notes that follow them; warnings stay out unless there is nothing else.
    var failures: [CompilerMessage] {
        let hasError = messages.contains { $0.severity == .error }
        return hasError ? messages.filter { $0.severity != .warning } : messages
    }

    /// Reads one line.
    mutating func take(_ line: String) {
        let line = Self.withoutColours(line)
        if line.hasPrefix("ERROR: modpost: ") {
            takeModpost(line.dropFirst("ERROR: modpost: ".count))
        } else if line.contains("suppressed"), line.contains("unresolved symbol") {
            symbolsSuppressed = true
        } else if Self.accidents.contains(where: { line.contains($0) }) {
            hadAccident = true
        } else if messages.count < Self.limit,
            let message = CompilerMessage(line: line) ?? CompilerMessage(makeLine: line)
        {
            messages.append(ModulePaths.relative(message, copy: copy))
        }
    }

    /// What a compiler says that died of something else than the module.
    private static let accidents = [
        "fatal error: Killed signal", "out of memory allocating", "virtual memory exhausted",
        "Cannot allocate memory", "internal compiler error: ",
    ]

    /// Without the escape sequences (ECMA-48, CSI) of `-fdiagnostics-color=always`.
    static func withoutColours(_ line: String) -> String {
        guard line.utf8.contains(0x1B) else { return line }
        var result = ""
        var rest = line[...]
        while let escape = rest.firstRange(of: "\u{1B}[") {
            result += rest[..<escape.lowerBound]
            let tail = rest[escape.upperBound...].drop { !("@"..."~").contains($0) }
            rest = tail.dropFirst()
        }
        return result + rest
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
            messages.append(CompilerMessage(file: "./\(buildFile)", line: 1, message: "modpost: \(text)"))
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
