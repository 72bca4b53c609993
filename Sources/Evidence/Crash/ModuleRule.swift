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
        guard frames.contains(where: { $0.isReliable && $0.module != nil }),
            let context = HookContext(frames)
        else { return nil }
        let rule: ModuleRule? =
            if sleeps(crash) {
                switch context {
                case .hook: .noSleepInHook
                case .interrupt: .noProcessContext
                case .workqueue, .process: .noLongSpinlock
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

    /// Whether the crash is that somebody sleeps, or may sleep, where that is forbidden. RCU has its own
    /// words for it: kernel/sched/core.c and kernel/rcu/tree_plugin.h.
    private static func sleeps(_ crash: Crash) -> Bool {
        switch crash.crashClass {
        case .atomicContext: true
        case .lockdep:
            crash.title.hasPrefix("BUG: Invalid wait context")
                || crash.report.line(with: "Illegal context switch in RCU", within: 12) != nil
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
