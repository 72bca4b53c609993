// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Evidence

@Suite struct ModuleRuleTests {
    private func ruleBroken(_ text: String) -> String? {
        CrashClassifier().classify(ReportFixtures.bytes(text)).first?.rule
    }

    @Test func forbidsToSleepInAHook() throws {
        let rule = try #require(ruleBroken(ReportFixtures.sleepInHook))
        #expect(rule.hasPrefix("No sleeping, and nothing that may sleep, in a tracepoint hook: no "))
        #expect(rule.hasSuffix("(in the sched_switch hook)"))
    }

    @Test(arguments: [
        ("__traceiter_sched_process_fork+0x5/0x10\n kernel_clone", "fork"), ("kernel_clone", "fork"),
        ("copy_process", "fork"), ("__traceiter_sched_process_exit", "exit"), ("do_exit", "exit"),
        ("__traceiter_sched_process_exec", "exec"), ("__schedule", "sched_switch"),
        ("__traceiter_some_other_event", "some_other_event"),
    ])
    func knowsTheHook(_ caller: String, _ hook: String) {
        // With a single hook the tracepoint calls it directly, and has no frame of its own.
        let report = ReportFixtures.sleepInHook.replacing("__traceiter_sched_switch+0x61/0x90\n ", with: "")
            .replacing("__schedule+0x91f", with: caller + "+0x91f")
        #expect(ruleBroken(report)?.hasSuffix("(in the \(hook) hook)") == true)
    }

    @Test func forbidsToScheduleUnderASpinlock() throws {
        let report = ReportFixtures.sleepInHook.replacing("__traceiter_sched_switch", with: "pacct_work")
            .replacing("__schedule+0x91f", with: "process_one_work+0x91f")
        let rule = try #require(ruleBroken(report))
        #expect(rule.hasPrefix("No spinlock held for long, and never schedule() under one."))
        #expect(rule.hasSuffix("(in a work item)"))
    }

    @Test func appliesTheRulesToInterrupts() throws {
        let report = ReportFixtures.sleepInHook.replacing("__traceiter_sched_switch", with: "call_timer_fn")
        #expect(try #require(ruleBroken(report)).hasPrefix("Anything else that runs outside process context"))
    }

    @Test func forbidsHeavyWorkInAHook() throws {
        let report = ReportFixtures.softLockup.replacing(
            "native_queued_spin_lock_slowpath+0x6b/0x2c0", with: "pacct_loop+0x1/0x20 [pacct_energy]"
        )
        .replacing(" _raw_spin_lock+0x2d/0x40\n", with: "")
        .replacing("process_one_work", with: "__traceiter_sched_switch")
        #expect(try #require(ruleBroken(report)).hasPrefix("No heavy work in a hook."))
    }

    @Test func forbidsToSpinForLong() throws {
        #expect(try #require(ruleBroken(ReportFixtures.softLockup)).hasPrefix("No spinlock held for long"))
    }

    @Test(arguments: [
        ReportFixtures.useAfterFree, ReportFixtures.nullPointer, ReportFixtures.warning,
        ReportFixtures.deadlock,
        ReportFixtures.hungTask, ReportFixtures.sleepInHook.replacing(" [pacct_energy]", with: ""),
    ])
    func isNotToBlameForAnythingElse(_ report: String) {
        #expect(ruleBroken(report) == nil)
    }
}
