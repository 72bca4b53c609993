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
        for stack in stacks {
            let interrupt = isInterrupted ? stack.firstIndex(where: interrupts.contains) : nil
            let interrupted = interrupt.map { stack[($0 + 1)...] } ?? stack[...]
            if let function = entry(interrupted) { return SystemCall.name(function) }
        }
        return nil
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
        sock_sendmsg __sock_sendmsg sock_sendmsg_nosec sock_recvmsg sock_recvmsg_nosec __fput task_work_run
        mmap_region call_mmap __do_fault *sys_ioctl SyS_ioctl *_compat_ioctl compat_SyS_ioctl compat_sys_ioctl exit_to_usermode_loop
        start_secondary cpu_startup_entry do_one_initcall tasklet_action* rcu_do_batch rcu_core rcu_process_callbacks
        __rcu_process_callbacks __handle_irq_event_percpu irq_thread blkdev_ioctl *blkdev_driver_ioctl
        vfs_iter_write vfs_iter_read __kernel_write_iter vfs_readv xfrm_user_rcv_msg netlink_rcv_skb rtnetlink_rcv_msg netlink_dump
        nfnetlink_rcv_msg genl_family_rcv_msg* __sys_setsockopt __sys_getsockopt do_sock_setsockopt
        """)
}
