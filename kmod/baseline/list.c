// SPDX-License-Identifier: GPL-2.0-only
/*
 * list.c - all tasks, in one list under one lock
 *
 * Locking: pacct_list_lock protects the list and the accounts in it. It is
 * taken in the sched_switch hook with the run queue locked, so that nothing may
 * be woken, allocated or printed under it, and interrupts are off wherever else
 * it is taken; raw, because the hook cannot sleep on any kernel.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ":%s():%d: " fmt, __func__, __LINE__

#include <linux/atomic.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "pacct_list.h"

static bool log_records = true;
module_param(log_records, bool, 0644);
MODULE_PARM_DESC(log_records,
		 "print the account of every task that exits (default: on)");

LIST_HEAD(pacct_list);
DEFINE_RAW_SPINLOCK(pacct_list_lock);

static struct listed_task *find(const struct task_struct *task)
{
	struct listed_task *t;

	lockdep_assert_held(&pacct_list_lock);
	list_for_each_entry(t, &pacct_list, node) {
		if (t->task == task)
			return t;
	}
	return NULL;
}

/*
 * A task that is past exit_signals() is left alone: its exit hook may have run
 * already, and nobody else would ever take it out of the list.
 */
static bool add(struct listed_task *t, bool maybe_there)
{
	unsigned long flags;
	bool added = false;

	raw_spin_lock_irqsave(&pacct_list_lock, flags);
	if (!(READ_ONCE(t->task->flags) & PF_EXITING) &&
	    !(maybe_there && find(t->task))) {
		list_add_tail(&t->node, &pacct_list);
		added = true;
	}
	raw_spin_unlock_irqrestore(&pacct_list_lock, flags);
	return added;
}

static void trace(struct task_struct *task, bool maybe_there)
{
	struct listed_task *t;

	if (task->flags & PF_KTHREAD)
		return;
	t = kzalloc(sizeof(*t), GFP_NOWAIT | __GFP_NOWARN);
	if (!t)
		return;
	t->task = get_task_struct(task);
	if (add(t, maybe_there)) {
		pacct_counters_want(t);
		return;
	}
	put_task_struct(task);
	kfree(t);
}

/**
 * pacct_list_add - start the account of a task that was just created
 * @task:	the task; it does not run yet
 *
 * Without memory it has no account.
 *
 * Context: the fork hook, preemption off.
 */
void pacct_list_add(struct task_struct *task)
{
	trace(task, false);
}

/** pacct_list_scan - start the accounts of the tasks that exist already */
void pacct_list_scan(void)
{
	struct task_struct *process, *thread;

	rcu_read_lock();
	for_each_process_thread(process, thread)
		trace(thread, true);
	rcu_read_unlock();
}

/* What the counters gained since the last time. Interrupts are off. */
static void bill(struct listed_task *t)
{
	for (unsigned int i = 0; i < PACCT_LIST_EVENTS; i++) {
		u64 value;

		if (!t->event[i] ||
		    perf_event_read_local(t->event[i], &value, NULL, NULL))
			continue;
		t->diff[i] = value - t->last[i];
		t->count[i] += t->diff[i];
		t->last[i] = value;
	}
}

/**
 * pacct_list_switch - bill a task that leaves its CPU
 * @prev:	the task, current
 *
 * Context: the sched_switch hook.
 */
void pacct_list_switch(struct task_struct *prev)
{
	struct listed_task *t;

	if (prev->flags & PF_KTHREAD)
		return;
	raw_spin_lock(&pacct_list_lock);
	t = find(prev);
	if (t)
		bill(t);
	raw_spin_unlock(&pacct_list_lock);
}

static void pacct_process_exit(const struct listed_task *t)
{
	pr_info("Process exiting: PID %d, COMM \"%*pE\", energy estimate %lld (uJ)\n",
		t->task->pid, (int)strnlen(t->task->comm, TASK_COMM_LEN),
		t->task->comm, max(t->energy_uj, 0LL));
	pr_info("Event counts for exiting PID %d:\n", t->task->pid);
	for (unsigned int i = 0; i < PACCT_LIST_EVENTS; i++)
		pr_info("[%u]: count=%llu, diff=%llu\n", i, t->count[i],
			t->diff[i]);
}

static struct listed_task *take_out(struct task_struct *task)
{
	struct listed_task *t;
	unsigned long flags;

	raw_spin_lock_irqsave(&pacct_list_lock, flags);
	t = find(task);
	if (t) {
		bill(t);
		t->energy_uj = pacct_estimate(t);
		list_del(&t->node);
	}
	raw_spin_unlock_irqrestore(&pacct_list_lock, flags);
	return t;
}

/**
 * pacct_list_exit - end the account of a task
 * @task:	current, about to exit
 *
 * Context: the exit hook, preemption off.
 */
void pacct_list_exit(struct task_struct *task)
{
	struct listed_task *t = take_out(task);

	if (!t)
		return;
	if (READ_ONCE(log_records))
		pacct_process_exit(t);
	pacct_counters_bury(t);
}
