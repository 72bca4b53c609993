// SPDX-License-Identifier: GPL-2.0-only
/*
 * counters_task.c - scope=task: every task has counters of its own
 *
 * A task is forked without; they are made in a work item soon after, and what
 * it does until then is not counted. The perf core takes them off the CPU and
 * puts them on it with the task. They end when the exiting task's events are
 * removed, shortly before its last switch. Perf also removes them when the
 * task executes a set-user-id program: the hook notices, and asks for new ones.
 *
 * Locking: hooks ask for counters through a lock-less list, the worker hands
 * over the dead through another. All counters are made and released by one work
 * item (or after it has been stopped), so that no account is in two hands. An
 * account whose wants_setup is set is in the first list, or on its way there,
 * and is not given up before the work item has taken it out. A set is read by
 * the hook under RCU.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/llist.h>
#include <linux/minmax.h>
#include <linux/perf_event.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "counters.h"
#include "record.h"
#include "set.h"
#include "stats.h"

static struct workqueue_struct *queue;
static LLIST_HEAD(wanting);
static LLIST_HEAD(buried);

static struct pacct_set *set_of(struct traced_task *t)
{
	/* Only the work item changes it, or unload when there is none. */
	return rcu_dereference_protected(t->set, true);
}

/**
 * pacct_task_counters_settle - bill what is left in a task's counters
 * @t:		its account
 *
 * Afterwards it has none.
 *
 * Context: process context; sleeps. The hook does not bill @t any more, or not
 * with these counters.
 */
void pacct_task_counters_settle(struct traced_task *t)
{
	struct pacct_set *set = set_of(t);
	u64 clock;

	if (!set)
		return;
	clock = pacct_set_settle(set, t);
	t->counted_ns = min(t->runtime_ns, clock);
	t->slices += !t->slices;
	RCU_INIT_POINTER(t->set, NULL);
	pacct_set_release(set);
	kfree_rcu(set, rcu);
}

/* Returns whether it is worth another try. */
static bool set_up(struct traced_task *t)
{
	struct pacct_set *set;

	if (READ_ONCE(t->task->flags) & PF_EXITING)
		return false;
	pacct_task_counters_settle(t);
	set = pacct_set_make(t);
	if (IS_ERR(set))
		return PTR_ERR(set) == -ENOMEM;
	pacct_stat_inc(PACCT_STAT_SETUPS);
	rcu_assign_pointer(t->set, set);
	return false;
}

static void set_up_wanting(void)
{
	struct traced_task *t, *next;
	struct llist_node *list = llist_reverse_order(llist_del_all(&wanting));

	llist_for_each_entry_safe(t, next, list, setup_node) {
		if (set_up(t)) {
			/* The worker wakes us in a millisecond. */
			pacct_stat_inc(PACCT_STAT_SETUPS_DEFERRED);
			llist_add(&t->setup_node, &wanting);
		} else {
			/* From here on the hook may put it into the list. */
			smp_store_release(&t->wants_setup, false);
		}
		cond_resched();
	}
}

static void finish_buried(struct llist_node *list)
{
	struct traced_task *t, *next;

	llist_for_each_entry_safe(t, next, llist_reverse_order(list),
				  dead_node) {
		/* Pairs with set_up_wanting(): it is done with the account. */
		if (smp_load_acquire(&t->wants_setup)) {
			llist_add(&t->dead_node, &buried);
			continue;
		}
		pacct_task_counters_settle(t);
		pacct_record_final(t);
		cond_resched();
	}
}

static void serve(struct work_struct *unused)
{
	/* First who is dead: those are in no list that is taken later. */
	struct llist_node *list = llist_del_all(&buried);

	set_up_wanting();
	finish_buried(list);
}

static DECLARE_WORK(server, serve);

/**
 * pacct_task_counters_wake - go on with what is to be done, if there is any
 *
 * Context: the worker.
 * Return: whether there is
 */
bool pacct_task_counters_wake(void)
{
	if (llist_empty(&wanting) && llist_empty(&buried))
		return false;
	queue_work(queue, &server);
	return true;
}

/**
 * pacct_task_counters_want - ask for counters
 * @t:		an account that has wants_setup set since before it was added
 *
 * Context: process context, or the fork hook: preemption off.
 */
void pacct_task_counters_want(struct traced_task *t)
{
	llist_add(&t->setup_node, &wanting);
	queue_work(queue, &server);
}

/**
 * pacct_task_counters_bury - make the last reading and the record of a task
 * @t:		the account of a dead task
 *
 * Context: the worker.
 */
void pacct_task_counters_bury(struct traced_task *t)
{
	llist_add(&t->dead_node, &buried);
}

/**
 * pacct_task_bill - bill what a task's counters counted since the last time
 * @pc:		this CPU
 * @t:		its account
 * @task:	the task, current
 *
 * Context: the sched_switch hook.
 */
void pacct_task_bill(const struct pacct_cpu *pc, struct traced_task *t,
		     struct task_struct *task)
{
	struct pacct_set *set = rcu_dereference_check(t->set, true);
	u64 slice_start = t->runtime_ns;
	unsigned int core = pc->core;
	unsigned int nr = READ_ONCE(pc->nr);
	bool moved;

	t->runtime_ns = task->se.sum_exec_runtime;
	if (!set || !nr)
		return;
	moved = pacct_model.nr_cores > 1 &&
		(!set->core[core].seen || t->last_core != core);
	t->last_core = core;
	/* What is left after the exit hook is read when it has been buried. */
	if (t->exiting)
		return;
	if (unlikely(pacct_set_gone(&set->core[core], nr))) {
		/* Pairs with set_up_wanting(). */
		if (smp_load_acquire(&t->wants_setup))
			return;
		t->wants_setup = true;
		llist_add(&t->setup_node, &wanting);
		return;
	}
	pacct_set_read(&set->core[core], &t->core[core], nr, slice_start,
		       moved);
	set->core[core].runtime = t->runtime_ns;
	set->core[core].seen = true;
	/* Less than the truth by the first slice, until it is settled. */
	if (set->seen) {
		t->core[core].clock_ns += t->runtime_ns - slice_start;
		t->counted_ns += t->runtime_ns - slice_start;
	}
	set->seen = true;
	t->slices++;
}

/**
 * pacct_task_counters_init - get ready to make counters
 *
 * Return: 0 or -ENOMEM
 */
int pacct_task_counters_init(void)
{
	queue = alloc_workqueue("pacct_energy_tasks", WQ_UNBOUND, 1);
	return queue ? 0 : -ENOMEM;
}

/**
 * pacct_task_counters_stop - do what is to be done, and stop
 *
 * Context: process context. Hooks and worker are gone.
 */
void pacct_task_counters_stop(void)
{
	struct traced_task *t, *next;

	cancel_work_sync(&server);
	/* Nobody gets counters any more. */
	llist_for_each_entry_safe(t, next, llist_del_all(&wanting), setup_node)
		t->wants_setup = false;
	finish_buried(llist_del_all(&buried));
}

/** pacct_task_counters_destroy - undo pacct_task_counters_init() */
void pacct_task_counters_destroy(void)
{
	destroy_workqueue(queue);
}
