// SPDX-License-Identifier: GPL-2.0-only
/*
 * scan.c - finds the tasks that exist already
 *
 * At load for all of them, and later for those that no account could be made
 * for when they were forked.
 *
 * Locking: the task list is walked under RCU; pacct_task_add() makes sure that
 * no task gets two accounts, whoever else is adding at the same time.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "counters.h"
#include "stats.h"
#include "tasks.h"

/* Accounts made ahead for one walk, beyond those known to be missing. */
#define SLACK 16

static bool take(struct task_struct *task, struct llist_node *node)
{
	struct traced_task *t =
		llist_entry(node, struct traced_task, pool_node);

	t->wants_setup = pacct_wants_counters();
	if (!pacct_task_add(task, t))
		return false;
	pacct_stat_inc(PACCT_STAT_SCANNED);
	if (pacct_wants_counters())
		pacct_task_counters_want(t);
	return true;
}

/*
 * One walk. Accounts come from @stock; once it is empty, tasks without one are
 * only counted.
 */
static unsigned long walk(struct llist_head *stock)
{
	struct task_struct *process, *thread;
	unsigned long missing = 0;

	rcu_read_lock();
	for_each_process_thread(process, thread) {
		struct llist_node *node;

		if (READ_ONCE(thread->flags) & PF_EXITING ||
		    pacct_task_find(thread))
			continue;
		node = llist_del_first(stock);
		if (!node) {
			missing++;
			continue;
		}
		if (!take(thread, node))
			llist_add(node, stock);
	}
	rcu_read_unlock();
	return missing;
}

static int prepare(struct llist_head *stock, unsigned long count)
{
	while (count--) {
		struct traced_task *t = pacct_pool_alloc(GFP_KERNEL);

		if (!t)
			return -ENOMEM;
		llist_add(&t->pool_node, stock);
	}
	return 0;
}

/**
 * pacct_scan - make an account for every task that has none
 *
 * Context: process context; may sleep.
 * Return: 0, or -ENOMEM when there may be tasks left
 */
int pacct_scan(void)
{
	struct traced_task *t, *next;
	LLIST_HEAD(stock);
	unsigned long missing;
	int ret = 0;

	while ((missing = walk(&stock))) {
		ret = prepare(&stock, missing + SLACK);
		/* What there is now is used even when there is not enough. */
		if (ret) {
			if (!walk(&stock))
				ret = 0;
			break;
		}
	}
	llist_for_each_entry_safe(t, next, llist_del_all(&stock), pool_node)
		pacct_pool_put(t);
	return ret;
}
