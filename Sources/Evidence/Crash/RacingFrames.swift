// SPDX-License-Identifier: Apache-2.0

/// The two accesses of a data race. KCSAN names them in the header, in alphabetical order:
/// `data-race in a / b`, or one of them alone when it saw only that one.
enum RacingFrames {
    /// The functions, without helpers.
    static func find(in report: Report, named names: Text) -> [String] {
        var rest = names
        var functions: [String] = []
        while functions.count < 2 {
            let part = rest.before(" / ") ?? rest
            guard let function = function(part.trimmed, in: report) else { break }
            functions.append(function)
            guard let next = rest.after(" / ") else { break }
            rest = next
        }
        return functions
    }

    private static func function(_ name: Text, in report: Report) -> String? {
        let symbol = SymbolParser.symbol(name)
        let function = SymbolParser.function(of: symbol)
        guard !function.isEmpty else { return nil }
        if !GuiltyFrame.isInnocent(function) { return SystemCall.name(function) }
        // A helper: its caller, in the stack that has it innermost.
        for section in report.sections where section.kind == .trace {
            guard section.frames.first?.function == function else { continue }
            if let caller = GuiltyFrame.first(of: section.frames) { return SystemCall.name(caller) }
        }
        return SystemCall.name(function)
    }
}
