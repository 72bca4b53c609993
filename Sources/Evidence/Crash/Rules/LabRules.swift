// SPDX-License-Identifier: Apache-2.0

/// What is no crash, and spoils a run all the same: the guest out of memory, a module that does not load,
/// a reboot; and failures of the programs that corpora of logs come from.
enum LabRules {
    static let all: [ReportRule] = [
        ReportRule("Out of memory: Kill", outOfMemory),
        ReportRule(": Unknown symbol ", isAnywhere: true, refused),
        ReportRule(": disagrees about version of symbol ", isAnywhere: true, refused),
        ReportRule(": version magic \'", isAnywhere: true, refused),
        ReportRule(": exports duplicate symbol ", isAnywhere: true, refused),
        ReportRule(": module using GPL-only symbols ", isAnywhere: true, refused),
        ReportRule(
            " section size must match the kernel's built struct module", isAnywhere: true, otherKernel),
        ReportRule(" new suspected memory leaks", isAnywhere: true, suspectedLeaks),
        ReportRule("Linux version ", reboot),
        ReportRule("SYZFAIL: ") { _, header in
            Diagnosis(crashClass: .harness, title: GenericTitle.of(header), guilt: .nobody)
        },
        ReportRule("SYZFATAL: ") { _, header in
            Diagnosis(crashClass: .harness, title: GenericTitle.of(header), guilt: .nobody)
        },
    ]

    /// mm/oom_kill.c: `Out of memory: Killed process 12 (name) total-vm:...`. A memory cgroup that is full
    /// says `Memory cgroup out of memory` and concerns nobody else.
    private static let outOfMemory: ReportRule.Diagnose = { report, header in
        guard report.header.isFromKernel, header.startIndex == report.header.start else { return nil }
        return Diagnosis(
            crashClass: .guestOutOfMemory, title: "guest out of memory: the kernel killed a process",
            guilt: .nobody, isCrash: false)
    }

    /// kernel/module/main.c: `name: Unknown symbol f (err -2)`.
    private static let refused: ReportRule.Diagnose = { report, header in
        let line = report.header.text
        guard report.header.isFromKernel, let name = line.before(": "), !name.isEmpty,
            name.allSatisfy({ $0.isWordByte || $0 == UInt8(ascii: "-") })
        else { return nil }
        let what = line.before(" (err") ?? line.before(" should be") ?? line
        return Diagnosis(
            crashClass: .moduleRefused, title: "module refused: " + what.string, guilt: .nobody,
            isCrash: false)
    }

    /// The module was built for a kernel with another configuration:
    /// `module name: .gnu.linkonce.this_module section size must match the kernel's built struct module ...`.
    private static let otherKernel: ReportRule.Diagnose = { report, _ in
        guard report.header.isFromKernel, let name = report.header.text.between("module ", ": ") else {
            return nil
        }
        return Diagnosis(
            crashClass: .moduleRefused, title: "module refused: \(name.string): built for another kernel",
            guilt: .nobody, isCrash: false)
    }

    /// mm/kmemleak.c: `kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)`.
    private static let suspectedLeaks: ReportRule.Diagnose = { report, _ in
        guard report.header.isFromKernel, report.header.text.has(prefix: "kmemleak: ") else { return nil }
        return Diagnosis(
            crashClass: .memoryLeak, title: "memory leak: kmemleak has suspects", guilt: .nobody,
            isCrash: false)
    }

    /// The kernel greets a second time: the log goes on, and time starts again.
    private static let reboot: ReportRule.Diagnose = { report, header in
        guard let time = report.header.timeUs, header.startIndex == report.header.start,
            let before = report.timeBefore, before > time
        else { return nil }
        return Diagnosis(crashClass: .reboot, title: "unexpected kernel reboot", guilt: .nobody)
    }
}
