// SPDX-License-Identifier: Apache-2.0

/// Reports about locks and contexts. Formats: kernel/locking/lockdep.c, kernel/locking/spinlock_debug.c,
/// lib/smp_processor_id.c, kernel/sched/core.c of the kernel. Before 4.15 lockdep wrote `[ INFO: ... ]`
/// and `[ BUG: ... ]` where it writes `WARNING: ...` now.
enum LockRules {
    static let all: [ReportRule] = [
        ReportRule("possible circular locking dependency detected", deadlock),
        ReportRule("possible recursive locking detected", deadlock),
        ReportRule("possible irq lock inversion dependency detected", deadlock),
        ReportRule("-unsafe lock order detected", interruptOrder),
        ReportRule("inconsistent lock state", inconsistentState),
        ReportRule("Invalid wait context", .lockdep, "BUG: Invalid wait context", .stack),
        ReportRule("bad unlock balance detected!") { report, _ in
            atLock(report, "bad unlock balance", after: "is trying to release lock")
        },
        ReportRule("bad contention detected!") { report, _ in
            atLock(report, "bad contention", after: "is trying to contend lock")
        },
        ReportRule("held lock freed!") { report, _ in
            atLock(report, "held lock freed", after: "with a lock still held there")
        },
        ReportRule("still has locks held!") { report, _ in heldLock(report, "still has locks held") },
        ReportRule("lock held when returning to user space!") { report, _ in
            heldLock(report, "lock held when returning to user space")
        },
        ReportRule("lock held at task exit time!") { report, _ in
            heldLock(report, "lock held at task exit time")
        },
        ReportRule("Nested lock was not taken") { report, _ in
            Diagnosis(
                crashClass: .lockdep, title: severity(report) + ": nested lock was not taken", guilt: .stack)
        },
        ReportRule("suspicious RCU usage") { report, _ in
            Diagnosis(crashClass: .lockdep, title: severity(report) + ": suspicious RCU usage", guilt: .stack)
        },
        ReportRule(
            "INFO: trying to register non-static key", .lockdep, "INFO: trying to register non-static key",
            .stack),
        ReportRule(
            "BUG: MAX_STACK_TRACE_ENTRIES too low", .lockdep, "BUG: MAX_STACK_TRACE_ENTRIES too low!", .nobody
        ),
        ReportRule("BUG: spinlock ") { _, header in debugged(header, "spinlock") },
        ReportRule("BUG: rwlock ") { _, header in debugged(header, "rwlock") },
        ReportRule("BUG: using ", perCPU),
        ReportRule(
            "BUG: sleeping function called from invalid context", .atomicContext,
            "BUG: sleeping function called from invalid context", .stack),
        ReportRule("BUG: scheduling while atomic", .atomicContext, "BUG: scheduling while atomic", .stack),
        ReportRule("BUG: workqueue leaked", leakedLock),
        ReportRule(
            "BUG: scheduling in a non-blocking section", .atomicContext,
            "BUG: scheduling in a non-blocking section",
            .stack),
        ReportRule("BUG: assuming atomic context", .atomicContext, "BUG: assuming atomic context", .stack),
        ReportRule(
            "BUG: assuming non migratable context", .atomicContext, "BUG: assuming non migratable context",
            .stack),
    ]

    /// What the header calls itself.
    private static func severity(_ report: Report) -> String {
        let header = report.header.text
        return header.has("INFO:") ? "INFO" : header.has("BUG:") ? "BUG" : "WARNING"
    }

    /// The task tries to acquire a lock, whose `at:` is the function that does.
    private static let deadlock: ReportRule.Diagnose = { report, header in
        guard
            let place = lockPlace(report, after: ["is trying to acquire", "just changed the state of lock"])
        else {
            return Diagnosis(
                crashClass: .lockdep,
                title: severity(report) + ": " + GenericTitle.of(header.before(" ]") ?? header),
                guilt: .torn)
        }
        return Diagnosis(
            crashClass: .lockdep, title: "possible deadlock", guilt: .locked(place), detail: lockNames(report)
        )
    }

    /// The names of the locks that are taken and held, in the order of the report. A name ends with `#2` or
    /// `/1` when there are several such locks; which number one has differs between boots.
    private static func lockNames(_ report: Report) -> String? {
        let names = report.lines(40).compactMap { line -> String? in
            guard line.text.has(", at: "), let name = line.text.between("(", "){") else { return nil }
            return name.prefix { $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: "/") }.string
        }
        return names.isEmpty ? nil : names.prefix(2).joined(separator: " under ")
    }

    /// A lock that is taken in interrupts, and another that is not, are nested now. A module that nests them
    /// is guilty; within the kernel, whoever takes the first one in an interrupt names the bug.
    private static let interruptOrder: ReportRule.Diagnose = { report, header in
        guard var diagnosis = deadlock(report, header) else { return nil }
        if case .locked(let place) = diagnosis.guilt, StackLine.frame(place)?.module == nil,
            let start = report.lines.firstIndex(where: { $0.text.has("-irq-safe at:") })
        {
            diagnosis.guilt = .stackAt(line: start)
        }
        return diagnosis
    }

    private static let inconsistentState: ReportRule.Diagnose = { report, _ in
        let place = lockPlace(report, after: ["takes:"])
        return Diagnosis(
            crashClass: .lockdep, title: "inconsistent lock state",
            guilt: place.map { .locked($0) } ?? .stack, detail: lockNames(report)
        )
    }

    private static func atLock(_ report: Report, _ what: String, after words: StaticString) -> Diagnosis {
        let place = lockPlace(report, after: [words])
        return Diagnosis(
            crashClass: .lockdep, title: severity(report) + ": " + what,
            guilt: place.map { .named($0) } ?? .stack)
    }

    /// `1 lock held by task/12:`, and the first of the lines `#0: ... (lock){...}, at: function+0x1/0x2`.
    private static func heldLock(_ report: Report, _ what: String) -> Diagnosis {
        let place = report.line(with: "#0:", within: 20).flatMap { $0.after("at: ") }
        return Diagnosis(
            crashClass: .lockdep, title: severity(report) + ": " + what,
            guilt: place.map { .locked($0) } ?? .stack)
    }

    /// The function after `at:` that follows a line with one of these words; the function may be on a line
    /// of its own.
    private static func lockPlace(_ report: Report, after words: [StaticString]) -> Text? {
        var isAfter = false
        var isAt = false
        for text in report.lines(40).dropFirst().map(\.text) {
            if isAt, StackLine.frame(text) != nil { return text }
            if !isAfter { isAfter = words.contains { text.has($0) } }
            guard isAfter, let place = text.trimmed.after("at:") else { continue }
            if StackLine.frame(place) != nil { return place }
            isAt = true
        }
        return nil
    }

    /// `BUG: spinlock bad magic on CPU#1, task/12`.
    private static func debugged(_ header: Text, _ lock: String) -> Diagnosis? {
        let text = header.after("lock ") ?? header
        guard let what = text.before(" on CPU#") ?? text.before(" on UP") else { return nil }
        return Diagnosis(crashClass: .lockdep, title: "BUG: \(lock) \(what.string)", guilt: .stack)
    }

    /// `BUG: workqueue leaked lock or atomic: kworker/0:1/0x00000000/12`, next line `last function: name`;
    /// since 6.8 `BUG: workqueue leaked atomic, lock or RCU: kworker/0:1[12]`, next line `... workfn=name`.
    private static let leakedLock: ReportRule.Diagnose = { report, _ in
        let place =
            report.line(with: "last function: ", within: 4)?.after("last function: ")
            ?? report.line(with: "workfn=", within: 4)?.after("workfn=")
        return Diagnosis(
            crashClass: .atomicContext, title: "BUG: workqueue leaked lock or atomic",
            guilt: place.map { .function($0) } ?? .stack)
    }

    /// `BUG: using smp_processor_id() in preemptible [00000000] code: task/12`.
    private static let perCPU: ReportRule.Diagnose = { _, header in
        guard let name = header.between("BUG: using ", " in preemptible") else { return nil }
        return Diagnosis(
            crashClass: .lockdep, title: "BUG: using \(name.string) in preemptible code", guilt: .stack)
    }
}
