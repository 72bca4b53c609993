// SPDX-License-Identifier: Apache-2.0

/// Makes a title of a message of no known form.
enum GenericTitle {
    /// The message without what changes from boot to boot: addresses become `ADDR`, numbers `NUM`, and
    /// `function+0x1/0x2` just the function.
    static func of(_ message: Text) -> String {
        let text = message.trimmed
        var result: [UInt8] = []
        var rest = text
        while let byte = rest.first {
            let word = rest.prefix(while: \.isWordByte)
            guard !word.isEmpty else {
                result.append(byte)
                rest = rest.dropFirst()
                continue
            }
            rest = rest[word.endIndex...]
            result += replacement(word)
            if let offset = rest.dropping(prefix: "+0x") {
                let tail = offset.drop { $0.isHexDigit || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "x") }
                rest = tail
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func replacement(_ word: Text) -> [UInt8] {
        if word.has(prefix: "0x") && word.count > 2 { return Array("ADDR".utf8) }
        if word.allSatisfy(\.isDigit) { return Array(word.count >= 8 ? "ADDR".utf8 : "NUM".utf8) }
        if word.count >= 8, word.allSatisfy(\.isHexDigit), word.contains(where: \.isDigit) {
            return Array("ADDR".utf8)
        }
        return Array(word)
    }
}
