// SPDX-License-Identifier: Apache-2.0

import Evidence
import Testing

@testable import LabEngine

@Suite("What the post-mortem script prints")
struct PostmortemParserTests {
    private func parse(_ lines: [String]) -> Postmortem {
        var parser = PostmortemParser()
        for line in lines { parser.take(line) }
        return parser.finish()
    }

    @Test("Every kind of line is taken")
    func kinds() {
        let result = parse([
            #"{"kind": "log", "lines": ["[    0.000000][    T0] Linux version 6.18.5", "two"]}"#,
            #"{"kind": "cpu", "cpu": 1, "crashed": true, "idle": false, "pid": 56, "comm": "init", "state": "R", "#
                + #""frames": [{"address": 18446744072098955264, "symbol": "start_oops", "offset": 2, "size": 11, "#
                + #""module": "canary", "function": "start_oops", "inlined": false, "exact": true}]}"#,
            #"{"kind": "task", "pid": 7, "comm": "x", "state": "D", "locks": [{"name": "&a", "lock": 1}]}"#,
            #"{"kind": "module", "name": "canary", "state": "coming", "references": 1, "has_symbols": true, "#
                + #""sections": [{"name": ".text", "address": 4096}], "parameters": [{"name": "a", "value": "b"}]}"#,
            #"{"kind": "fact", "name": "tasks traced", "value": "51"}"#,
            #"{"kind": "ring", "size": 16, "head": 20, "read": 5, "lost": 0}"#,
            #"{"kind": "records", "data": "AQID"}"#,
            #"{"kind": "account", "pid": 1, "comm": "init", "runtime_ns": 9, "energy_uj": -3, "exiting": false}"#,
            #"{"kind": "problem", "text": "one"}"#, #"{"kind": "end"}"#,
        ])
        #expect(result.log.count == 2)
        #expect(result.cpus.first?.frames?.first?.printed == "start_oops+0x2/0xb [canary]")
        #expect(result.cpus.first?.frames?.first?.address == 18_446_744_072_098_955_264)
        #expect(result.tasks.first?.locks?.first?.name == "&a")
        #expect(result.modules.first?.sections?.first?.address == 4096)
        #expect(result.modules.first?.hasSymbols == true)
        #expect(result.facts == [.init(name: "tasks traced", value: "51")])
        #expect(result.ring?.head == 20)
        #expect(result.records == [1, 2, 3])
        #expect(result.accounts.first?.energyUj == -3)
        #expect(result.problems == ["one"])
        #expect(result.isComplete)
    }

    @Test("Lines that are not what they should be cost themselves, and are counted")
    func malformed() {
        let result = parse([
            "", "Traceback (most recent call last):", "{", "[]", "null", #"{"kind": 7}"#,
            #"{"kind": "nonsense"}"#,
            #"{"kind": "cpu"}"#, #"{"kind": "records", "data": "not base64 at all!"}"#,
            #"{"kind": "ring", "size": -1, "head": 1e99, "read": 0, "lost": 0}"#,
            #"{"kind": "cpu", "cpu": 0, "pid": 99999999999, "comm": "x", "state": "R"}"#,
            String(repeating: "[", count: 60000), #"{"kind": "fact", "name": "a", "value": "b"}"#,
        ])
        #expect(result.facts.count == 1)
        #expect(result.cpus.isEmpty && result.records.isEmpty && result.ring == nil)
        #expect(!result.isComplete)
        #expect(result.problems.contains { $0.contains("Traceback") })
        #expect(result.problems.last == "12 lines of the script were not understood")
    }

    @Test("Whatever the script prints, it is bounded")
    func bounded() {
        var parser = PostmortemParser()
        let line = #"{"kind": "log", "lines": [""# + String(repeating: "x", count: 50000) + #""]}"#
        for _ in 0..<300 { parser.take(line) }
        for _ in 0..<1000 { parser.take("not JSON") }
        for _ in 0..<5000 { parser.take(#"{"kind": "fact", "name": "a", "value": "b"}"#) }
        let result = parser.finish()
        #expect(result.log.reduce(0) { $0 + $1.utf8.count } < 9 << 20)
        #expect(result.facts.count < 4096)
        #expect(result.problems.count <= 101)
        #expect(result.problems.contains { $0.contains("left out") })
    }

    @Test("The text shows every part, and no control character of the guest's")
    func text() {
        var postmortem = parse([
            #"{"kind": "cpu", "cpu": 0, "crashed": true, "pid": 1, "comm": "in\u001b[31m", "state": "R", "frames": "#
                + #"[{"symbol": "f", "offset": 1, "size": 2, "file": "/src/f.c", "line": 3}], "#
                + #""locks": [{"name": "&lock", "lock": 255, "symbol": "g", "offset": 4, "module": "m"}]}"#,
            #"{"kind": "log", "lines": ["the log"]}"#,
        ])
        let text = PostmortemText(postmortem: postmortem, title: "Post-mortem") { "\($0):\($1)" }.text
        #expect(text.contains("CPU 0, which panicked: in\\x1b[31m (1), R"))
        #expect(text.contains("    f+0x1/0x2  /src/f.c:3"))
        #expect(text.contains("&lock (0xff), taken at g+0x4 [m]"))
        #expect(text.contains("cut short"))
        #expect(text.hasSuffix("the log\n\n"))
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
        postmortem.isComplete = true
        #expect(!PostmortemText(postmortem: postmortem, title: "") { _, _ in "" }.text.contains("cut short"))
    }
}
