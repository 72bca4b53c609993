// SPDX-License-Identifier: Apache-2.0

/// How many bytes a part of a page may still take. A guest decides what it logs and how long its lines are, and a page must
/// open on a phone all the same: everything it wrote goes through here.
struct PageAllowance {
    /// Most bytes of one piece of text, such as a line of the log, escaped.
    static let pieceLimit = 4096

    /// Bytes that are left.
    private(set) var left: Int
    /// Whether something was refused.
    private(set) var isSpent = false

    /// Room for so many bytes, escaped, markup included.
    init(_ bytes: Int) { left = bytes }

    /// The text as the page may have it: printable, not longer than `limit`, and saying what it lacks.
    ///
    /// - Parameter markup: Bytes that the page puts around it.
    /// - Returns: nil when there is no room left for it.
    mutating func take(_ text: String, limit: Int = Self.pieceLimit, markup: Int = 64) -> String? {
        guard !isSpent else { return nil }
        let piece = Self.clipped(text, to: min(limit, Self.pieceLimit))
        let cost = Self.escapedBytes(piece) + markup
        guard cost <= left else {
            isSpent = true
            return nil
        }
        left -= cost
        return piece
    }

    /// As many of the texts from the first on as there is room for.
    mutating func take(_ texts: some Sequence<String>, limit: Int = Self.pieceLimit) -> [String] {
        var taken: [String] = []
        for text in texts {
            guard let piece = take(text, limit: limit) else { break }
            taken.append(piece)
        }
        return taken
    }

    /// Printable text of at most `limit` bytes, escaped. What it lacks is said at its end, which comes on top.
    static func clipped(_ text: String, to limit: Int) -> String {
        let (piece, left) = cut(text, to: limit)
        return left == 0 ? piece : "\(piece) … \(left) more bytes are left out"
    }

    /// Whether a text is longer than one piece may be.
    static func isClipped(_ text: String) -> Bool { cut(text, to: pieceLimit).left > 0 }

    private static func cut(_ text: String, to limit: Int) -> (piece: String, left: Int) {
        var piece = String.UnicodeScalarView()
        var bytes = 0
        for place in text.unicodeScalars.indices {
            let scalar = TerminalText.printable(text.unicodeScalars[place])
            bytes += escapedBytes(scalar)
            guard bytes <= limit else { return (String(piece), text[place...].utf8.count) }
            piece.append(scalar)
        }
        return (String(piece), 0)
    }

    /// Bytes of a text in HTML, where five characters become entities.
    static func escapedBytes(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + escapedBytes($1) }
    }

    private static func escapedBytes(_ scalar: Unicode.Scalar) -> Int {
        switch scalar {
        case "<", ">": 4
        case "&", "'": 5
        case "\"": 6
        default: UTF8.width(scalar)
        }
    }
}
