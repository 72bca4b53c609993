/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * set.h - the counters of one task
 */
#ifndef PACCT_SET_H
#define PACCT_SET_H

#include <linux/perf_event.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "pacct_energy_abi.h"
#include "tasks.h"

/**
 * struct pacct_core_set - the counters of one task for one type of core
 * @event:	the counters; NULL where the PMU refused one
 * @last:	what they showed at the last reading
 * @lag_base:	what earlier sets add to the account's lag
 * @clock_base:	what they add to its clock_ns
 * @elsewhere:	time of each event that the task ran on CPUs of other types
 * @runtime:	run time of the task at the last reading
 * @seen:	there has been a first reading
 */
struct pacct_core_set {
	struct perf_event *event[PACCT_ENERGY_MAX_EVENTS];
	u64 last[PACCT_ENERGY_MAX_EVENTS];
	u64 lag_base[PACCT_ENERGY_MAX_EVENTS];
	u64 clock_base;
	u64 elsewhere[PACCT_ENERGY_MAX_EVENTS];
	u64 runtime;
	bool seen;
};

/**
 * struct pacct_set - the counters of one task
 * @rcu:	defers its end
 * @seen:	there has been a first reading
 * @core:	the counters of each type of core
 */
struct pacct_set {
	struct rcu_head rcu;
	bool seen;
	struct pacct_core_set core[];
};

struct pacct_set *pacct_set_make(const struct traced_task *t);
void pacct_set_release(struct pacct_set *set);
bool pacct_set_gone(const struct pacct_core_set *set, unsigned int nr);
void pacct_set_read(struct pacct_core_set *set, struct pacct_sums *sums,
		    unsigned int nr, u64 slice_start, bool moved);
u64 pacct_set_settle(struct pacct_set *set, struct traced_task *t);

#endif /* PACCT_SET_H */
