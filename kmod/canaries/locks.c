// SPDX-License-Identifier: GPL-2.0-only
/*
 * locks.c - misdeeds with locks
 *
 * The locks protect nothing; they are here to be taken in wrong orders and
 * wrong contexts.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include "canary.h"
#include "hook.h"

/* Taken under the run queue's lock, which is a raw one. */
static DEFINE_SPINLOCK(switch_lock);

static void lock_on_switch(void *unused, bool preempt, struct task_struct *prev,
			   struct task_struct *next, unsigned int prev_state)
{
	spin_lock(&switch_lock); /* guilty: spinlock_in_switch */
	spin_unlock(&switch_lock);
}

static int start_spinlock_in_switch(void)
{
	return canary_hook("sched_switch", lock_on_switch);
}

/* One function takes the counters inside the table, the other outside. */
static DEFINE_MUTEX(table_mutex);
static DEFINE_MUTEX(counters_mutex);

static noinline void add_task(void)
{
	mutex_lock(&table_mutex);
	mutex_lock(&counters_mutex);
	mutex_unlock(&counters_mutex);
	mutex_unlock(&table_mutex);
}

static noinline void read_counters(void)
{
	mutex_lock(&counters_mutex);
	mutex_lock(&table_mutex); /* guilty: abba */
	mutex_unlock(&table_mutex);
	mutex_unlock(&counters_mutex);
}

static int start_abba(void)
{
	add_task();
	read_counters();
	return 0;
}

/* Taken by a timer, and by others that do not keep the timer out. */
static DEFINE_SPINLOCK(estimate_lock);
static DECLARE_COMPLETION(estimated);

static void estimate_on_timer(struct timer_list *unused)
{
	spin_lock(&estimate_lock);
	spin_unlock(&estimate_lock);
	complete(&estimated);
}

static DEFINE_TIMER(estimate_timer, estimate_on_timer);

static int start_irq_unsafe(void)
{
	mod_timer(&estimate_timer, jiffies + 1);
	wait_for_completion(&estimated);
	spin_lock(&estimate_lock); /* guilty: irq_unsafe */
	spin_unlock(&estimate_lock);
	return 0;
}

static void stop_irq_unsafe(void)
{
	timer_delete_sync(&estimate_timer);
}

static DEFINE_SPINLOCK(kept_lock);
static bool there_is_nothing_to_do = true;

static void leave_locked(struct work_struct *unused)
{
	spin_lock(&kept_lock); /* guilty: lock_kept */
	if (READ_ONCE(there_is_nothing_to_do)) {
		/* Said to sparse alone, which would find it: nothing is released. */
		__release(&kept_lock);
		return;
	}
	spin_unlock(&kept_lock);
}

static DECLARE_WORK(leaver, leave_locked);

static int start_lock_kept(void)
{
	schedule_work(&leaver);
	return 0;
}

static void stop_lock_kept(void)
{
	flush_work(&leaver);
}

const struct canary_misdeed canary_locks[] = {
	{ "spinlock_in_switch", start_spinlock_in_switch, canary_unhook,
	  "takes a plain spinlock under the run queue's lock" },
	{ "abba", start_abba, NULL, "takes two locks in both orders" },
	{ "irq_unsafe", start_irq_unsafe, stop_irq_unsafe,
	  "takes a timer's lock without keeping the timer out" },
	{ "lock_kept", start_lock_kept, stop_lock_kept,
	  "returns early and never releases its lock" },
	{}
};
