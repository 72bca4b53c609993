// SPDX-License-Identifier: Apache-2.0

/// In which context of the module something happened, deduced from the stack.
enum HookContext: Equatable {
    /// A tracepoint hook, by the tracepoint's short name: `sched_switch`, `fork`, `exit`.
    case hook(String)
    /// A work item.
    case workqueue
    /// A timer, a softirq or an interrupt.
    case interrupt
    /// A system call, or the module's own init and exit functions.
    case process

    /// Nil when no frame tells.
    init?(_ frames: [StackFrame]) {
        // What the module called, or what interrupted it to say so, is not what called the module.
        let reliable = frames.filter(\.isReliable).drop { $0.module == nil }.map(\.self)
        for (index, frame) in reliable.enumerated() {
            if let tracepoint = Self.tracepoint(frame.function) {
                self = .hook(tracepoint)
                return
            }
            // With one hook a tracepoint calls it directly, so that no frame of the tracepoint is left.
            if index > 0, reliable[index - 1].module != nil, frame.module == nil,
                let hook = Self.callers[frame.function]
            {
                self = .hook(hook)
                return
            }
            if Self.workers.contains(frame.function) {
                self = .workqueue
                return
            }
            if Self.interrupts.contains(frame.function) {
                self = .interrupt
                return
            }
            if Self.entries.contains(frame.function) {
                self = .process
                return
            }
        }
        return nil
    }

    /// The tracepoint that a function of the kernel's tracing machinery belongs to.
    private static func tracepoint(_ function: String) -> String? {
        for prefix in ["__traceiter_", "__do_trace_", "trace_event_raw_event_", "trace_sched_"] {
            guard function.hasPrefix(prefix) else { continue }
            let name =
                prefix == "trace_sched_"
                ? "sched_" + function.dropFirst(prefix.count) : String(function.dropFirst(prefix.count))
            return shortNames[name] ?? name
        }
        return nil
    }

    private static let shortNames = [
        "sched_process_fork": "fork", "task_newtask": "fork", "sched_process_exit": "exit",
        "sched_process_exec": "exec",
    ]

    /// Functions of the kernel with a tracepoint in them.
    private static let callers: [String: String] = [
        "__schedule": "sched_switch", "prepare_task_switch": "sched_switch", "context_switch": "sched_switch",
        "kernel_clone": "fork", "_do_fork": "fork", "copy_process": "fork",
        "do_exit": "exit", "do_group_exit": "exit", "exec_binprm": "exec", "bprm_execve": "exec",
    ]

    private static let workers: Set<String> = [
        "process_one_work", "process_scheduled_works", "worker_thread",
    ]

    private static let interrupts = NamePatterns(
        """
        call_timer_fn __run_timers run_timer_softirq run_timer_base expire_timers __hrtimer_run_queues
        hrtimer_interrupt __do_softirq handle_softirqs irq_exit_rcu irq_exit __handle_irq_event_percpu
        handle_irq_event* common_interrupt __common_interrupt sysvec_* asm_sysvec_* exc_nmi asm_exc_nmi
        __flush_smp_call_function_queue generic_smp_call_function_single_interrupt irq_work_run*
        rcu_do_batch rcu_core tasklet_action*
        """)

    private static let entries = NamePatterns(
        "do_syscall_64 __x64_sys_* __se_sys_* __do_sys_* do_one_initcall do_init_module kthread entry_SYSCALL_64*"
    )
}
