// SPDX-License-Identifier: Apache-2.0

/// The parameter string of a module, as `insmod` and `finit_module(2)` take it: `name=value name="a b"`.
///
/// As for the kernel, `-` and `_` in names are the same, and of a name given twice the last value counts.
public struct ModuleParameters: Sendable, Equatable {
    private var values: [String: String] = [:]

    /// Reads a parameter string.
    public init(_ text: String) {
        var word = ""
        var isQuoted = false
        for character in text + " " {
            if character == "\"" {
                isQuoted.toggle()
            } else if character.isWhitespace && !isQuoted {
                add(word)
                word = ""
            } else {
                word.append(character)
            }
        }
    }

    private mutating func add(_ word: String) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first, !name.isEmpty else { return }
        values[String(name).replacing("-", with: "_")] = parts.count > 1 ? String(parts[1]) : ""
    }

    /// The value of a parameter, nil when it is not given.
    public subscript(name: String) -> String? { values[name] }

    /// A number as C writes it: decimal, `0x...`, or octal with a leading 0.
    static func integer(_ text: some StringProtocol) -> UInt64? {
        let digits = text.lowercased()
        if digits.hasPrefix("0x") { return UInt64(digits.dropFirst(2), radix: 16) }
        if digits.count > 1, digits.hasPrefix("0") { return UInt64(digits.dropFirst(), radix: 8) }
        return UInt64(digits)
    }
}
