// SPDX-License-Identifier: Apache-2.0

/// Text that a guest wrote, for a terminal or a page.
public enum TerminalText {
    /// The text without what would steer the terminal.
    public static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { printable($0) }))
    }

    /// The same, of a text that may be as long as a guest likes.
    static func short(_ text: String, bytes: Int = 1000) -> String { printable(cut(text, bytes: bytes)) }

    /// The same in one line.
    static func line(_ text: String, bytes: Int = 1000) -> String {
        printable(cut(text, bytes: bytes).split(whereSeparator: \.isNewline).joined(separator: " "))
    }

    /// No more than so many bytes of a text, and how many are left out.
    static func cut(_ text: String, bytes: Int = 1000) -> String {
        let left = text.utf8.count - bytes
        guard left > 0 else { return text }
        return String(decoding: text.utf8.prefix(bytes), as: UTF8.self) + " … \(left) more bytes"
    }

    /// The character, or what stands for it when it would steer the terminal.
    static func printable(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        scalar == "\t" || scalar.properties.generalCategory != .control ? scalar : "\u{FFFD}"
    }
}
