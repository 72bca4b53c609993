// SPDX-License-Identifier: Apache-2.0

/// A piece of a log, as bytes: logs are not always valid UTF-8, and comparing bytes is fast.
typealias Text = ArraySlice<UInt8>

extension ArraySlice<UInt8> {
    /// A piece that has the bytes of a string.
    init(_ string: String) { self = Array(string.utf8)[...] }

    /// Decoded; what is no UTF-8 is repaired.
    var string: String { String(decoding: self, as: UTF8.self) }

    func has(prefix: StaticString) -> Bool { matches(prefix, at: startIndex) }

    func has(suffix: StaticString) -> Bool {
        count >= suffix.utf8CodeUnitCount && matches(suffix, at: endIndex - suffix.utf8CodeUnitCount)
    }

    func has(_ word: StaticString) -> Bool { range(of: word) != nil }

    /// Whether it is exactly this word.
    func isEqual(_ word: StaticString) -> Bool {
        count == word.utf8CodeUnitCount && matches(word, at: startIndex)
    }

    /// Whether `word` stands at `index`.
    func matches(_ word: StaticString, at index: Int) -> Bool {
        let length = word.utf8CodeUnitCount
        guard index >= startIndex, endIndex - index >= length else { return false }
        let start = word.utf8Start
        for offset in 0..<length where self[index + offset] != start[offset] { return false }
        return true
    }

    /// Where `word` stands first.
    func range(of word: StaticString) -> Range<Int>? {
        let length = word.utf8CodeUnitCount
        guard length > 0, count >= length else { return nil }
        for index in startIndex...(endIndex - length) where matches(word, at: index) {
            return index..<(index + length)
        }
        return nil
    }

    /// What follows the first `word`, nil when there is none.
    func after(_ word: StaticString) -> Text? { range(of: word).map { self[$0.upperBound...] } }

    /// What precedes the first `word`, nil when there is none.
    func before(_ word: StaticString) -> Text? { range(of: word).map { self[..<$0.lowerBound] } }

    /// What is between the first `open` and the first `close` after it.
    func between(_ open: StaticString, _ close: StaticString) -> Text? { after(open)?.before(close) }

    /// What follows `prefix`, nil when it does not start with that.
    func dropping(prefix: StaticString) -> Text? {
        has(prefix: prefix) ? self[(startIndex + prefix.utf8CodeUnitCount)...] : nil
    }

    /// Without blanks at both ends.
    var trimmed: Text {
        var end = endIndex
        while end > startIndex, self[end - 1].isBlank || self[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        return self[..<end].drop(while: \.isBlank)
    }

    /// The first run of non-blank bytes.
    var firstWord: Text { drop(while: \.isBlank).prefix { !$0.isBlank } }
}
