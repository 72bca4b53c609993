// SPDX-License-Identifier: Apache-2.0

/// What kind of thing went wrong.
///
/// The first group are the kinds of report a Linux kernel prints; the second one are failures that only
/// the lab sees.
public enum CrashClass: String, CaseIterable, Codable, Sendable {
    // What a console log shows.

    /// The program under test that runs on top of the kernel failed, not the kernel.
    case harness
    /// The kernel booted again without having been asked to.
    case reboot
    /// KASAN: memory used after it was freed.
    case kasanUseAfterFree = "kasan_uaf"
    /// KASAN: something freed twice, or freed that was never allocated.
    case kasanFree = "kasan_free"
    /// KASAN: any other bad access.
    case kasanAccess = "kasan_access"
    /// KFENCE: a bad access or a bad free caught by sampling.
    case kfence
    /// KMSAN: use of uninitialised memory.
    case kmsan
    /// KCSAN: a data race.
    case kcsan
    /// UBSAN: undefined behaviour.
    case ubsan
    /// kmemleak: memory nobody points to any more.
    case memoryLeak = "memory_leak"
    /// lockdep and its relatives: a broken locking rule.
    case lockdep
    /// Sleeping, or scheduling, where that is forbidden.
    case atomicContext = "atomic_context"
    /// A task that did not run for minutes.
    case taskHung = "task_hung"
    /// A CPU, or a workqueue, that made no progress.
    case stall
    /// A stack that overflowed or was overwritten.
    case stackCorruption = "stack_corruption"
    /// A NULL pointer was followed.
    case nullDereference = "null_deref"
    /// Any other access to memory that is not there.
    case pageFault = "page_fault"
    /// A general protection fault.
    case generalProtection = "gpf"
    /// Any other exception that a CPU raised in kernel mode.
    case cpuTrap = "cpu_trap"
    /// An assertion that stops the kernel: `BUG()`.
    case kernelBug = "kernel_bug"
    /// A reference counter that saturated, underflowed or came back from zero.
    case refcount
    /// A page, counter, dentry or device in a state it must not be in.
    case badState = "bad_state"
    /// An assertion that does not stop the kernel: `WARN()`.
    case warning
    /// A panic with no report before it.
    case panic
    /// A report that is torn, or of no known kind.
    case other

    // What only the lab sees.

    /// The guest said nothing more, and no report tells why.
    case silentHang = "silent_hang"
    /// The guest reset itself without a word.
    case tripleFault = "triple_fault"
    /// The guest ran out of memory.
    case guestOutOfMemory = "guest_oom"
    /// The module, or the kernel, wrote more log than anybody can read.
    case logFlood = "log_flood"
    /// The kernel refused to load the module.
    case moduleRefused = "module_refused"
    /// The module did not go away when it was unloaded.
    case unloadStuck = "unload_stuck"
    /// A step of the scenario failed.
    case stepFailed = "step_failed"
    /// The module, or the kernel, did not compile.
    case buildFailed = "build_failed"
    /// The module needs a symbol that the kernel does not export.
    case missingSymbol = "missing_symbol"
    /// An energy estimate is not what its counts say.
    case energyWrong = "energy_wrong"
    /// What was billed to tasks is not what the CPUs counted.
    case energyNotConserved = "energy_not_conserved"
    /// Tasks exited without leaving an energy record.
    case recordsMissing = "records_missing"
    /// Energy records that belong to no task, or to one that has a record already.
    case recordsWrong = "records_wrong"
    /// The module dropped energy records before anybody read them.
    case recordsLost = "records_lost"
    /// The module was unloaded, and something of it is left.
    case residue
    /// A number that must stay what it is grows with every task, such as objects or the cost of a hook.
    case growth
    /// What the scenario expects did not come: its finding, its losses, its energy.
    case expectationMissed = "expectation_missed"
}
