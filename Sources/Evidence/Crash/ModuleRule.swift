// SPDX-License-Identifier: Apache-2.0

/// The rules that the module's authors made for it, in their words.
enum ModuleRule: String {
    case noSleepInHook = """
        No sleeping, and nothing that may sleep, in a tracepoint hook: no perf_event_create_kernel_counter(), \
        no perf_event_release_kernel(), no GFP_KERNEL, no mutex, no proc_mkdir().
        """
    case noHeavyWorkInHook = """
        No heavy work in a hook. Counter set-up and energy estimation belong in a workqueue.
        """
    case noLongSpinlock = """
        No spinlock held for long, and never schedule() under one.
        """
    case noProcessContext = """
        Anything else that runs outside process context (interrupt, softirq) is under the same rules.
        """

    /// The rule that a crash breaks, with the hook it was broken in; nil when it breaks none, or when no
    /// module is on the stack.
    static func broken(by crash: Crash) -> String? {
        let frames = crash.report.frames
        if isLeakedLock(crash) { return noLongSpinlock.rawValue + place(.workqueue) }
        guard frames.contains(where: { $0.isReliable && $0.module != nil }),
            let context = HookContext(frames)
        else { return nil }
        let rule: ModuleRule? =
            if sleeps(crash) {
                switch context {
                case .hook: .noSleepInHook
                case .interrupt: .noProcessContext
                // RCU has rules of its own; the authors' speak of spinlocks.
                case .workqueue, .process: sleepsUnderRCU(crash) ? nil : .noLongSpinlock
                }
            } else if crash.crashClass == .stall {
                switch context {
                case .hook: isSpinning(frames) ? .noLongSpinlock : .noHeavyWorkInHook
                case .interrupt: .noProcessContext
                case .workqueue, .process: isSpinning(frames) ? .noLongSpinlock : nil
                }
            } else {
                nil
            }
        return rule.map { $0.rawValue + place(context) }
    }

    /// Whether the crash is that somebody sleeps, or may sleep, where that is forbidden.
    private static func sleeps(_ crash: Crash) -> Bool {
        crash.crashClass == .atomicContext || crash.title.hasPrefix("BUG: Invalid wait context")
            || sleepsUnderRCU(crash)
    }

    /// A work item of a module ended with a lock held, and the worker goes on to schedule under it.
    private static func isLeakedLock(_ crash: Crash) -> Bool {
        crash.title.hasPrefix("BUG: workqueue leaked")
            && crash.report.line(with: "workfn=", within: 4)?.after("workfn=")?.has(" [") == true
    }

    /// RCU has its own words for it: `rcu_sleep_check()` in include/linux/rcupdate.h, and
    /// `rcu_note_context_switch()` in kernel/rcu/tree_plugin.h.
    private static func sleepsUnderRCU(_ crash: Crash) -> Bool {
        switch crash.crashClass {
        case .lockdep: crash.report.line(with: "Illegal context switch in RCU", within: 12) != nil
        case .warning: crash.report.preamble.contains { $0.text.has("context switch within RCU") }
        default: false
        }
    }

    private static func isSpinning(_ frames: [StackFrame]) -> Bool {
        frames.contains {
            $0.isReliable && ($0.function.contains("spin_lock") || $0.function.contains("queued_spin"))
        }
    }

    private static func place(_ context: HookContext) -> String {
        switch context {
        case .hook(let name): " (in the \(name) hook)"
        case .workqueue: " (in a work item)"
        case .interrupt: " (in an interrupt, softirq or timer)"
        case .process: ""
        }
    }
}
