// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Evidence

@Suite struct CrashClassifierTests {
    private let classifier = CrashClassifier()

    private func only(_ text: String, caller: String = "T101") throws -> Finding {
        let findings = classifier.classify(ReportFixtures.bytes(text, caller: caller))
        #expect(findings.count == 1)
        return try #require(findings.first)
    }

    @Test(arguments: [
        (
            ReportFixtures.sleepInHook, CrashClass.atomicContext, "pacct_count",
            "BUG: sleeping function called from invalid context in pacct_count"
        ),
        (
            ReportFixtures.useAfterFree, .kasanUseAfterFree, "pacct_find",
            "KASAN: slab-use-after-free Read in pacct_find"
        ),
        (
            ReportFixtures.nullPointer, .nullDereference, "pacct_estimate",
            "BUG: unable to handle kernel NULL pointer dereference in pacct_estimate"
        ),
        (ReportFixtures.warning, .warning, "pacct_read", "WARNING in pacct_read"),
        (ReportFixtures.deadlock, .lockdep, "pacct_remove", "possible deadlock in pacct_remove"),
        (ReportFixtures.softLockup, .stall, "pacct_update", "BUG: soft lockup in pacct_update"),
        (ReportFixtures.hungTask, .taskHung, "pacct_exit", "INFO: task hung in pacct_exit"),
    ])
    func knowsTheReport(_ text: String, _ crashClass: CrashClass, _ function: String, _ title: String) throws
    {
        let finding = try only(text)
        #expect(finding.crashClass == crashClass)
        #expect(finding.function == function)
        #expect(finding.title == title)
        #expect(finding.location == nil)
        #expect(finding.frames.contains { $0.function == function && $0.module == "pacct_energy" })
        let answer = classifier.classifyCorpus(ReportFixtures.bytes(text))
        #expect(answer.crash && !answer.corrupted)
        #expect(answer.function == function)
    }

    @Test(arguments: [
        (
            "BUG: unable to handle page fault for address: ffffa1b2c3d4e5f6\nOops: Oops: 0002 [#1] SMP",
            CrashClass.pageFault
        ),
        (
            "Oops: general protection fault, probably for non-canonical address 0xdead000000000108: 0000 [#1] SMP",
            .generalProtection
        ),
        ("Oops: divide error: 0000 [#1] SMP", .cpuTrap), ("Oops: int3: 0000 [#1] SMP", .cpuTrap),
        ("Oops: alignment check: 0000 [#1] SMP", .cpuTrap),
        (
            "------------[ cut here ]------------\nkernel BUG at tasks.c:12!\nOops: invalid opcode: 0000 [#1] SMP",
            .kernelBug
        ),
        (
            "BUG: TASK stack guard page was hit at 0000000001 (stack is 0000000002..0000000003)\nOops: stack guard page: 0000 [#1] SMP",
            .stackCorruption
        ),
    ])
    func knowsFaults(_ header: String, _ crashClass: CrashClass) throws {
        let finding = try only(
            header + """

                \(ReportFixtures.cpuLine)
                RIP: 0010:pacct_read+0x66/0x90 [pacct_energy]
                Call Trace:
                 <TASK>
                 pacct_work+0x4a/0xc0 [pacct_energy]
                 process_one_work+0x1a3/0x3f0
                 </TASK>
                ---[ end trace 0000000000000000 ]---
                """)
        #expect(finding.crashClass == crashClass)
        #expect(finding.function == "pacct_read")
        #expect(finding.consequences.isEmpty)
    }

    @Test func namesTheCallerOfAHelper() throws {
        let text = """
            ------------[ cut here ]------------
            refcount_t: underflow; use-after-free.
            WARNING: CPU: 0 PID: 9 at lib/refcount.c:28 refcount_warn_saturate+0xba/0x110
            Modules linked in:
            CPU: 0 UID: 0 PID: 9 Comm: kworker/0:1 Not tainted 6.18.5 #1 PREEMPT(full)
            RIP: 0010:refcount_warn_saturate+0xba/0x110
            Call Trace:
             <TASK>
             ? refcount_warn_saturate+0xba/0x110
             refcount_dec_and_test+0x3b/0x60
             some_put+0x20/0x40
             process_one_work+0x1a3/0x3f0
             </TASK>
            """
        let finding = try only(text)
        #expect(finding.crashClass == .refcount)
        #expect(finding.title == "WARNING: refcount bug in some_put")
    }

    @Test func namesBothSidesOfARace() throws {
        let finding = try only(
            """
            ==================================================================
            BUG: KCSAN: data-race in pacct_switch [pacct_energy] / pacct_work [pacct_energy]

            write to 0xffff888104a3c510 of 8 bytes by task 101 on cpu 1:
             pacct_switch+0x31/0x90 [pacct_energy]
             __schedule+0x91f/0x1a10

            read to 0xffff888104a3c510 of 8 bytes by task 55 on cpu 0:
             pacct_work+0x4a/0xc0 [pacct_energy]
             process_one_work+0x1a3/0x3f0

            Reported by Kernel Concurrency Sanitizer on:
            CPU: 0 UID: 0 PID: 55 Comm: kworker/0:1 Tainted: G           O        6.18.5 #1
            ==================================================================
            """)
        #expect(finding.crashClass == .kcsan)
        #expect(finding.function == "pacct_switch")
        #expect(finding.title == "KCSAN: data-race in pacct_switch / pacct_work")
    }

    @Test func untanglesByCaller() {
        // Line by line, two CPUs report at once.
        let first = ReportFixtures.log(ReportFixtures.sleepInHook, caller: "T101")
        let second = ReportFixtures.log(ReportFixtures.useAfterFree, caller: "C0")
        let lines = zipLongest(first, second)
        let findings = classifier.classify(Array(lines.utf8))
        #expect(findings.first?.function == "pacct_count")
        #expect(findings.first?.consequences == ["KASAN: slab-use-after-free Read in pacct_find"])
        #expect(findings.first?.evidence.allSatisfy { $0.contains("T101") } == true)
    }

    /// The lines of both by turns.
    private func zipLongest(_ first: String, _ second: String) -> String {
        let a = first.split(separator: "\n")
        let b = second.split(separator: "\n")
        var lines: [Substring] = []
        for index in 0..<max(a.count, b.count) {
            if index < a.count { lines.append(a[index]) }
            if index < b.count { lines.append(b[index]) }
        }
        return lines.joined(separator: "\n")
    }

    @Test func doesNotGuessWhenTheReportIsTorn() {
        let torn = ReportFixtures.bytes(
            "WARNING: CPU: 1 PID: 101 at tasks.c:118 pacct_read+0x66/0x90 [pacct_energy]\nModules linked in:")
        let answer = classifier.classifyCorpus(torn)
        #expect(answer.corrupted)
        #expect(answer.crashClass == .warning)
        #expect(answer.function == nil)
        #expect(answer.title == "WARNING in corrupted")
    }

    @Test func doesNotTakeAnotherTasksStackWithoutCallers() {
        let log = """
            [   10.000001] WARNING: CPU: 1 PID: 101 at foo.c:118 foo_read+0x66/0x90
            [   10.000002] CPU: 0 PID: 55 Comm: other Not tainted 5.4.0 #1
            [   10.000003] Call Trace:
            [   10.000004]  dump_stack+0x1/0x2
            [   10.000005]  other_function+0x1/0x2
            """
        let answer = classifier.classifyCorpus(Array(log.utf8))
        #expect(answer.corrupted)
        #expect(answer.function == nil)
    }

    @Test func listsWhatFollowsAsConsequences() throws {
        let finding = try only(ReportFixtures.nullPointer + "\n" + ReportFixtures.hungTask)
        #expect(finding.consequences == ["kernel panic: Fatal exception", "INFO: task hung in pacct_exit"])
        #expect(finding.count == 1)
    }

    @Test func countsTheSameBugOnce() throws {
        let again = ReportFixtures.sleepInHook.replacing("pid: 101", with: "pid: 102").replacing(
            "+0x31/", with: "+0x35/")
        let finding = try only([ReportFixtures.sleepInHook, again, again].joined(separator: "\n"))
        #expect(finding.count == 3)
        #expect(finding.consequences.isEmpty)
    }

    @Test func keepsIndependentBugsApart() {
        let leaks = ["one", "two"].map {
            """
            BUG: memory leak
            unreferenced object 0xffff888104a3c500 (size 64):
              comm "insmod", pid 88, jiffies 4294670000
              backtrace (crc 8a1e9a6d):
                __kmalloc_cache_noprof+0x2a1/0x3a0
                pacct_alloc_\($0)+0x2a/0x60 [pacct_energy]
                pacct_init+0x31/0x1000 [pacct_energy]
            """
        }
        let log = leaks.joined(separator: "\n") + "\n" + ReportFixtures.useAfterFree
        let findings = classifier.classify(ReportFixtures.bytes(log))
        #expect(findings.map(\.function) == ["pacct_alloc_one", "pacct_alloc_two", "pacct_find"])
    }

    @Test func showsWhatWasSaidBeforeTheHeader() throws {
        let finding = try only(ReportFixtures.warning)
        #expect(finding.evidence.first?.hasSuffix("[ cut here ]------------") == true)
        #expect(finding.evidence.contains { $0.hasSuffix("event 3 has no counter") })
        #expect(finding.evidence.contains { $0.contains("pacct_sched_switch+0x5a/0x110") })
    }

    @Test(arguments: ["[Tue Nov 24 14:36:33 2026] ", "Nov 24 14:36:33 lab kernel: ", "<4>[    1.000000] "])
    func readsWhatOtherProgramsCopied(_ prefix: String) {
        let lines = ReportFixtures.warning.split(separator: "\n").map { prefix + $0 }
        let answer = classifier.classifyCorpus(Array(lines.joined(separator: "\n").utf8))
        #expect(answer.title == "WARNING in pacct_read")
        #expect(!answer.corrupted)
    }

    @Test func worksWithoutTimeStampsAndCallers() {
        let answer = classifier.classifyCorpus(Array(ReportFixtures.nullPointer.utf8))
        #expect(answer.function == "pacct_estimate")
    }
}
