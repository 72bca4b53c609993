// SPDX-License-Identifier: Apache-2.0

/// Text that a guest wrote, for a terminal or a page.
public enum TerminalText {
    /// The text without what would steer the terminal.
    public static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { printable($0) }))
    }

    /// The character, or what stands for it when it would steer the terminal.
    static func printable(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        scalar == "\t" || scalar.properties.generalCategory != .control ? scalar : "\u{FFFD}"
    }
}
