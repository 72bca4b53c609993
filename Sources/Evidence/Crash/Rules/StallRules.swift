// SPDX-License-Identifier: Apache-2.0

/// Reports that something makes no progress. Formats: kernel/hung_task.c, kernel/watchdog.c,
/// kernel/workqueue.c, kernel/rcu/tree_stall.h, kernel/rcu/tasks.h of the kernel.
enum StallRules {
    static let all: [ReportRule] = [
        ReportRule("INFO: task ", hungTask),
        ReportRule("INFO: rcu", rcu),
        ReportRule("BUG: soft lockup", .stall, "BUG: soft lockup", .stall),
        ReportRule("Watchdog detected hard LOCKUP") { _, _ in
            Diagnosis(crashClass: .stall, title: "BUG: hard lockup", guilt: .stall, isAboutAnotherCPU: true)
        },
        ReportRule("BUG: workqueue lockup", .stall, "BUG: workqueue lockup", .nobody),
        ReportRule("unregister_netdevice: waiting for ") { _, header in
            guard header.has(" to become free") else { return nil }
            return Diagnosis(
                crashClass: .badState, title: "unregister_netdevice: waiting for DEV to become free",
                guilt: .nobody)
        },
    ]

    /// `INFO: task name:12 blocked for more than 143 seconds.`
    private static let hungTask: ReportRule.Diagnose = { report, start in
        // A task may have a newline in its name.
        let isWhole = start.has(" for more than ") || start.has("blocked")
        let header = isWhole ? start : report.line(with: " for more than ", within: 4) ?? []
        if header.has(" blocked ") && header.has(" for more than ") {
            return Diagnosis(crashClass: .taskHung, title: "INFO: task hung", guilt: .hang)
        }
        if header.has(" can't die for more than ") {
            return Diagnosis(crashClass: .taskHung, title: "INFO: task can't die", guilt: .hang)
        }
        return nil
    }

    /// `INFO: rcu_preempt self-detected stall on CPU`, `INFO: rcu_sched detected expedited stalls on ...`.
    private static let rcu: ReportRule.Diagnose = { _, header in
        guard header.has("detected"), header.has(" stall") else { return nil }
        return Diagnosis(
            crashClass: .stall, title: "INFO: rcu detected stall", guilt: .interrupted,
            isAboutAnotherCPU: !header.has("self-detected"))
    }
}
