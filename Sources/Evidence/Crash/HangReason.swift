// SPDX-License-Identifier: Apache-2.0

/// What a task waits for that was found to hang.
enum HangReason {
    /// Whoever waits here is a victim: all of them are one bug, with one name.
    private static let crowds: [(part: String, name: String?)] = [
        ("rtnl_lock", nil),
        ("synchronize_rcu", "synchronize_rcu"), ("synchronize_srcu", "synchronize_rcu"),
        ("synchronize_net", "synchronize_rcu"), ("synchronize_sched", "synchronize_rcu"),
    ]

    /// Ways of waiting.
    private static let waiting = NamePatterns(
        """
        *sched* *_lock* *_slowlock* down* rwsem* *completion* *wait* *synchronize* context_switch
        __switch_to* cancel_delayed_work* do_read_cache_folio rcu_barrier* kthread* rwbase* flush_work* __flush_work*
        """)

    static func find(in report: Report) -> String? {
        let functions = report.frames.filter(\.isReliable).map(\.function)
        for function in functions {
            for crowd in crowds where function.contains(crowd.part) {
                return crowd.name ?? function
            }
        }
        return functions.first { !waiting.contains($0) && !GuiltyFrame.isInnocent($0) }.map(SystemCall.name)
    }
}
