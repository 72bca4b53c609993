// SPDX-License-Identifier: Apache-2.0

/// Colours of a terminal, or none.
///
/// The escape sequences are the SGR ones of ECMA-48, which every terminal of the last decades reads.
public struct TerminalStyle: Sendable {
    private let colour: Bool

    /// - Parameter colour: Whether to colour at all: only for a terminal, and never with `NO_COLOR`.
    public init(colour: Bool) { self.colour = colour }

    /// Emphasis.
    public func bold(_ text: String) -> String { wrap(text, "1") }
    /// What matters less.
    public func dim(_ text: String) -> String { wrap(text, "2") }
    /// What is wrong.
    public func red(_ text: String) -> String { wrap(text, "1;31") }
    /// What is right.
    public func green(_ text: String) -> String { wrap(text, "1;32") }
    /// What is in doubt.
    public func yellow(_ text: String) -> String { wrap(text, "1;33") }

    private func wrap(_ text: String, _ code: String) -> String {
        colour ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

/// Text in columns, each as wide as its widest cell.
public struct TextTable {
    private var rows: [[String]]
    private let rightAligned: Set<Int>

    /// A table with these column heads; the columns named by their places are aligned to the right.
    public init(header: [String], rightAligned: Set<Int>) {
        rows = [header]
        self.rightAligned = rightAligned
    }

    /// Adds a row.
    public mutating func add(_ row: [String]) { rows.append(row) }

    /// The rows, each after `indent`.
    public func lines(indent: String) -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: max(0, widths[column] - cell.count))
                return rightAligned.contains(column) ? padding + cell : cell + padding
            }
            var line = indent + cells.joined(separator: "  ")
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }
    }
}
