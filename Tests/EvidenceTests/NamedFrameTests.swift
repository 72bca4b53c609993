// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Evidence

/// Reports that name a function of a module which is not on the stack they print.
@Suite struct NamedFrameTests {
    private func firstFrame(_ log: String) -> StackFrame? {
        CrashClassifier().classify(Array(log.utf8)).first?.frames.first
    }

    private static let leaked = """
        [    4.614729][    T8] BUG: workqueue leaked atomic, lock or RCU: kworker/0:0[8]
        [    4.614729][    T8]      preempt=0x00000001 lock=0->1 RCU=0->0 workfn=leave_locked [canary]
        [    4.611998][    T8] 1 lock held by kworker/0:0/8:
        [    4.612418][    T8]  #0: ffffffffa0203578 (kept_lock){+.+.}-{3:3}, at: leave_locked+0xc/0x30 [canary]
        [    4.614277][    T8] CPU: 0 UID: 0 PID: 8 Comm: kworker/0:0 Tainted: G           O        6.18.5 #1 PREEMPT
        [    4.615567][    T8] Call Trace:
        [    4.615674][    T8]  <TASK>
        [    4.615788][    T8]  dump_stack_lvl+0x96/0xd0
        [    4.616055][    T8]  process_one_work+0x8af/0xaf0
        [    4.616100][    T8]  </TASK>

        """

    @Test func knowsWhereALockWasTakenThatIsStillHeld() throws {
        let frame = try #require(firstFrame(Self.leaked))
        #expect(frame.function == "leave_locked" && frame.module == "canary" && frame.offset == 0xc)
    }

    @Test func knowsTheFunctionWhenNothingSaysMore() throws {
        let log = Self.leaked.split(separator: "\n").filter { !$0.contains("#0:") }.joined(separator: "\n")
        let frame = try #require(firstFrame(log))
        #expect(frame.function == "leave_locked" && frame.module == "canary" && frame.offset == nil)
    }

    @Test func blamesNobodyElsesLock() throws {
        let frame = try #require(
            firstFrame(Self.leaked.replacing("at: leave_locked+0xc/0x30", with: "at: other+0xc/0x30")))
        #expect(frame.function == "leave_locked" && frame.offset == nil)
    }

    private static let stuck = """
        [    3.686809][    C1] BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 1s!
        [    3.686985][    C1] Showing busy workqueues and worker pools:
        [    3.687044][    C1] workqueue events: flags=0x100
        [    3.687106][    C1]   pwq 2: cpus=0 node=0 flags=0x0 nice=0 active=3 refcnt=4
        [    3.687150][    C1]     in-flight: 9:do_free_init
        [    3.687201][    C1]     in-flight: 10:estimate_forever [canary], 11:more [canary]
        [    3.687342][    C1]     pending: estimate_more [canary], vmstat_shepherd

        """

    @Test func knowsWhoKeepsAWorkerBusy() throws {
        let frame = try #require(firstFrame(Self.stuck))
        #expect(frame.function == "estimate_forever" && frame.module == "canary" && frame.offset == nil)
        #expect(firstFrame(Self.stuck.replacing(" [canary]", with: "")) == nil)
    }

    @Test func theInterruptThatNoticedIsNotTheContext() {
        let log = ReportFixtures.sleepInHook.replacing(
            "Call Trace:",
            with: "Call Trace:\n call_timer_fn+0x21/0x110\n sysvec_apic_timer_interrupt+0x65/0x80")
        let rule = CrashClassifier().classify(ReportFixtures.bytes(log)).first?.rule
        #expect(rule?.hasSuffix("(in the sched_switch hook)") == true, "\(rule ?? "")")
    }
}
