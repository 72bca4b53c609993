// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Evidence

@Suite struct KernelLogRecordTests {
    @Test func readsAllFields() throws {
        let record = try #require(
            KernelLogRecord(
                kmsg: Array("6,1234,5678901,-,caller=T12;hello, world; again\n SUBSYSTEM=pci\n".utf8)))
        #expect(
            record
                == KernelLogRecord(
                    priority: 6, facility: 0, seq: 1234, timeUs: 5_678_901, caller: "T12",
                    message: "hello, world; again"))
    }

    @Test func splitsPriorityAndFacility() throws {
        let record = try #require(KernelLogRecord(kmsg: Array("30,1,2,c;from user space".utf8)))
        #expect(record.priority == 6)
        #expect(record.facility == 3)
        #expect(record.isContinuation)
        #expect(record.caller == nil)
    }

    @Test func unescapes() throws {
        let record = try #require(
            KernelLogRecord(
                kmsg: Array(#"6,1,2,-;two\x0alines, \xc3\xa4, a \x5c and \x1b[31m, \xzz \x4"#.utf8)))
        #expect(record.message == "two\nlines, ä, a \\ and \\x1b[31m, \\xzz \\x4")
    }

    @Test(arguments: [
        "", ";", "6;x", "6,1,2;x", "6,1,2,-", "x,1,2,-;m", "6,-1,2,-;m", "6,1,99999999999999999999,-;m",
        "99999999,1,2,-;m",
    ])
    func refusesWhatIsNoRecord(_ text: String) {
        #expect(KernelLogRecord(kmsg: Array(text.utf8)) == nil)
    }

    @Test func isSafeOnAnyBytes() {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0..<80, using: &random)).map { _ in
                Bool.random(using: &random)
                    ? UInt8.random(in: 0...255, using: &random)
                    : "6,;\\x0a- ".utf8.randomElement(using: &random) ?? 0
            }
            let message = KernelLogRecord(kmsg: bytes)?.message ?? ""
            #expect(!message.utf8.contains(0x1b) || bytes.contains(0x1b))
        }
    }
}

@Suite struct ConsoleLineTests {
    @Test func readsThePrefix() {
        #expect(
            ConsoleLine("[    1.234567][  T12] text".utf8)
                == ConsoleLine(timeUs: 1_234_567, caller: "T12", text: "text"))
        #expect(
            ConsoleLine("[12345.000001][   C1]  indented".utf8)
                == ConsoleLine(timeUs: 12_345_000_001, caller: "C1", text: " indented"))
        #expect(
            ConsoleLine("[    0.000000] Linux version".utf8) == ConsoleLine(timeUs: 0, text: "Linux version"))
        #expect(ConsoleLine("<6>[    0.000010] level".utf8) == ConsoleLine(timeUs: 10, text: "level"))
    }

    @Test(arguments: [
        "no prefix", "[1.23] short", "[ x.123456] text", "[    1.234567", "[T12] only a caller", "", "[",
        "[ 99999999999999999999.000000] too long",
    ])
    func leavesOtherLinesAlone(_ text: String) {
        #expect(ConsoleLine(text.utf8) == ConsoleLine(text: text))
    }

    @Test func takesOtherBracketsAsText() {
        #expect(ConsoleLine("[    1.000000] [drm] ok".utf8).text == "[drm] ok")
        #expect(ConsoleLine("[    1.000000][Tx] ok".utf8).text == "[Tx] ok")
        #expect(ConsoleLine("[    1.000000][   T1][drm] ok".utf8).text == "[drm] ok")
    }

    @Test func dropsCarriageReturnsAndColours() {
        let line = ConsoleLine("\u{1b}[1;31m[    1.000000][   T1] red\u{1b}[0m \u{7}bell\r".utf8)
        #expect(line == ConsoleLine(timeUs: 1_000_000, caller: "T1", text: "red ?bell"))
    }

    @Test func printsAsTheKernelDoes() {
        for text in [
            "[    1.234567][   T12] text", "[12345.000001][    C1]  x", "[    0.000000] Linux", "bare",
        ] {
            #expect(ConsoleLine(text.utf8).printed == text)
        }
    }

    @Test func splitsLines() {
        #expect(ConsoleLine.lines(of: Array("a\r\n\nb".utf8)).map(\.text) == ["a", "", "b"])
        #expect(ConsoleLine.lines(of: []).isEmpty)
    }
}
