// SPDX-License-Identifier: Apache-2.0

/// The frame where a lock was taken, or the work item that kept one, when a report names it outside of its stack:
/// by the time it is printed the function may have returned.
enum LockFrame {
    /// Nil when the report names none, or none of a module.
    static func find(in report: Report, _ guilt: Diagnosis.Guilt) -> StackFrame? {
        switch guilt {
        case .locked(let place): frame(place)
        case .function(let name): held(in: report, by: name) ?? named(name)
        default: nil
        }
    }

    private static func frame(_ place: Text) -> StackFrame? {
        StackLine.frame(place).flatMap { $0.module == nil ? nil : $0 }
    }

    /// `#0: ffffffffa0203578 (name){+.+.}-{3:3}, at: function+0x1/0x2 [module]`, taken by that function.
    private static func held(in report: Report, by name: Text) -> StackFrame? {
        let function = SymbolParser.function(of: SymbolParser.symbol(name.trimmed))
        return report.lines(16).lazy.compactMap { $0.text.after("}, at: ").flatMap(frame) }
            .first { $0.function == function }
    }

    /// `function [module]`: no place within it.
    private static func named(_ name: Text) -> StackFrame? {
        let symbol = SymbolParser.symbol(name.trimmed)
        guard let module = name.trimmed[symbol.endIndex...].between(" [", "]") else { return nil }
        return StackFrame(
            function: SymbolParser.function(of: symbol), symbol: symbol.string, module: module.string)
    }
}
