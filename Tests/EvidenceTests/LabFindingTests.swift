// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Evidence

@Suite struct LabFindingTests {
    private let classifier = CrashClassifier()

    private func classes(_ text: String) -> [CrashClass] {
        classifier.classify(ReportFixtures.bytes(text)).map(\.crashClass)
    }

    @Test func knowsThatTheGuestRanOutOfMemory() {
        let text = """
            stress invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=0
            Out of memory: Killed process 101 (stress) total-vm:1054324kB, anon-rss:412345kB
            """
        #expect(classes(text) == [.guestOutOfMemory])
        #expect(!classifier.classifyCorpus(ReportFixtures.bytes(text)).crash)
        let panic = "Kernel panic - not syncing: System is deadlocked on memory"
        #expect(classes(panic) == [.guestOutOfMemory])
        #expect(classifier.classifyCorpus(ReportFixtures.bytes(panic)).crashClass == .panic)
        #expect(classes("Memory cgroup out of memory: Killed process 7 (x) total-vm:1kB").isEmpty)
    }

    @Test(arguments: [
        "pacct_energy: Unknown symbol perf_event_read_local (err -2)",
        "pacct_energy: disagrees about version of symbol module_layout",
        "pacct_energy: version magic '6.12.0 SMP' should be '6.18.5 SMP preempt mod_unload '",
        "pacct_energy: exports duplicate symbol foo (owned by kernel)",
        "module pacct_energy: .gnu.linkonce.this_module section size must match the kernel's built struct module size at run time",
    ])
    func knowsThatTheModuleWasRefused(_ line: String) {
        #expect(classes(line) == [.moduleRefused])
        #expect(!classifier.classifyCorpus(ReportFixtures.bytes(line)).crash)
    }

    @Test func namesTheSymbolThatIsMissing() {
        let log = "pacct_energy: Unknown symbol perf_event_read_local (err -2)"
        #expect(
            classifier.classify(ReportFixtures.bytes(log)).first?.title
                == "module refused: pacct_energy: Unknown symbol perf_event_read_local")
    }

    @Test func knowsAReboot() {
        let boot = ReportFixtures.log("Linux version 6.18.5 (gcc 12) #1 SMP", at: 0)
        #expect(classifier.classify(Array(boot.utf8)).isEmpty)
        let again = boot + ReportFixtures.log("something") + boot
        #expect(classifier.classify(Array(again.utf8)).map(\.crashClass) == [.reboot])
    }

    @Test func knowsSuspectedLeaks() {
        #expect(
            classes("kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)") == [
                .memoryLeak
            ])
    }

    /// What a healthy guest prints and sounds alarming.
    @Test(arguments: [
        "Kernel command line: panic=-1 oops=panic panic_on_warn=1 BUG: WARNING:",
        "kasan: KernelAddressSanitizer initialized",
        "Lock dependency validator: Copyright (c) 2006 Red Hat, Inc.",
        "rcu: \tRCU lockdep checking is enabled.",
        "kfence: initialized - using 2097152 bytes for 255 objects",
        "Spectre V2 : WARNING: Unprivileged eBPF is enabled with eIBRS on, data leaks possible via Spectre v2 BHB attacks!",
        "pacct_energy: loading out-of-tree module taints kernel.",
        "pacct_energy: module verification failed: signature and/or required key missing - tainting kernel",
        "INFO: lockdep is turned off.",
        "INFO: NMI handler (perf_event_nmi_handler) took too long to run: 1.356 msecs",
        "traps: stress[12] general protection fault ip:401000 sp:7ffd error:0 in stress[400000+1000]",
        "traps: stress[12] trap invalid opcode ip:401000 sp:7ffd error:0",
        "ODEBUG: Out of memory. ODEBUG disabled",
        "stress[71]: segfault at 0 ip 0000000000401000 sp 00007ffd error 4 in stress[400000+1000]",
        "WARNING: BIOS bug: CPU MTRRs don't cover all of memory, losing 0MB of RAM.",
        "kernel/bpf: DEBUG: BUGs: 0, no INFO: task list", "Run /init as init process",
        "pacct_energy:pacct_process_exit():140: Process exiting: PID 71, COMM \"BUG: x\", energy estimate 1 (uJ)",
    ])
    func isSilentOnNoise(_ line: String) {
        #expect(classes(line).isEmpty)
    }

    @Test func isSilentOnNothing() {
        #expect(classifier.classify([]).isEmpty)
        #expect(classifier.classify([0x0a]).isEmpty)
        #expect(!classifier.classifyCorpus([0x42]).crash)
    }
}
