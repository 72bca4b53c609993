/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stats.h - the module's statistics of itself, /proc/pacct_energy/stats
 *
 * Context: any. A statistic is a counter for each CPU, summed when read; the
 * sum is exact when nothing counts at the moment.
 */
#ifndef PACCT_STATS_H
#define PACCT_STATS_H

#include <linux/percpu.h>
#include <linux/types.h>

enum pacct_stat {
	PACCT_STAT_SWITCHES, /* calls of the sched_switch hook */
	PACCT_STAT_FORKS, /* tasks that the fork hook made an account for */
	PACCT_STAT_SCANNED, /* tasks found by a scan */
	PACCT_STAT_EXITS, /* calls of the exit hook */
	PACCT_STAT_ORPHANS, /* of these, of tasks without an account */
	PACCT_STAT_FORKS_MISSED, /* forks with no memory for an account */
	PACCT_STAT_POOL_EMPTY, /* forks that had to ask the allocator */
	PACCT_STAT_RESCANS, /* scans to make up for missed forks */
	PACCT_STAT_READ_ERRORS, /* counter reads that failed */
	PACCT_STAT_SETUPS, /* sets of counters made for tasks */
	PACCT_STAT_SETUPS_DEFERRED, /* for want of memory */
	PACCT_STAT_REFUSED, /* counters that the PMU refused a task */
	PACCT_STAT_ESTIMATES, /* estimates made */
	PACCT_STAT_PASSES, /* runs of the worker */
	PACCT_STAT_UNLOGGED, /* records overwritten before they were logged */
	PACCT_NR_STATS
};

struct pacct_stats {
	u64 value[PACCT_NR_STATS];
};

DECLARE_PER_CPU(struct pacct_stats, pacct_stats);

/* Safe against preemption and interrupts, other than ++. */
#define pacct_stat_inc(stat) this_cpu_inc(pacct_stats.value[stat])
#define pacct_stat_add(stat, n) this_cpu_add(pacct_stats.value[stat], n)

#endif /* PACCT_STATS_H */
