// SPDX-License-Identifier: Apache-2.0

/// A line of a report, as far as it has to do with stacks.
enum StackLine: Equatable {
    /// A frame of a call trace.
    case frame(StackFrame)
    /// Where the program counter was, in the kernel; without a symbol when the address has none.
    case programCounter(StackFrame?)
    /// The program counter was in user space.
    case userProgramCounter
    /// `Call Trace:` and its like; frames follow.
    case traceStart
    /// Anything else.
    case other

    init(_ line: Text) {
        var text = line.trimmed
        if let kind = Self.programCounter(text) {
            self = kind
            return
        }
        var startsTrace = false
        for word in Self.traceStarts where text.has(prefix: word) {
            startsTrace = true
            text = text[(text.startIndex + word.utf8CodeUnitCount)...].trimmed
            break
        }
        if let frame = Self.frame(text) {
            self = .frame(frame)
        } else {
            self = startsTrace ? .traceStart : .other
        }
    }

    private static let traceStarts: [StaticString] = [
        "Call Trace:", "Call trace:", "Backtrace:", "backtrace:", "backtrace (crc",
    ]

    /// A frame in one of the ways architectures and versions print it:
    ///
    ///     function+0x12/0x34 [module]
    ///     ? function+0x12/0x34
    ///     <IRQ> [<ffffffff81234567>] ? function+0x12/0x34
    ///     [<c0123456>] (function [module]) from [<c0123460>] (caller+0x12/0x34)
    ///     function from caller+0x12/0x34
    ///     function file.c:12 [inline]
    static func frame(_ line: Text) -> StackFrame? {
        var text = line.drop(while: \.isBlank)
        while let marker = stackMarker(text) { text = text[marker.endIndex...].drop(while: \.isBlank) }
        var isReliable = true
        func skipQuestionMark() {
            guard let rest = text.dropping(prefix: "? ") else { return }
            isReliable = false
            text = rest.drop(while: \.isBlank)
        }
        skipQuestionMark()
        while let address = address(text) { text = text[address.endIndex...].drop(while: \.isBlank) }
        skipQuestionMark()
        if text.has(suffix: "(unreliable)") { isReliable = false }
        guard var frame = SymbolParser.frame(text)?.frame ?? armFrame(text) ?? inlineFrame(text) else {
            return nil
        }
        frame.isReliable = isReliable
        return frame
    }

    /// `<IRQ>`, `</TASK>`, `<<EOE>>`, `#PF`.
    private static func stackMarker(_ text: Text) -> Text? {
        guard text.first == UInt8(ascii: "<"), let end = text.lastIndex(of: UInt8(ascii: ">")) else {
            return nil
        }
        let marker = text[...(text.firstIndex { $0.isBlank } ?? text.endIndex - 1)].trimmed
        guard marker.endIndex <= end + 1, marker.count <= 12 else { return nil }
        let isUpper = marker.allSatisfy {
            ($0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z")) || $0.isDigit || "<>/#_".utf8.contains($0)
        }
        return isUpper && marker.last == UInt8(ascii: ">") ? marker : nil
    }

    /// `[<ffffffff81234567>]`, `[c0000000001234]`, `[<(ptrval)>]`.
    private static func address(_ text: Text) -> Text? {
        guard text.first == UInt8(ascii: "["), let end = text.firstIndex(of: UInt8(ascii: "]")) else {
            return nil
        }
        var inner = text[(text.startIndex + 1)..<end]
        if let bare = inner.dropping(prefix: "<"), bare.last == UInt8(ascii: ">") { inner = bare.dropLast() }
        let isAddress = inner.count >= 8 && inner.allSatisfy(\.isHexDigit)
        return isAddress || inner.has("ptrval") ? text[...end] : nil
    }

    /// `(function) from [<...>] (caller+0x1/0x2)`, `function from caller+0x1/0x2`.
    private static func armFrame(_ text: Text) -> StackFrame? {
        guard let split = text.range(of: " from ") else { return nil }
        var caller = text[split.upperBound...]
        if let address = address(caller) { caller = caller[address.endIndex...].drop(while: \.isBlank) }
        if let bare = caller.dropping(prefix: "(") { caller = bare }
        guard SymbolParser.frame(caller) != nil else { return nil }
        var inner = text[..<split.lowerBound]
        if let bare = inner.dropping(prefix: "("), bare.last == UInt8(ascii: ")") { inner = bare.dropLast() }
        if let (frame, _) = SymbolParser.frame(inner) { return frame }
        let symbol = SymbolParser.symbol(inner)
        guard !symbol.isEmpty, symbol.first?.isDigit == false else { return nil }
        let rest = inner[symbol.endIndex...]
        guard rest.isEmpty || rest.has(prefix: " [") else { return nil }
        return StackFrame(function: SymbolParser.function(of: symbol), symbol: symbol.string)
    }

    /// `function file.c:12 [inline]`, which symbolizers add.
    private static func inlineFrame(_ text: Text) -> StackFrame? {
        guard text.has(suffix: " [inline]") else { return nil }
        let symbol = SymbolParser.symbol(text)
        guard !symbol.isEmpty, text[symbol.endIndex...].has(prefix: " ") else { return nil }
        return StackFrame(function: SymbolParser.function(of: symbol), symbol: symbol.string)
    }
}
