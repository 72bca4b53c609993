// SPDX-License-Identifier: GPL-2.0-only
/*
 * totals.c - what events counted in all, for /proc/pacct_energy/model
 *
 * With scope=cpu that is in the CPUs' own data. With scope=task it is added up
 * when a record is made, so that living tasks are not in it yet.
 *
 * Locking: one writer, whoever makes records; readers get single words.
 */
#include <linux/cpumask.h>
#include <linux/percpu.h>

#include "counters.h"
#include "model.h"
#include "totals.h"

static struct pacct_total totals[PACCT_ENERGY_MAX_CORES]
				[PACCT_ENERGY_MAX_EVENTS];

/**
 * pacct_totals_add - add what a task counted, for which a record is made
 * @core:	type of core
 * @sums:	what it counted there
 *
 * Context: whoever makes records; one at a time.
 */
void pacct_totals_add(unsigned int core, const struct pacct_sums *sums)
{
	for (unsigned int i = 0; i < PACCT_ENERGY_MAX_EVENTS; i++) {
		struct pacct_total *total = &totals[core][i];

		WRITE_ONCE(total->count, total->count + sums->count[i]);
		WRITE_ONCE(total->enabled_ns,
			   total->enabled_ns + sums->clock_ns);
		WRITE_ONCE(total->lag_ns, total->lag_ns + sums->lag[i]);
	}
}

/**
 * pacct_totals_get - what an event counted in all
 * @core:	type of core
 * @i:		the event, an index of that type's table
 *
 * Return: the totals
 */
struct pacct_total pacct_totals_get(unsigned int core, unsigned int i)
{
	struct pacct_total sum = {};
	int cpu;

	if (pacct_scope_task)
		return (struct pacct_total){
			.count = READ_ONCE(totals[core][i].count),
			.enabled_ns = READ_ONCE(totals[core][i].enabled_ns),
			.lag_ns = READ_ONCE(totals[core][i].lag_ns),
		};
	for_each_possible_cpu(cpu) {
		const struct pacct_cpu *pc = per_cpu_ptr(&pacct_cpus, cpu);

		if (READ_ONCE(pc->core) != core || READ_ONCE(pc->error[i]))
			continue;
		sum.count += READ_ONCE(pc->total[i]);
		sum.enabled_ns += READ_ONCE(pc->total_ns);
		sum.lag_ns += READ_ONCE(pc->lag[i]);
	}
	return sum;
}
