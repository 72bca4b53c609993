// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Evidence

@Suite struct ListedTaskTests {
    private static let log = """
        [    9.000000][   T12] sysrq: Show Blocked State
        [    9.000001][   T12] task:rmmod           state:D stack:0     pid:45    tgid:45    ppid:2      task_flags:0x208040
        [    9.000002][   T12] Call Trace:
        [    9.000003][   T12]  <TASK>
        [    9.000004][    C1] perf: interrupt took too long
        [    9.000005][   T12]  __schedule+0x4cb/0xa00
        [    9.000006][   T12]  ? old_call+0x1/0x2 [canary]
        [    9.000007][   T12]  stop_stuck+0x2c/0x40 [canary]
        [    9.000008][   T12]  </TASK>
        [    9.000009][   T12]  not_of_it+0x1/0x2 [canary]
        [    9.000010][   T12] task:a name with blanks state:D stack:0     pid:7     tgid:7     ppid:2
        [    9.000011][   T12]  schedule+0x22/0x70

        """

    @Test func readsTasksAndTheirStacks() throws {
        let tasks = ListedTask.all(in: Array(Self.log.utf8))
        #expect(tasks.map(\.name) == ["rmmod", "a name with blanks"])
        #expect(tasks.map(\.pid) == [45, 7])
        let frames = try #require(tasks.first).frames
        #expect(frames.map(\.function) == ["__schedule", "old_call", "stop_stuck"])
        #expect(frames.map(\.isReliable) == [true, false, true])
        #expect(tasks.first?.lines.count == 7)
    }

    @Test(arguments: [
        "", "task:x state:D pid:1", "[    1.000000] task:x state:D pid:", "[    1.000000] task: pid:4",
    ])
    func findsNothingInWhatIsNoList(_ log: String) {
        #expect(ListedTask.all(in: Array(log.utf8)).isEmpty)
    }

    @Test func keepsWithinBounds() {
        let line = "[    1.000000] task:x state:D stack:0 pid:1\n"
        #expect(ListedTask.all(in: Array(String(repeating: line, count: 5000).utf8)).count == 1024)
        let frames = String(repeating: "[    1.000000]  f+0x1/0x2\n", count: 500)
        #expect(ListedTask.all(in: Array((line + frames).utf8)).first?.frames.count == 63)
    }
}
