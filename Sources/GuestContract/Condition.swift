// SPDX-License-Identifier: Apache-2.0

/// What must hold for a text: the contents of a file of proc or sys, or the kernel log.
public enum Condition: Sendable, Equatable {
    /// The text without spaces and line ends around it is this.
    case equals(String)
    /// This stands somewhere in it.
    case contains(String)
    /// This stands nowhere in it.
    case lacks(String)
    /// Its first number is not below this.
    case atLeast(Int64)
    /// Its first number is not above this.
    case atMost(Int64)

    /// Whether it holds.
    public func holds(for text: String) -> Bool {
        switch self {
        case .equals(let wanted): Self.trimmed(text) == wanted
        case .contains(let wanted): Self.occurs(wanted, in: text)
        case .lacks(let unwanted): !Self.occurs(unwanted, in: text)
        case .atLeast(let least): Self.number(text).map { $0 >= least } ?? false
        case .atMost(let most): Self.number(text).map { $0 <= most } ?? false
        }
    }

    /// What is wanted, for a message.
    public var wish: String {
        switch self {
        case .equals(let text): "\"\(text)\""
        case .contains(let text): "something with \"\(text)\""
        case .lacks(let text): "nothing with \"\(text)\""
        case .atLeast(let number): "at least \(number)"
        case .atMost(let number): "at most \(number)"
        }
    }

    private static func trimmed(_ text: String) -> String {
        let characters = text.drop(while: \.isWhitespace)
        let kept = characters.lastIndex { !$0.isWhitespace }
        return kept.map { String(characters[...$0]) } ?? ""
    }

    private static func number(_ text: String) -> Int64? {
        trimmed(text).split(whereSeparator: \.isWhitespace).first.flatMap { Int64($0) }
    }

    /// By bytes, and without Foundation, which the agent does not have.
    private static func occurs(_ needle: String, in text: String) -> Bool {
        let needle = Array(needle.utf8)
        let text = Array(text.utf8)
        guard let first = needle.first else { return true }
        guard text.count >= needle.count else { return false }
        return (0...(text.count - needle.count)).contains { start in
            text[start] == first && text[start..<(start + needle.count)].elementsEqual(needle)
        }
    }
}
