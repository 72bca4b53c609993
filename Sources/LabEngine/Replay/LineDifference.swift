// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Where two texts begin to differ.
public struct LineDifference: Sendable, Codable, Equatable {
    /// The number of the first line that is not the same, from 1.
    public var line: Int
    /// Lines before it, which both have.
    public var before: [String]
    /// That line and some behind it, as the first text has them; empty where that has ended.
    public var first: [String]
    /// The same of the second text.
    public var second: [String]

    /// Lines before and behind that are shown.
    private static let context = 3
    /// Most of one line that is shown, bytes.
    private static let width = 500

    /// Compares byte by byte; nil when the texts are the same.
    public static func between(_ first: Data, _ second: Data) -> LineDifference? {
        if first == second { return nil }
        let common = zip(first, second).prefix { $0 == $1 }.count
        let newline = UInt8(ascii: "\n")
        let head = first.prefix(common)
        let start = head.lastIndex(of: newline).map { $0 - head.startIndex + 1 } ?? 0
        let before = first.prefix(start).split(separator: newline, omittingEmptySubsequences: false)
            .dropLast()
        return LineDifference(
            line: head.count { $0 == newline } + 1, before: before.suffix(context).map(text),
            first: lines(first.dropFirst(start)), second: lines(second.dropFirst(start)))
    }

    private static func lines(_ rest: Data) -> [String] {
        if rest.isEmpty { return [] }
        var lines = rest.split(
            separator: UInt8(ascii: "\n"), maxSplits: context, omittingEmptySubsequences: false)
        // Behind the last line's end there is no line; or, where there are more, what is left of them.
        if lines.count > context || lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map(text)
    }

    private static func text(_ line: Data) -> String { String(decoding: line.prefix(width), as: UTF8.self) }
}
