/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tasks.h - what the module knows about a task, and how it finds it
 */
#ifndef PACCT_TASKS_H
#define PACCT_TASKS_H

#include <linux/cache.h>
#include <linux/llist.h>
#include <linux/rcupdate.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "pacct_energy_abi.h"

struct pacct_set;

/**
 * struct pacct_exit - what a task leaves behind, taken when it exits
 * @flags:	PACCT_ENERGY_F_THREAD or 0
 * @pid:	task_struct.pid
 * @tgid:	task_struct.tgid
 * @ppid:	tgid of the real parent
 * @exit_code:	task_struct.exit_code
 * @exit_ns:	now, CLOCK_BOOTTIME
 * @comm:	task_struct.comm
 *
 * It cannot wait until the task is switched out for the last time: by then its
 * pid may have been handed to the thread that called exec.
 */
struct pacct_exit {
	u32 flags;
	s32 pid;
	s32 tgid;
	s32 ppid;
	u32 exit_code;
	u64 exit_ns;
	char comm[TASK_COMM_LEN];
};

/**
 * struct pacct_sums - what a task counted on CPUs of one core type
 * @clock_ns:	pacct_energy_core.clock_ns
 * @count:	events counted, never scaled
 * @lag:	part of @clock_ns during which the event had no counter
 */
struct pacct_sums {
	u64 clock_ns;
	u64 count[PACCT_ENERGY_MAX_EVENTS];
	u64 lag[PACCT_ENERGY_MAX_EVENTS];
};

/**
 * struct traced_task - the account of one task
 * @node:	in its hash bucket; written under the bucket's lock, read by RCU
 * @task:	the task, referenced for as long as this is in the hash
 * @start_ns:	task_struct.start_boottime when it was found
 * @pool_node:	in a pool while free
 * @dirty_node:	in the list of tasks to estimate
 * @dead_node:	in the list of tasks switched out for good
 * @setup_node:	in the list of tasks that want counters (scope=task)
 * @wants_setup: @setup_node is in a list; cleared (release) by the worker
 * @set:	its counters (scope=task); written by the worker, read by RCU
 * @rcu:	defers its way back to the pool
 * @dirty:	@dirty_node is in a list; cleared (release) by the worker
 * @exiting:	@exit is valid; set by the task itself
 * @dead:	switched out for good; set by the CPU it ran on
 * @runtime_ns:	task_struct.se.sum_exec_runtime when last looked at
 * @counted_ns:	part of it that was counted
 * @slices:	pacct_energy_record.slices
 * @last_core:	core type of the last slice
 * @diff:	what that slice added to its counts; valid when @dead
 * @energy_uj:	the last estimate; written by the worker
 * @exit:	what the task left behind
 * @core:	what it counted, pacct_model.nr_cores of them
 *
 * From @runtime_ns to @diff, and @core, everything is written only with the run
 * queue locked, on the CPU that the task leaves. Others may read single fields
 * while it is alive, and all of them once it is in the list of the dead.
 */
struct traced_task {
	struct hlist_node node;
	struct task_struct *task;
	u64 start_ns;
	union {
		struct llist_node pool_node;
		struct llist_node dead_node;
	};
	struct llist_node dirty_node;
	struct llist_node setup_node;
	bool wants_setup;
	struct pacct_set __rcu *set;
	struct rcu_head rcu;
	bool dirty;
	bool exiting;
	bool dead;
	u64 runtime_ns;
	u64 counted_ns;
	u64 slices;
	unsigned int last_core;
	u64 diff[PACCT_ENERGY_MAX_EVENTS];
	s64 energy_uj;
	struct pacct_exit exit;
	struct pacct_sums core[];
} ____cacheline_aligned;

/* tasks.c */
int pacct_tasks_init(void);
void pacct_tasks_destroy(void);
struct traced_task *pacct_task_find(const struct task_struct *task);
bool pacct_task_add(struct task_struct *task, struct traced_task *fresh);
void pacct_task_remove(struct traced_task *t);
bool pacct_task_exiting(struct task_struct *task);
void pacct_exit_capture(struct pacct_exit *exit, struct task_struct *task);
unsigned int pacct_tasks_buckets(void);
struct hlist_head *pacct_tasks_bucket(unsigned int index);
unsigned long pacct_tasks_count(void);

/* pool.c */
size_t pacct_pool_object_size(void);
int pacct_pool_init(void);
void pacct_pool_destroy(void);
void pacct_pool_refill(void);
struct traced_task *pacct_pool_get(void);
struct traced_task *pacct_pool_alloc(gfp_t gfp);
void pacct_pool_put(struct traced_task *t);
void pacct_pool_put_rcu(struct traced_task *t);

/* scan.c */
int pacct_scan(void);

#endif /* PACCT_TASKS_H */
