// SPDX-License-Identifier: GPL-2.0-only
/*
 * sleep.c - misdeeds of sleeping where one must not
 *
 * Context: tracepoints call their hooks with preemption off; sched_switch does
 * so with interrupts off and the run queue locked, besides. That is what makes
 * these misdeeds.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "canary.h"
#include "hook.h"

/* Protects nothing: it is here to be taken where no mutex may be. */
static DEFINE_MUTEX(table_mutex);

/* The same for a spinlock: held across schedule(), or in a hook under RT. */
static DEFINE_SPINLOCK(table_lock);

static void sleep_on_switch(void *unused, bool preempt,
			    struct task_struct *prev, struct task_struct *next,
			    unsigned int prev_state)
{
	if (canary_is_due())
		msleep(20); /* guilty: sleep_in_switch */
}

static int start_sleep_in_switch(void)
{
	return canary_hook("sched_switch", sleep_on_switch);
}

static void allocate_on_fork(void *unused, struct task_struct *task,
			     u64 clone_flags)
{
	/* guilty: alloc_in_fork */
	u64 *count = kcalloc(8, sizeof(*count), GFP_KERNEL);

	kfree(count);
}

static int start_alloc_in_fork(void)
{
	return canary_hook("task_newtask", allocate_on_fork);
}

static void lock_on_exit(void *unused, struct task_struct *task,
			 bool group_dead)
{
	mutex_lock(&table_mutex); /* guilty: mutex_in_exit */
	mutex_unlock(&table_mutex);
}

static int start_mutex_in_exit(void)
{
	return canary_hook("sched_process_exit", lock_on_exit);
}

static void estimate_locked(struct work_struct *unused)
{
	spin_lock(&table_lock);
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_timeout(1); /* guilty: schedule_under_lock */
	spin_unlock(&table_lock);
}

static DECLARE_WORK(estimator, estimate_locked);

static int start_schedule_under_lock(void)
{
	schedule_work(&estimator);
	return 0;
}

static void stop_schedule_under_lock(void)
{
	flush_work(&estimator);
}

static void spin_on_exit(void *unused, struct task_struct *task,
			 bool group_dead)
{
	spin_lock(&table_lock); /* guilty: spinlock_in_exit */
	spin_unlock(&table_lock);
}

static int start_spinlock_in_exit(void)
{
	return canary_hook("sched_process_exit", spin_on_exit);
}

const struct canary_misdeed canary_sleep[] = {
	{ "sleep_in_switch", start_sleep_in_switch, canary_unhook,
	  "sleeps in a sched_switch hook" },
	{ "alloc_in_fork", start_alloc_in_fork, canary_unhook,
	  "allocates with GFP_KERNEL in a fork hook" },
	{ "mutex_in_exit", start_mutex_in_exit, canary_unhook,
	  "takes a mutex in an exit hook" },
	{ "schedule_under_lock", start_schedule_under_lock,
	  stop_schedule_under_lock, "schedules under a spinlock" },
	{ "spinlock_in_exit", start_spinlock_in_exit, canary_unhook,
	  "takes a spinlock in an exit hook, which sleeps under PREEMPT_RT" },
	{}
};
