// SPDX-License-Identifier: Apache-2.0

/// Reports of assertions: BUG(), WARN(), and of states that must not be. Formats: kernel/panic.c,
/// lib/bug.c, mm/memory.c, mm/page_alloc.c, fs/dcache.c, mm/slub.c of the kernel.
enum AssertionRules {
    static let all: [ReportRule] = [
        ReportRule("kernel BUG at ", bug),
        ReportRule("Kernel BUG at ", bug),
        ReportRule("BUG: Bad rss-counter state", .badState, "BUG: Bad rss-counter state", .nobody),
        ReportRule("BUG: non-zero ") { _, header in
            Diagnosis(crashClass: .badState, title: GenericTitle.of(header), guilt: .nobody)
        },
        ReportRule("BUG: Bad page state", .badState, "BUG: Bad page state", .stack),
        ReportRule("BUG: Bad page map", .badState, "BUG: Bad page map", .stack),
        ReportRule("BUG: Bad page cache", .badState, "BUG: Bad page cache", .stack),
        ReportRule("BUG: Dentry ", .badState, "BUG: Dentry still in use in unmount", .nobody),
        ReportRule(
            "VFS: Busy inodes after unmount", .badState, "VFS: Busy inodes after unmount (use-after-free)",
            .nobody),
        ReportRule(
            "VFS: Close: file count is ", .badState, "VFS: Close: file count is zero (use-after-free)",
            .nobody),
        ReportRule("BUG ", slab),
        ReportRule("INFO: Freed in ", isEcho: true) { _, header in slabHistory(header) },
        ReportRule("INFO: Allocated in ", isEcho: true) { _, header in slabHistory(header) },
        ReportRule("WARNING: ", warning),
        ReportRule("BUG: ") { _, header in
            Diagnosis(crashClass: .other, title: GenericTitle.of(header), guilt: .torn)
        },
    ]

    /// `kernel BUG at file.c:12!`
    private static let bug: ReportRule.Diagnose = { _, header in
        let file = header.after("BUG at ") ?? header
        if file.has("lib/list_debug.c") {
            return Diagnosis(crashClass: .kernelBug, title: "BUG: corrupted list", guilt: .stack)
        }
        if file.has("mm/usercopy.c") {
            return Diagnosis(crashClass: .kernelBug, title: "BUG: bad usercopy", guilt: .stack)
        }
        return Diagnosis(crashClass: .kernelBug, title: "kernel BUG", guilt: .stack)
    }

    /// `BUG kmalloc-64 (Not tainted): Poison overwritten`; with KASAN on the message is KASAN's echo.
    private static let slab: ReportRule.Diagnose = { _, header in
        guard header.has("ainted"), let what = header.after("): ")?.trimmed, !what.has(prefix: "kasan:")
        else {
            return nil
        }
        return Diagnosis(crashClass: .badState, title: "BUG: " + GenericTitle.of(what), guilt: .nobody)
    }

    /// A part of such a report, when the rest of it was lost.
    private static func slabHistory(_ header: Text) -> Diagnosis {
        Diagnosis(crashClass: .other, title: GenericTitle.of(header), guilt: .torn)
    }

    /// Checks that warn for somebody else: the file, the function, and the title.
    private static let checks:
        [(file: StaticString, function: StaticString, crashClass: CrashClass, title: String)] = [
            ("lib/debugobjects.c", " ", .warning, "WARNING: ODEBUG bug"),
            ("mm/usercopy.c", " ", .warning, "WARNING: bad usercopy"),
            ("lib/kobject.c", " ", .warning, "WARNING: kobject bug"),
            ("fs/proc/generic.c", "proc_register", .warning, "WARNING: proc registration bug"),
            ("lib/refcount.c", " ", .refcount, "WARNING: refcount bug"),
            ("kernel/locking/lockdep.c", " ", .lockdep, "WARNING: locking bug"),
            ("mm/slab_common.c", "kmalloc_slab", .warning, "WARNING: kmalloc bug"),
            ("mm/vmalloc.c", "__vmalloc_node_range", .warning, "WARNING: zero-size vmalloc"),
        ]

    /// `WARNING: CPU: 1 PID: 12 at file.c:12 function+0x1/0x2`, since 6.19 `WARNING: file.c:12 at
    /// function+0x1/0x2, CPU#1: task/12`.
    private static let warning: ReportRule.Diagnose = { report, header in
        let text = header.dropping(prefix: "WARNING: ") ?? header
        guard isAssertion(text) else { return message(report, header) }
        let place = AssertionRules.place(text)
        for check in checks where text.has(check.file) && text.has(check.function) {
            return Diagnosis(crashClass: check.crashClass, title: check.title, guilt: .checked(place))
        }
        let suffix = SymbolParser.symbol(place).isEqual("usb_submit_urb") ? "/usb_submit_urb" : ""
        return Diagnosis(crashClass: .warning, title: "WARNING", guilt: .checked(place), suffix: suffix)
    }

    /// The function after `at file.c:12`, or after `at` alone.
    private static func place(_ text: Text) -> Text {
        let words = (text.after(" at ") ?? []).split(separator: UInt8(ascii: " "), maxSplits: 2)
        return words.prefix(2).last { StackLine.frame($0) != nil } ?? []
    }

    /// Messages that only begin with the word.
    private static func message(_ report: Report, _ header: Text) -> Diagnosis? {
        if header.has("kernel stack "), let what = header.before(" at "),
            let value = header.after(" has bad ")
        {
            return Diagnosis(
                crashClass: .warning,
                title: what.string + " has bad " + (value.before(" value") ?? value).string + " value",
                guilt: .nobody)
        }
        guard report.header.isFromKernel, report.header.text.startIndex == header.startIndex,
            !harmless.contains(where: { header.has($0) })
        else { return nil }
        return Diagnosis(crashClass: .warning, title: GenericTitle.of(header), guilt: .nobody)
    }

    /// Advice, not damage.
    private static let harmless: [StaticString] = [
        "/etc/", "WARNING: `", "mand mount", "fbcon: Driver", "kernel not compiled with", "workqueue cpumask",
        "Unprivileged eBPF", "BIOS bug", "bogus zero IO-APIC", "'bootconfig'", "polling idle",
        "See https://",
    ]

    private static func isAssertion(_ text: Text) -> Bool {
        (text.has(prefix: "CPU: ") && text.has(" at ")) || (text.has(" at ") && text.has(", CPU#"))
    }
}
