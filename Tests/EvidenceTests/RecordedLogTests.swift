// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Evidence

/// Logs recorded from a guest with the debug kernel, cut to what matters.
@Suite struct RecordedLogTests {
    private let classifier = CrashClassifier()

    private func only(_ log: String) throws -> Finding {
        let findings = classifier.classify(Array(log.utf8))
        #expect(findings.count == 1)
        return try #require(findings.first)
    }

    /// CPU 0 finds that CPU 1 is stuck, and CPU 1 prints the stack, in an NMI.
    @Test func findsTheStackOfAnotherCPU() throws {
        let finding = try only(
            """
            [   31.690187][    C0] watchdog: CPU0: Watchdog detected hard LOCKUP on cpu 1
            [   31.691237][    C0] Modules linked in: evil(O+)
            [   31.700594][    C0] irq event stamp: 44252
            [   31.700634][    C0] hardirqs last  enabled at (44251): [<ffffffff8132b415>] do_idle+0x295/0x2e0
            [   31.710370][    C0] Sending NMI from CPU 0 to CPUs 1:
            [   31.728726][    C1] NMI backtrace for cpu 1
            [   31.743984][    C1] CPU: 1 UID: 0 PID: 42 Comm: busybox Tainted: G           O        6.18.5 #1 PREEMPT
            [   31.744765][    C1] RIP: 0010:evil_irq_loop+0xa/0x20 [evil]
            [   31.747284][    C1] Call Trace:
            [   31.747479][    C1]  <TASK>
            [   31.747658][    C1]  evil_init+0x5e/0x1000 [evil]
            [   31.752005][    C1]  do_one_initcall+0xbf/0x350
            [   31.753829][    C1]  do_syscall_64+0x5c/0x270
            [   31.754530][    C1]  </TASK>
            [   34.881513][    C0] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
            [   34.884277][    C0] rcu: \t1-...0: (7 ticks this GP) idle=3034/1/0x4000000000000000 softirq=1372/1375 fqs=403
            [   34.885774][    C0] Sending NMI from CPU 0 to CPUs 1:
            [   34.887923][    C1] NMI backtrace for cpu 1
            [   34.888032][    C1] CPU: 1 UID: 0 PID: 42 Comm: busybox Tainted: G           O        6.18.5 #1 PREEMPT
            [   34.888130][    C1] RIP: 0010:evil_irq_loop+0xa/0x20 [evil]
            [   34.888628][    C1] Call Trace:
            [   34.888891][    C1]  evil_init+0x5e/0x1000 [evil]
            [   34.889038][    C1]  do_one_initcall+0xbf/0x350
            """)
        #expect(finding.crashClass == .stall)
        #expect(finding.title == "BUG: hard lockup in evil_irq_loop")
        #expect(finding.consequences == ["INFO: rcu detected stall in evil_irq_loop"])
        #expect(finding.evidence.first?.contains("hard LOCKUP") == true)
        #expect(finding.evidence.contains { $0.contains("RIP: 0010:evil_irq_loop") })
    }

    @Test func blamesTheWorkThatLeftALockHeld() throws {
        let finding = try only(
            """
            [   23.917308][   T29] BUG: workqueue leaked atomic, lock or RCU: kworker/1:1[29]
            [   23.917308][   T29]      preempt=0x00000001 lock=0->1 RCU=0->0 workfn=work_leak_fn [evil]
            [   23.919550][   T29] 1 lock held by kworker/1:1/29:
            [   23.920385][   T29]  #0: ffffffffa02014d8 (evil_lock){+.+.}-{3:3}, at: process_one_work+0x4be/0xb00
            [   23.923006][   T29] CPU: 1 UID: 0 PID: 29 Comm: kworker/1:1 Tainted: G           O        6.18.5 #1 PREEMPT
            [   23.924015][   T29] Call Trace:
            [   23.924199][   T29]  dump_stack_lvl+0x96/0xd0
            [   23.924307][   T29]  process_one_work+0x7ca/0xb00
            [   23.924507][   T29]  worker_thread+0x3ca/0x650
            """)
        #expect(finding.crashClass == .atomicContext)
        #expect(finding.function == "work_leak_fn")
        #expect(finding.rule?.hasPrefix("No spinlock held for long") == true)
    }

    /// lockdep is faster than the scheduler's own check, and does not say that it is forbidden to sleep.
    @Test func takesTheRuleFromTheReportThatFollows() throws {
        let finding = try only(
            """
            [   24.055375][    T0] WARNING: possible circular locking dependency detected
            [   24.055873][    T0] 6.18.5 #1 Tainted: G           O
            [   24.056266][    T0] swapper/0/0 is trying to acquire lock:
            [   24.056449][    T0] ffffffff823a4940 (fs_reclaim){+.+.}-{0:0}, at: __kmalloc_cache_noprof+0x48/0x620
            [   24.059168][    T0] but task is already holding lock:
            [   24.059405][    T0] ff1100001a034518 (&rq->__lock){-.-.}-{2:2}, at: __schedule+0x1e9/0x1a50
            [   24.060000][    T0] stack backtrace:
            [   24.060010][    T0] CPU: 0 UID: 0 PID: 0 Comm: swapper/0 Tainted: G           O        6.18.5 #1 PREEMPT
            [   24.060020][    T0] Call Trace:
            [   24.060030][    T0]  dump_stack_lvl+0x96/0xd0
            [   24.060040][    T0]  lock_acquire+0xe7/0x300
            [   24.060050][    T0]  fs_reclaim_acquire+0x73/0xa0
            [   24.060060][    T0]  __kmalloc_cache_noprof+0x48/0x620
            [   24.060070][    T0]  evil_alloc+0x1b/0x40 [evil]
            [   24.060080][    T0]  on_switch+0x3d/0x70 [evil]
            [   24.060090][    T0]  __schedule+0x62b/0x1a50
            [   24.070000][    T0] BUG: sleeping function called from invalid context at include/linux/sched/mm.h:321
            [   24.070010][    T0] in_atomic(): 1, irqs_disabled(): 1, non_block: 0, pid: 0, name: swapper/0
            [   24.070020][    T0] CPU: 0 UID: 0 PID: 0 Comm: swapper/0 Tainted: G           O        6.18.5 #1 PREEMPT
            [   24.070030][    T0] Call Trace:
            [   24.070040][    T0]  dump_stack_lvl+0x96/0xd0
            [   24.070050][    T0]  __might_resched+0x263/0x320
            [   24.070060][    T0]  __kmalloc_cache_noprof+0x41a/0x620
            [   24.070070][    T0]  evil_alloc+0x1b/0x40 [evil]
            [   24.070080][    T0]  on_switch+0x3d/0x70 [evil]
            [   24.070090][    T0]  __schedule+0x62b/0x1a50
            """)
        #expect(finding.crashClass == .lockdep)
        #expect(finding.signature == "lockdep|evil_alloc|possible deadlock|fs_reclaim under &rq->__lock")
        #expect(finding.rule?.hasPrefix("No sleeping") == true)
        #expect(finding.rule?.hasSuffix("(in the sched_switch hook)") == true)
        #expect(finding.consequences == ["BUG: sleeping function called from invalid context in evil_alloc"])
    }

    @Test func prefersALeaksReportToItsAnnouncement() throws {
        let finding = try only(
            """
            [   33.000001][   T42] kmemleak: 1 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
            unreferenced object 0xff110000045ab000 (size 512):
              comm "busybox", pid 42, jiffies 4294897935
              hex dump (first 32 bytes):
                00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  ................
              backtrace (crc e739cbd3):
                __kmalloc_cache_noprof+0x4f3/0x620
                evil_leak+0x29/0x60 [evil]
                evil_init+0x5e/0x1000 [evil]
            """)
        #expect(finding.title == "memory leak in evil_leak")
    }

    @Test func saysWhoPanicked() throws {
        let finding = try only(
            """
            [    2.559811][   T41] Kernel panic - not syncing: evil: cannot go on with 5
            [    2.560191][   T41] CPU: 0 UID: 0 PID: 41 Comm: busybox Tainted: G           O        6.18.5 #1 PREEMPTLAZY
            [    2.560705][   T41] Call Trace:
            [    2.560890][   T41]  <TASK>
            [    2.561012][   T41]  vpanic+0x2d4/0x330
            [    2.561170][   T41]  panic+0x4b/0x50
            [    2.561300][   T41]  evil_panic+0x11/0x20 [evil]
            [    2.561444][   T41]  evil_init+0x39/0x1000 [evil]
            [    2.561600][   T41]  </TASK>
            [    2.561700][   T41] ---[ end Kernel panic - not syncing: evil: cannot go on with 5 ]---
            """)
        #expect(finding.crashClass == .panic)
        #expect(finding.title == "kernel panic: evil: cannot go on with NUM")
        #expect(finding.function == "evil_panic")
        #expect(finding.count == 1)
    }
}
