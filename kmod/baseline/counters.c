// SPDX-License-Identifier: GPL-2.0-only
/*
 * counters.c - counters for each task, made and released in a workqueue
 *
 * Locking: hooks hand over accounts in lock-less lists. One work item makes all
 * counters and frees all accounts, so that no account is in two hands. An
 * account is in the list of the fresh before it can be in that of the dead, so
 * that the dead, taken first and freed last, are in no list any more.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/perf_event.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "pacct_list.h"

static struct workqueue_struct *queue;
static LLIST_HEAD(fresh);
static LLIST_HEAD(dead);

static struct perf_event *make(struct task_struct *task, unsigned int i)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_RAW,
		.size = sizeof(attr),
		.config = pacct_event_config(i),
	};
	struct perf_event *event;

	event = perf_event_create_kernel_counter(&attr, -1, task, NULL, NULL);
	return IS_ERR(event) ? NULL : event;
}

static void set_up(struct listed_task *t)
{
	struct perf_event *event[PACCT_LIST_EVENTS];
	unsigned long flags;

	if (READ_ONCE(t->task->flags) & PF_EXITING)
		return;
	for (unsigned int i = 0; i < PACCT_LIST_EVENTS; i++)
		event[i] = make(t->task, i);
	raw_spin_lock_irqsave(&pacct_list_lock, flags);
	memcpy(t->event, event, sizeof(event));
	raw_spin_unlock_irqrestore(&pacct_list_lock, flags);
}

static void finish(struct listed_task *t)
{
	for (unsigned int i = 0; i < PACCT_LIST_EVENTS; i++) {
		if (t->event[i])
			perf_event_release_kernel(t->event[i]);
	}
	put_task_struct(t->task);
	kfree(t);
}

static void serve(struct work_struct *unused)
{
	struct llist_node *done = llist_del_all(&dead);
	struct listed_task *t, *next;

	llist_for_each_entry_safe(t, next,
				  llist_reverse_order(llist_del_all(&fresh)),
				  fresh_node) {
		set_up(t);
		cond_resched();
	}
	llist_for_each_entry_safe(t, next, done, dead_node) {
		finish(t);
		cond_resched();
	}
}

static DECLARE_WORK(server, serve);

/**
 * pacct_counters_want - have counters made for a task
 * @t:		its account
 *
 * Context: process context or the fork hook, preemption off.
 */
void pacct_counters_want(struct listed_task *t)
{
	llist_add(&t->fresh_node, &fresh);
	queue_work(queue, &server);
}

/**
 * pacct_counters_bury - give up the account of a task
 * @t:		the account, out of the list
 *
 * Context: the exit hook, preemption off.
 */
void pacct_counters_bury(struct listed_task *t)
{
	llist_add(&t->dead_node, &dead);
	queue_work(queue, &server);
}

/**
 * pacct_counters_init - get ready to make counters
 *
 * Return: 0 or -ENOMEM
 */
int pacct_counters_init(void)
{
	queue = alloc_workqueue("pacct_list", WQ_UNBOUND, 1);
	return queue ? 0 : -ENOMEM;
}

/**
 * pacct_counters_stop - release everything
 *
 * Context: process context. The hooks and the estimates are gone.
 */
void pacct_counters_stop(void)
{
	struct listed_task *t, *next;

	/* Does what is left to do. */
	destroy_workqueue(queue);
	list_for_each_entry_safe(t, next, &pacct_list, node)
		finish(t);
	INIT_LIST_HEAD(&pacct_list);
}
