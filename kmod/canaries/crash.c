// SPDX-License-Identifier: GPL-2.0-only
/*
 * crash.c - misdeeds after which the kernel stops, or says that it should
 *
 * Context: all of them happen while the module is being loaded, in the process
 * that loads it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/panic.h>
#include <linux/pid.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>

#include "canary.h"

static int start_panic(void)
{
	panic("canary: panic on purpose");
}

static int start_oops(void)
{
	int *nowhere = NULL;

	OPTIMIZER_HIDE_VAR(nowhere);
	*nowhere = 1;
	return 0;
}

static int start_bug(void)
{
	BUG();
	return 0;
}

static int start_warn(void)
{
	WARN(1, "canary: warning on purpose\n");
	return 0;
}

/*
 * With an empty IDT the breakpoint cannot be delivered, nor the fault that
 * follows from that, nor the double fault after it: the CPU resets, and the
 * kernel says nothing at all.
 */
static int start_triple_fault(void)
{
	static const struct {
		u16 limit;
		u64 base;
	} __packed nothing;

	local_irq_disable();
	asm volatile("lidt %0\n\tint3" : : "m"(nothing));
	return 0;
}

/*
 * No signal that anybody sends can kill PID 1, but it dies of its own faults.
 * Where it will go on in user space is written over while it sits in a system
 * call; it is tried again in case that it does not sit in one just now.
 */
static int start_kill_init(void)
{
	struct task_struct *init = get_pid_task(find_vpid(1), PIDTYPE_TGID);

	if (!init)
		return -ESRCH;
	for (int try = 0; try < 1000 && !(init->flags & PF_EXITING); try++) {
		if (!task_is_running(init))
			task_pt_regs(init)->ip = 0;
		send_sig(SIGCHLD, init, 1);
		msleep(20);
	}
	put_task_struct(init);
	return 0;
}

const struct canary_misdeed canary_crash[] = {
	{ "panic", start_panic, NULL, "panics at once" },
	{ "oops", start_oops, NULL, "writes through a NULL pointer" },
	{ "bug", start_bug, NULL, "runs into a BUG()" },
	{ "warn", start_warn, NULL, "warns once and goes on" },
	{ "triple_fault", start_triple_fault, NULL,
	  "resets the CPU without a word" },
	{ "kill_init", start_kill_init, NULL, "lets PID 1 fault and die" },
	{}
};
