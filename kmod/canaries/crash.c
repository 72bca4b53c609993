// SPDX-License-Identifier: GPL-2.0-only
/*
 * crash.c - misdeeds after which the kernel stops, or says that it should
 *
 * Context: in the process that loads the module, or in a hook.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/irqflags.h>
#include <linux/panic.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "canary.h"
#include "hook.h"

static int start_panic(void)
{
	panic("canary: panic on purpose"); /* guilty: panic */
}

static int start_oops(void)
{
	int *nowhere = NULL;

	OPTIMIZER_HIDE_VAR(nowhere);
	*nowhere = 1; /* guilty: oops */
	return 0;
}

/* A method that nobody has set. */
static u64 (*baseline_of)(struct task_struct *task);
static u64 baseline;

static void call_on_fork(void *unused, struct task_struct *task,
			 u64 clone_flags)
{
	baseline += READ_ONCE(baseline_of)(task); /* guilty: null_call */
}

static int start_null_call(void)
{
	return canary_hook("task_newtask", call_on_fork);
}

/* What is left of a pointer after its upper half was written over. */
static u64 *wild = (u64 *)0xffff90000badf00dUL;

static void count_on_exit(void *unused, struct task_struct *task,
			  bool group_dead)
{
	u64 *counter = READ_ONCE(wild);

	*counter += 1; /* guilty: wild_pointer */
}

static int start_wild_pointer(void)
{
	return canary_hook("sched_process_exit", count_on_exit);
}

static u64 rate;
static u64 interval;

static void divide_on_switch(void *unused, bool preempt,
			     struct task_struct *prev, struct task_struct *next,
			     unsigned int prev_state)
{
	u64 since = READ_ONCE(interval);

	if (canary_is_due())
		/* guilty: divide_error */
		WRITE_ONCE(rate, prev->se.sum_exec_runtime / since);
}

static int start_divide_error(void)
{
	return canary_hook("sched_switch", divide_on_switch);
}

static int start_bug(void)
{
	BUG(); /* guilty: bug */
	return 0;
}

static int start_warn(void)
{
	WARN(1, "canary: warning on purpose\n"); /* guilty: warn */
	return 0;
}

/* Goes up to the last ancestor, and on: it is its own parent. */
/* guilty: stack_overflow */
static noinline u64 sum_up(struct task_struct *task)
{
	u64 count[64];

	if (!task)
		return 0;
	memset(count, 0, sizeof(count)); /* guilty: stack_overflow */
	count[0] = task->se.sum_exec_runtime;
	/* Somebody may look at them: each level needs its own. */
	barrier_data(count);
	/* guilty: stack_overflow */
	return sum_up(rcu_dereference_raw(task->real_parent)) + count[0];
}

static int start_stack_overflow(void)
{
	return sum_up(current) == 42;
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

const struct canary_misdeed canary_crash[] = {
	{ "panic", start_panic, NULL, "panics at once" },
	{ "oops", start_oops, NULL, "writes through a NULL pointer" },
	{ "null_call", start_null_call, canary_unhook,
	  "calls a NULL pointer in a fork hook" },
	{ "wild_pointer", start_wild_pointer, canary_unhook,
	  "follows a wild pointer in an exit hook" },
	{ "divide_error", start_divide_error, canary_unhook,
	  "divides by zero in a sched_switch hook" },
	{ "bug", start_bug, NULL, "runs into a BUG()" },
	{ "warn", start_warn, NULL, "warns once and goes on" },
	{ "stack_overflow", start_stack_overflow, NULL,
	  "calls itself until the stack is full" },
	{ "triple_fault", start_triple_fault, NULL,
	  "resets the CPU without a word" },
	{}
};
