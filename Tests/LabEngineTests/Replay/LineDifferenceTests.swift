// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine
import Testing

@Suite("Where two texts begin to differ")
struct LineDifferenceTests {
    private func compare(_ first: String, _ second: String) -> LineDifference? {
        LineDifference.between(Data(first.utf8), Data(second.utf8))
    }

    @Test("The same bytes do not differ", arguments: ["", "\n", "a", "a\nb\n"])
    func same(text: String) { #expect(compare(text, text) == nil) }

    @Test("The first line that differs, with what is before and behind it")
    func middle() throws {
        let difference = try #require(compare("1\n2\n3\n4\n5\n6\n7\n8\n", "1\n2\n3\n4\nx\n6\n7\n8\n"))
        #expect(difference.line == 5)
        #expect(difference.before == ["2", "3", "4"])
        #expect(difference.first == ["5", "6", "7"])
        #expect(difference.second == ["x", "6", "7"])
    }

    @Test("A difference in the first line, and within a line")
    func beginning() throws {
        let difference = try #require(compare("abc\nd\n", "abX\nd\n"))
        #expect(difference.line == 1 && difference.before.isEmpty)
        #expect(difference.first == ["abc", "d"] && difference.second == ["abX", "d"])
    }

    @Test("One text is the beginning of the other")
    func shorter() throws {
        let lines = try #require(compare("a\nb\n", "a\nb\nc\n"))
        #expect(lines.line == 3 && lines.first.isEmpty && lines.second == ["c"])
        let bytes = try #require(compare("a\nb", "a\nbc"))
        #expect(bytes.line == 2 && bytes.first == ["b"] && bytes.second == ["bc"])
        let newline = try #require(compare("a", "a\n"))
        #expect(newline.line == 1 && newline.first == ["a"] && newline.second == ["a"])
        let empty = try #require(compare("", "a\n"))
        #expect(empty.line == 1 && empty.first.isEmpty && empty.second == ["a"])
    }

    @Test("Bytes that are no text, in slices of larger data, and endless lines")
    func bytes() throws {
        let data = Data([0, 10, 255, 10, 200, 10])
        let difference = try #require(LineDifference.between(data.dropFirst(2), Data([255, 10, 201, 10])))
        #expect(difference.line == 2 && difference.before.count == 1)
        let long = String(repeating: "x", count: 100_000)
        let cut = try #require(compare(long + "a", long + "b"))
        #expect(cut.first[0].utf8.count < 1000)
    }
}
