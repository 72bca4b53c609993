// SPDX-License-Identifier: GPL-2.0-only
/*
 * hooks.c - follows tasks from fork to their last switch
 *
 * Context: tracepoints call their probes with preemption off. Fork and exit
 * hooks run in the process concerned, with no lock held. The sched_switch hook
 * runs with interrupts off and the run queue locked: it takes no lock that
 * another CPU can hold, allocates nothing, wakes nobody, prints nothing.
 *
 * The fork hook sits on task_newtask rather than on sched_process_fork: the
 * kernel creates some threads (io_uring's workers, for one) without the latter.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/array_size.h>
#include <linux/errno.h>
#include <linux/llist.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "counters.h"
#include "estimate.h"
#include "hooks.h"
#include "record.h"
#include "stats.h"
#include "tasks.h"
#include "timing.h"

DEFINE_PER_CPU(struct pacct_stats, pacct_stats);

static void begin_account(struct task_struct *task)
{
	struct traced_task *t;

	/* The idle task of a CPU that comes online for the first time. */
	if (!task->pid)
		return;
	t = pacct_pool_get();
	if (!t) {
		pacct_stat_inc(PACCT_STAT_FORKS_MISSED);
		pacct_estimate_request_scan();
		return;
	}
	t->wants_setup = pacct_wants_counters();
	if (!pacct_task_add(task, t)) {
		pacct_pool_put(t);
		return;
	}
	pacct_stat_inc(PACCT_STAT_FORKS);
	/* The task does not run yet, so it cannot be gone. */
	if (pacct_wants_counters())
		pacct_task_counters_want(t);
}

static void on_newtask(void *unused, struct task_struct *task, u64 clone_flags)
{
	u64 begin = pacct_hook_begin();

	begin_account(task);
	pacct_hook_end(PACCT_HOOK_FORK, begin);
}

static void capture_exit(struct task_struct *task)
{
	pacct_stat_inc(PACCT_STAT_EXITS);
	if (pacct_task_exiting(task))
		return;
	pacct_stat_inc(PACCT_STAT_ORPHANS);
	pacct_record_orphan(task);
}

static void on_process_exit(void *unused, struct task_struct *task,
			    bool group_dead)
{
	u64 begin = pacct_hook_begin();

	capture_exit(task);
	pacct_hook_end(PACCT_HOOK_EXIT, begin);
}

static void bill(struct task_struct *prev, unsigned int prev_state)
{
	struct pacct_cpu *pc = this_cpu_ptr(&pacct_cpus);
	struct traced_task *t = NULL;

	pacct_stat_inc(PACCT_STAT_SWITCHES);
	if (!is_idle_task(prev))
		t = pacct_task_find(prev);
	if (t && unlikely(prev_state == TASK_DEAD))
		t->dead = true;
	if (!pacct_scope_task)
		pacct_cpu_bill(pc, t, prev);
	else if (t)
		pacct_task_bill(pc, t, prev);
	if (!t)
		return;
	if (unlikely(t->dead)) {
		pacct_estimate_bury(t);
		return;
	}
	/* Pairs with the worker's release: it is done with dirty_node. */
	if (!smp_load_acquire(&t->dirty)) {
		t->dirty = true;
		llist_add(&t->dirty_node, &pc->dirty);
	}
}

static void on_sched_switch(void *unused, bool preempt,
			    struct task_struct *prev, struct task_struct *next,
			    unsigned int prev_state)
{
	u64 begin = pacct_hook_begin();

	bill(prev, prev_state);
	pacct_hook_end(PACCT_HOOK_SWITCH, begin);
}

static struct hook {
	const char *name;
	void *probe;
	struct tracepoint *point;
	bool registered;
} hooks[] = {
	/* In this order, so that no task is born unseen whose exit is seen. */
	{ .name = "sched_process_exit", .probe = on_process_exit },
	{ .name = "sched_switch", .probe = on_sched_switch },
	{ .name = "task_newtask", .probe = on_newtask },
};

/* Tracepoints are not exported by name, but can be walked through. */
static void find_point(struct tracepoint *point, void *unused)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(hooks); i++) {
		if (!strcmp(hooks[i].name, point->name))
			hooks[i].point = point;
	}
}

/**
 * pacct_hooks_register - hook into fork, exit and switch
 *
 * Context: process context.
 * Return: 0, -ENOENT if the kernel lacks a tracepoint, or another errno
 */
int pacct_hooks_register(void)
{
	for_each_kernel_tracepoint(find_point, NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(hooks); i++) {
		int ret = -ENOENT;

		if (hooks[i].point)
			ret = tracepoint_probe_register(hooks[i].point,
							hooks[i].probe, NULL);
		if (ret) {
			pr_err("cannot hook into %s: error %d\n", hooks[i].name,
			       ret);
			pacct_hooks_unregister();
			return ret;
		}
		hooks[i].registered = true;
	}
	return 0;
}

/**
 * pacct_hooks_unregister - take the hooks out
 *
 * Context: process context. No hook runs any more when this returns.
 */
void pacct_hooks_unregister(void)
{
	for (int i = ARRAY_SIZE(hooks) - 1; i >= 0; i--) {
		if (hooks[i].registered)
			tracepoint_probe_unregister(hooks[i].point,
						    hooks[i].probe, NULL);
		hooks[i].registered = false;
	}
	tracepoint_synchronize_unregister();
}
