// SPDX-License-Identifier: Apache-2.0

/// Reports of exceptions that a CPU raised in kernel mode, of destroyed stacks and of panics. Formats:
/// arch/*/mm/fault.c, arch/*/kernel/traps.c and kernel/panic.c of the kernel, of several versions.
enum FaultRules {
    static let all: [ReportRule] = [
        ReportRule("BUG: kernel NULL pointer dereference", .nullDereference, nullTitle, .stack),
        ReportRule("BUG: unable to handle page fault for address", .pageFault, pageTitle, .stack),
        ReportRule("unable to handle kernel ", unableToHandle),
        ReportRule("Unable to handle kernel ", unableToHandle),
        ReportRule("general protection fault", generalProtection),
        ReportRule("divide error: ", .cpuTrap, "divide error", .stack),
        ReportRule("invalid opcode: ", .cpuTrap, "invalid opcode", .stack, isEcho: true),
        ReportRule("stack segment: ", .cpuTrap, "stack segment fault", .stack),
        ReportRule("int3: ", .cpuTrap, "int3", .stack),
        ReportRule("PANIC: double fault", .cpuTrap, "PANIC: double fault", .stack),
        ReportRule("Internal error: ", .cpuTrap, "Internal error", .stack, isEcho: true),
        ReportRule("Unhandled fault: ", .cpuTrap, "Unhandled fault", .stack),
        ReportRule("Alignment trap: ", .cpuTrap, "Alignment trap", .stack),
        ReportRule("stack guard page was hit at", .stackCorruption, "BUG: stack guard page was hit", .stall),
        ReportRule("kernel stack overflow", .stackCorruption, "kernel stack overflow", .stall, isEcho: true),
        ReportRule(
            "Insufficient stack space to handle exception", .stackCorruption, "kernel stack overflow", .stall),
        ReportRule("Oops: ", isEcho: true, oops),
        ReportRule("Kernel panic - not syncing: ", panic),
    ]

    private static let nullTitle = "BUG: unable to handle kernel NULL pointer dereference"
    private static let pageTitle = "BUG: unable to handle kernel paging request"

    /// `BUG: unable to handle kernel paging request at ...`, on arm and others with a capital and without
    /// `BUG:`, with words that differ a little.
    private static let unableToHandle: ReportRule.Diagnose = { _, header in
        let text = header.after("handle kernel ") ?? header
        if text.has(prefix: "NULL pointer dereference") {
            return Diagnosis(crashClass: .nullDereference, title: nullTitle, guilt: .stack)
        }
        if text.has(prefix: "paging request") {
            return Diagnosis(crashClass: .pageFault, title: pageTitle, guilt: .stack)
        }
        let what = text.before(" without ") ?? text.before(" at ") ?? text
        return Diagnosis(
            crashClass: .pageFault, title: "BUG: unable to handle kernel " + GenericTitle.of(what),
            guilt: .stack)
    }

    /// `general protection fault: 0000 [#1]`, `Oops: general protection fault, probably for ...`; also
    /// logged, harmlessly, for a process: `traps: name[12] general protection fault ip:...`.
    private static let generalProtection: ReportRule.Diagnose = { _, header in
        guard
            header.has(prefix: "general protection fault: ")
                || header.has(prefix: "general protection fault, ")
        else { return nil }
        return Diagnosis(crashClass: .generalProtection, title: "general protection fault", guilt: .stack)
    }

    /// `Oops: alignment check: 0000 [#1] SMP`; after another header just `Oops: 0002 [#1]`.
    private static let oops: ReportRule.Diagnose = { _, header in
        guard header.has(" [#"), let name = header.dropping(prefix: "Oops: ")?.before(": "),
            name.first?.isLetter == true, !name.isEqual("Oops")
        else { return nil }
        return Diagnosis(crashClass: .cpuTrap, title: name.string, guilt: .stack)
    }

    private static let panic: ReportRule.Diagnose = { _, header in
        let text = header.after("not syncing: ") ?? header
        if text.has(prefix: "stack-protector: Kernel stack is corrupted in:") {
            return Diagnosis(
                crashClass: .stackCorruption, title: "kernel panic: stack is corrupted",
                guilt: .named(text.after("in: ") ?? []))
        }
        if text.has(prefix: "corrupted stack end detected") {
            return Diagnosis(
                crashClass: .stackCorruption, title: "kernel panic: corrupted stack end", guilt: .stall)
        }
        if text.has(prefix: "System is deadlocked on memory") || text.has(prefix: "Out of memory") {
            return Diagnosis(
                crashClass: .guestOutOfMemory, title: "kernel panic: " + GenericTitle.of(text), guilt: .nobody
            )
        }
        let reason = panicReason(text)
        return Diagnosis(crashClass: .panic, title: "kernel panic: " + reason, guilt: .nobody)
    }

    /// The part of a panic's message that does not change.
    private static func panicReason(_ text: Text) -> String {
        for end: StaticString in [" in interrupt", " exitcode", " for ptm", " ..."] {
            if let reason = text.before(end) { return GenericTitle.of(reason) }
        }
        return GenericTitle.of(text)
    }
}
