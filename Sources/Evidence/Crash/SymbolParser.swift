// SPDX-License-Identifier: Apache-2.0

/// Reads `function.isra.0+0x12/0x34 [module]`, as `%pS` and its relatives print an address.
enum SymbolParser {
    /// The frame at the start of `text`, and what follows it. Nil when there is none.
    static func frame(_ text: Text) -> (frame: StackFrame, rest: Text)? {
        let symbol = self.symbol(text)
        guard !symbol.isEmpty, symbol.first?.isDigit == false else { return nil }
        var rest = text[symbol.endIndex...]
        guard let offset = hex(&rest, after: "+0x") else { return nil }
        let size = hex(&rest, after: "/0x")
        let module = self.module(&rest)
        return (
            StackFrame(
                function: function(of: symbol), symbol: symbol.string, offset: offset, size: size,
                module: module),
            rest
        )
    }

    /// The longest symbol at the start of `text`. Rust symbols have paths and angle brackets in them.
    static func symbol(_ text: Text) -> Text {
        var index = text.startIndex
        var depth = 0
        while index < text.endIndex {
            let byte = text[index]
            if byte == UInt8(ascii: "<") {
                depth += 1
            } else if byte == UInt8(ascii: ">"), depth > 0 {
                depth -= 1
            } else if !(byte.isWordByte || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
                || byte == UInt8(ascii: "$") || (depth > 0 && byte == UInt8(ascii: " ")))
            {
                break
            }
            index += 1
        }
        return depth == 0 ? text[..<index] : text[..<text.startIndex]
    }

    /// The function a symbol belongs to: compilers append `.isra.0`, `.constprop.0`, `.part.0`, `.cold`.
    static func function(of symbol: Text) -> String { symbol.prefix { $0 != UInt8(ascii: ".") }.string }

    private static func hex(_ text: inout Text, after prefix: StaticString) -> UInt64? {
        guard let digits = text.dropping(prefix: prefix)?.prefix(while: \.isHexDigit),
            !digits.isEmpty, digits.count <= 16
        else { return nil }
        text = text[digits.endIndex...]
        return digits.reduce(0) { $0 << 4 | UInt64($1.hexValue ?? 0) }
    }

    /// ` [module]` or ` [module build-id]`.
    private static func module(_ text: inout Text) -> String? {
        guard let inner = text.dropping(prefix: " ["), let end = inner.firstIndex(of: UInt8(ascii: "]"))
        else {
            return nil
        }
        let name = inner[..<end].firstWord
        guard !name.isEmpty, name.allSatisfy({ $0.isWordByte || $0 == UInt8(ascii: "-") }),
            !name.isEqual("inline")
        else { return nil }
        text = text[(end + 1)...]
        return name.string
    }
}
