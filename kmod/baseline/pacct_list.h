/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pacct_list.h - the simplest module that accounts energy to processes
 *
 * What it is: something to compare kmod/pacct_energy with. It does what the
 * README of the first pacct_energy describes, in the most direct way: all tasks
 * of user space in one list, one spinlock for everything, the list walked at
 * every context switch, counters made for each task in a workqueue, energy
 * estimated for each task every millisecond, lines in the kernel log at exit.
 *
 * What it is not: the first pacct_energy. It was written from the description
 * alone, and shares no code with it. Nor is it made slow on purpose: it keeps
 * the rules (nothing sleeps in a hook, nothing leaks, it unloads at any time),
 * leaves kernel threads alone, and stops walking where it finds the task. Only
 * its data structure is the one that does not scale.
 *
 * It does not load on PREEMPT_RT, where a fork hook must not allocate.
 */
#ifndef PACCT_LIST_H
#define PACCT_LIST_H

#include <linux/list.h>
#include <linux/llist.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#define PACCT_LIST_EVENTS 8

/**
 * struct listed_task - the account of one task
 * @node:	in the list of all tasks
 * @task:	the task, referenced
 * @fresh_node:	in the list of those that want counters
 * @dead_node:	in the list of those that have exited
 * @event:	its counters; NULL where there is none
 * @last:	what they showed at the last reading
 * @count:	events counted
 * @diff:	what the last reading added
 * @energy_uj:	the last estimate, microjoules
 *
 * Everything from @event on is protected by pacct_list_lock while the account
 * is in the list, and belongs to the work item of counters.c after that.
 */
struct listed_task {
	struct list_head node;
	struct task_struct *task;
	struct llist_node fresh_node;
	struct llist_node dead_node;
	struct perf_event *event[PACCT_LIST_EVENTS];
	u64 last[PACCT_LIST_EVENTS];
	u64 count[PACCT_LIST_EVENTS];
	u64 diff[PACCT_LIST_EVENTS];
	s64 energy_uj;
};

/* list.c */
extern struct list_head pacct_list;
extern raw_spinlock_t pacct_list_lock;
void pacct_list_add(struct task_struct *task);
void pacct_list_scan(void);
void pacct_list_switch(struct task_struct *prev);
void pacct_list_exit(struct task_struct *task);

/* counters.c */
int pacct_counters_init(void);
void pacct_counters_want(struct listed_task *t);
void pacct_counters_bury(struct listed_task *t);
void pacct_counters_stop(void);

/* estimate.c */
s64 pacct_estimate(const struct listed_task *t);
u64 pacct_event_config(unsigned int i);
int pacct_estimate_init(void);
void pacct_estimate_stop(void);

#endif /* PACCT_LIST_H */
