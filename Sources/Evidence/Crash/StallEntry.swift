// SPDX-License-Identifier: Apache-2.0

/// What a CPU was busy with when it was found to make no progress.
///
/// The stack of a stall is a random sample of a loop that goes through many functions, so the innermost
/// function would give each sample of one bug another name. What the loop was entered through is stable:
/// the function that a dispatcher (system call entry, file operation, timer, softirq, workqueue) called.
enum StallEntry {
    /// - Parameter isInterrupted: whether the stack begins in the timer interrupt that noticed the stall.
    static func find(in report: Report, isInterrupted: Bool = false) -> String? {
        let stacks = report.sections.filter { $0.kind == .trace || $0.kind == .header }.map { section in
            section.frames.filter(\.isReliable).map(\.function)
        }
        if isInterrupted {
            for stack in stacks {
                guard let interrupt = stack.firstIndex(where: interrupts.contains) else { continue }
                if let function = entry(stack[(interrupt + 1)...]) { return SystemCall.name(function) }
            }
        }
        return stacks.lazy.compactMap { entry($0[...]) }.first.map(SystemCall.name)
    }

    /// Entries of the timer interrupt.
    private static let interrupts = NamePatterns(
        "*apic_timer_interrupt el1_irq* el1h_64_irq el1_interrupt __irq_svc ret_from_intr handle_exception")

    private static func entry(_ functions: ArraySlice<String>) -> String? {
        if functions.contains(where: { $0.hasPrefix("smp_call_function") || $0.hasPrefix("on_each_cpu") }) {
            return "smp_call_function"
        }
        var previous: String?
        for function in functions {
            if dispatchers.contains(function) {
                if let previous, !GuiltyFrame.isInnocent(previous) { return previous }
            }
            previous = function
        }
        // Some architectures print no frame for the dispatcher of system calls.
        return previous.flatMap { SystemCall.isEntry($0) ? $0 : nil }
    }

    private static let dispatchers = NamePatterns(
        """
        do_syscall_* do_fast_syscall_* do_int80_syscall_32 entry_SYSCALL* entry_SYSENTER* tracesys_phase2
        sysenter_dispatch el0_svc* invoke_syscall ret_fast_syscall do_el0_svc x64_sys_call
        process_one_work kthread smpboot_thread_fn ret_from_fork* worker_thread
        call_timer_fn __run_timers expire_timers run_timer_softirq __hrtimer_run_queues hrtimer_run_softirq
        __do_softirq handle_softirqs do_softirq* run_ksoftirqd irq_exit*
        __netif_receive_skb* netif_receive_skb* process_backlog napi_poll __napi_poll net_rx_action
        vfs_write __vfs_write vfs_read __vfs_read vfs_ioctl do_vfs_ioctl vfs_fsync* do_iter_write
        do_iter_readv_writev vfs_writev new_sync_write new_sync_read vfs_open do_dentry_open
        sock_sendmsg sock_recvmsg ____sys_sendmsg ___sys_sendmsg __fput task_work_run
        mmap_region call_mmap __do_fault *sys_ioctl SyS_ioctl *_compat_ioctl compat_SyS_ioctl compat_sys_ioctl exit_to_usermode_loop
        start_secondary cpu_startup_entry do_one_initcall tasklet_action* rtnetlink_rcv_msg netlink_dump
        nfnetlink_rcv_msg genl_family_rcv_msg* __sys_setsockopt __sys_getsockopt do_sock_setsockopt
        """)
}
