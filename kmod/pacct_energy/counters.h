/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * counters.h - the counters, and billing of what they count
 */
#ifndef PACCT_COUNTERS_H
#define PACCT_COUNTERS_H

#include <linux/llist.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/types.h>

#include "model.h"
#include "pacct_energy_abi.h"
#include "tasks.h"

/**
 * struct pacct_cpu - a CPU's counters
 * @dirty:	accounts that have changed since the last estimate; filled by the
 *		CPU, emptied by the worker
 * @core:	index of its type in pacct_model.core
 * @nr:		number of events of that type; 0 while the type is not known, or
 *		is none of them
 * @armed:	the counters count
 * @fresh:	they were armed in the middle of the slice that is running
 * @read_ns:	local_clock() at the last reading
 * @event:	the counters; NULL where one could not be had
 * @error:	why not, a negative errno
 * @last:	what a counter showed at the last reading
 * @last_lag:	time it had been enabled without a counter, at the last reading
 * @idle:	counted while the CPU was idle
 * @untraced:	counted for tasks without an account
 * @total:	counted since load, whoever it was for
 * @lag:	time since load during which the event had no counter
 * @idle_ns:	time of @idle
 * @untraced_ns: time of @untraced
 * @total_ns:	time of @total
 *
 * Except for @dirty everything is touched by the CPU itself, interrupts off;
 * @core, @nr, @event and @error by its hotplug callbacks, before it is armed.
 * Others may read single values, to show them.
 */
struct pacct_cpu {
	struct llist_head dirty;
	unsigned int core;
	unsigned int nr;
	bool armed;
	bool fresh;
	u64 read_ns;
	struct perf_event *event[PACCT_ENERGY_MAX_EVENTS];
	int error[PACCT_ENERGY_MAX_EVENTS];
	u64 last[PACCT_ENERGY_MAX_EVENTS];
	u64 last_lag[PACCT_ENERGY_MAX_EVENTS];
	u64 idle[PACCT_ENERGY_MAX_EVENTS];
	u64 untraced[PACCT_ENERGY_MAX_EVENTS];
	u64 total[PACCT_ENERGY_MAX_EVENTS];
	u64 lag[PACCT_ENERGY_MAX_EVENTS];
	u64 idle_ns;
	u64 untraced_ns;
	u64 total_ns;
} ____cacheline_aligned;

DECLARE_PER_CPU(struct pacct_cpu, pacct_cpus);

/* counters.c */
extern bool pacct_scope_task;

/* Whether a task is to have counters of its own. */
static inline bool pacct_wants_counters(void)
{
	return pacct_scope_task &&
	       pacct_model.source != PACCT_ENERGY_SOURCE_NONE;
}

int pacct_counters_init(void);
int pacct_counter_read(struct perf_event *event, u64 *value, u64 *lag);
struct perf_event *pacct_counter_make(unsigned int core, unsigned int i,
				      struct task_struct *task, int cpu);
int pacct_counter_error(unsigned int core, unsigned int i);
u32 pacct_counters_refused(unsigned int core);

/* counters_cpu.c */
int pacct_cpus_start(void);
void pacct_cpus_stop(void);
void pacct_cpu_bill(struct pacct_cpu *pc, struct traced_task *t,
		    struct task_struct *task);

/* counters_task.c */
int pacct_task_counters_init(void);
void pacct_task_counters_destroy(void);
void pacct_task_counters_stop(void);
void pacct_task_counters_want(struct traced_task *t);
bool pacct_task_counters_wake(void);
void pacct_task_counters_bury(struct traced_task *t);
void pacct_task_counters_settle(struct traced_task *t);
void pacct_task_bill(const struct pacct_cpu *pc, struct traced_task *t,
		     struct task_struct *task);

#endif /* PACCT_COUNTERS_H */
