// SPDX-License-Identifier: Apache-2.0

/// A function of a module that a report names outside of its stack: where a lock was taken, or which work item kept
/// one or keeps its worker busy. By the time it is printed the function may have returned, or run on another CPU.
enum NamedFrame {
    /// Nil when the report names none of a module, or when its stack has one.
    static func find(in report: Report, _ guilt: Diagnosis.Guilt) -> StackFrame? {
        if report.frames.contains(where: { $0.isReliable && $0.module != nil }) { return nil }
        return switch guilt {
        case .locked(let place): frame(place)
        case .function(let name): held(in: report, by: name) ?? named(name)
        case .nobody: busy(in: report)
        default: nil
        }
    }

    /// `in-flight: 10:function [module]`, of a workqueue that is stuck (kernel/workqueue.c).
    private static func busy(in report: Report) -> StackFrame? {
        guard report.header.text.has("workqueue lockup") else { return nil }
        return report.lines(64).lazy.compactMap { line in
            line.text.after("in-flight: ").flatMap { $0.after(":") }.flatMap { text in
                named(text.before(",") ?? text)
            }
        }.first
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
