// SPDX-License-Identifier: Apache-2.0

/// What the guest's kernel is told. Meanings: Documentation/admin-guide/kernel-parameters.txt of the kernel.
enum KernelCommandLine {
    static func text(limits: TimeLimits) -> String {
        var words = [
            "console=ttyS0,115200",
            "loglevel=7",
            // A panic is reported to the machine, which pauses the guest. Where it has to go on to get its messages out,
            // it must not reboot afterwards: its memory is wanted.
            "panic=0",
            "oops=panic",
            // The non-maskable interrupt that a hung guest is sent must end in a panic, with the stacks of every CPU
            // and of all blocked tasks (include/linux/sys_info.h).
            "unknown_nmi_panic",
            "panic_print=0xc0",
            // A lockup will not end by itself: report it and be done.
            "softlockup_panic=1",
            "nmi_watchdog=panic",
            "watchdog_thresh=\(limits.lockupThreshold)",
            "i6300esb.heartbeat=\(limits.watchdog)",
            // The module's caches must not hide among others of their size.
            "slab_nomerge",
            // The agent reads the log as records; its own lines must not be throttled.
            "printk.devkmsg=on",
            // A module of KUnit tests runs them when it is loaded; where the kernel has no KUnit, nobody reads this.
            "kunit.enable=1", "kunit.autorun=1",
        ]
        if limits.accelerator == .tcg {
            words += [
                // Half of a debug kernel's boot would be spent in the ACPI interpreter.
                "acpi=off",
                // What calibration loops would find out; they cost seconds in a guest whose clock counts instructions.
                "lapic_timer_khz=1000000",
                "tsc_early_khz=1000000",
                // Every emulated CPU reads one counter. Without being told, the kernel takes it for unsynchronized,
                // and all its clocks go by jiffies: 4 ms where records and counters want nanoseconds.
                "tsc=reliable",
                // QEMU's slices favour the first CPU; see images/kernel/patches/0003-x86-apic-icount_yield.patch.
                "icount_yield",
            ]
        }
        return words.joined(separator: " ")
    }
}
