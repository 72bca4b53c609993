// SPDX-License-Identifier: Apache-2.0

@testable import Evidence

/// Logs made of reports as Linux 6.18 prints them with CONFIG_PRINTK_CALLER.
enum ReportFixtures {
    /// Puts the kernel's prefix in front of each line.
    static func log(_ text: String, caller: String = "T101", at start: UInt64 = 31_000_000) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { index, line in
            ConsoleLine.print(timeUs: start + UInt64(index) * 11, caller: caller, text: String(line)) + "\n"
        }.joined()
    }

    static func bytes(_ text: String, caller: String = "T101") -> [UInt8] {
        Array(log(text, caller: caller).utf8)
    }

    static let cpuLine =
        "CPU: 1 UID: 0 PID: 101 Comm: stress Tainted: G           O        6.18.5 #1 PREEMPT(full)"

    /// A hook that sleeps.
    static let sleepInHook = """
        BUG: sleeping function called from invalid context at kernel/locking/mutex.c:591
        in_atomic(): 1, irqs_disabled(): 1, non_block: 0, pid: 101, name: stress
        preempt_count: 2, expected: 0
        RCU nest depth: 0, expected: 0
        1 lock held by stress/101:
         #0: ffff88803ec3a398 (&rq->__lock){-.-.}-{2:2}, at: __schedule+0x1c3/0x1a10
        \(cpuLine)
        Tainted: [O]=OOT_MODULE
        Hardware name: QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1.16.2-debian-1.16.2-1 04/01/2014
        Call Trace:
         <TASK>
         dump_stack_lvl+0x5d/0x80
         __might_resched.cold+0x1f2/0x25c
         ? __pfx___might_resched+0x10/0x10
         __mutex_lock+0x9e/0x1060
         ? pacct_count+0x31/0x90 [pacct_energy]
         pacct_count+0x31/0x90 [pacct_energy]
         pacct_sched_switch+0x5a/0x110 [pacct_energy]
         __traceiter_sched_switch+0x61/0x90
         __schedule+0x91f/0x1a10
         schedule+0x41/0x1a0
         do_nanosleep+0x8a/0x1e0
         __x64_sys_clock_nanosleep+0x14b/0x1d0
         do_syscall_64+0x7c/0x380
         entry_SYSCALL_64_after_hwframe+0x76/0x7e
        RIP: 0033:0x7f2b1a2c31b7
        Code: 48 89 fa 4c 89 df
        RSP: 002b:00007ffd0a9f1f48 EFLAGS: 00000246 ORIG_RAX: 00000000000000e6
         </TASK>
        """

    static let useAfterFree = """
        ==================================================================
        BUG: KASAN: slab-use-after-free in pacct_find+0x4f/0x80 [pacct_energy]
        Read of size 8 at addr ffff888104a3c510 by task stress/101

        \(cpuLine)
        Call Trace:
         <TASK>
         dump_stack_lvl+0x5d/0x80
         print_report+0x174/0x505
         ? pacct_find+0x4f/0x80 [pacct_energy]
         kasan_report+0xe0/0x110
         pacct_find+0x4f/0x80 [pacct_energy]
         pacct_process_exit+0x2c/0x130 [pacct_energy]
         do_exit+0x8c1/0x1370
         do_group_exit+0x6a/0x140
         __x64_sys_exit_group+0x23/0x30
         do_syscall_64+0x7c/0x380
         </TASK>

        Allocated by task 100:
         kasan_save_stack+0x24/0x50
         pacct_process_fork+0x40/0xd0 [pacct_energy]

        Freed by task 99:
         kfree+0x132/0x390
         pacct_sweep+0x70/0x100 [pacct_energy]
        ==================================================================
        Disabling lock debugging due to kernel taint
        """

    static let nullPointer = """
        BUG: kernel NULL pointer dereference, address: 0000000000000018
        #PF: supervisor read access in kernel mode
        #PF: error_code(0x0000) - not-present page
        PGD 0 P4D 0
        Oops: Oops: 0000 [#1] SMP
        \(cpuLine)
        RIP: 0010:pacct_estimate+0x1d/0x70 [pacct_energy]
        Code: 90 90
        RSP: 0018:ffffc900004e7e10 EFLAGS: 00010246
        RAX: 0000000000000000 RBX: ffff888101f2d800 RCX: 0000000000000000
        Call Trace:
         <TASK>
         pacct_work+0x4a/0xc0 [pacct_energy]
         process_one_work+0x1a3/0x3f0
         worker_thread+0x1bc/0x350
         kthread+0xfc/0x240
         ret_from_fork+0x1a1/0x1d0
         ret_from_fork_asm+0x1a/0x30
         </TASK>
        Modules linked in: pacct_energy(O) simhw(O)
        CR2: 0000000000000018
        ---[ end trace 0000000000000000 ]---
        RIP: 0010:pacct_estimate+0x1d/0x70 [pacct_energy]
        Kernel panic - not syncing: Fatal exception
        """

    static let warning = """
        ------------[ cut here ]------------
        event 3 has no counter
        WARNING: CPU: 1 PID: 101 at tasks.c:118 pacct_read+0x66/0x90 [pacct_energy]
        Modules linked in: pacct_energy(O)
        \(cpuLine)
        RIP: 0010:pacct_read+0x66/0x90 [pacct_energy]
        Call Trace:
         <TASK>
         pacct_sched_switch+0x5a/0x110 [pacct_energy]
         __schedule+0x91f/0x1a10
         </TASK>
        ---[ end trace 0000000000000000 ]---
        """

    static let deadlock = """

        ======================================================
        WARNING: possible circular locking dependency detected
        6.18.5 #1 Tainted: G           O
        ------------------------------------------------------
        stress/101 is trying to acquire lock:
        ffffffffc0203a58 (task_table_lock){+.+.}-{3:3}, at: pacct_remove+0x2e/0xa0 [pacct_energy]

        but task is already holding lock:
        ffffffffc0203b18 (event_table_lock){+.+.}-{3:3}, at: pacct_release+0x1c/0x80 [pacct_energy]

        which lock already depends on the new lock.

        the existing dependency chain (in reverse order) is:

        -> #1 (event_table_lock){+.+.}-{3:3}:
               __mutex_lock+0x9e/0x1060
               pacct_add+0x3a/0x90 [pacct_energy]
               pacct_scan+0x51/0xd0 [pacct_energy]

        -> #0 (task_table_lock){+.+.}-{3:3}:
               check_prev_add+0xeb/0xd00
               __lock_acquire+0x12a2/0x1a40
               lock_acquire+0xc9/0x2c0
               __mutex_lock+0x9e/0x1060
               pacct_remove+0x2e/0xa0 [pacct_energy]

        stack backtrace:
        \(cpuLine)
        Call Trace:
         <TASK>
         dump_stack_lvl+0x5d/0x80
         print_circular_bug.cold+0x178/0x1be
         check_noncircular+0x130/0x150
         __lock_acquire+0x12a2/0x1a40
         lock_acquire+0xc9/0x2c0
         __mutex_lock+0x9e/0x1060
         pacct_remove+0x2e/0xa0 [pacct_energy]
         pacct_release+0x40/0x80 [pacct_energy]
         __fput+0x102/0x2b0
         </TASK>
        """

    /// A spinlock that is never released, found on another CPU.
    static let softLockup = """
        watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [kworker/1:2:101]
        Modules linked in: pacct_energy(O)
        \(cpuLine)
        Workqueue: pacct pacct_work [pacct_energy]
        RIP: 0010:native_queued_spin_lock_slowpath+0x6b/0x2c0
        Call Trace:
         <TASK>
         _raw_spin_lock+0x2d/0x40
         pacct_update+0x1f/0x60 [pacct_energy]
         pacct_work+0x4a/0xc0 [pacct_energy]
         process_one_work+0x1a3/0x3f0
         worker_thread+0x1bc/0x350
         kthread+0xfc/0x240
         </TASK>
        """

    static let hungTask = """
        INFO: task rmmod:101 blocked for more than 122 seconds.
              Tainted: G           O        6.18.5 #1
        "echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.
        task:rmmod           state:D stack:0     pid:101   tgid:101   ppid:77     task_flags:0x400100 flags:0x00004002
        Call Trace:
         <TASK>
         __schedule+0x4c3/0x1a10
         schedule+0x41/0x1a0
         schedule_timeout+0xa2/0x160
         __wait_for_common+0xa8/0x1e0
         __flush_work+0x2c1/0x390
         cancel_work_sync+0x66/0x80
         pacct_exit+0x2d/0x60 [pacct_energy]
         __do_sys_delete_module.isra.0+0x18c/0x2b0
         do_syscall_64+0x7c/0x380
         </TASK>
        INFO: task rmmod:101 is blocked on a mutex likely owned by task kworker/1:2:55.
        """
}
