// SPDX-License-Identifier: GPL-2.0-only
/*
 * counters.c - what both ways of counting share
 *
 * Locking: none. The parameter is constant once the module is loaded; errors
 * are single words that only ever say what was refused last.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bits.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/moduleparam.h>
#include <linux/perf_event.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "counters.h"

static char *scope = "cpu";
module_param(scope, charp, 0444);
MODULE_PARM_DESC(scope, "whose counters: one set for each cpu, or task");

/* Counters are made for each task rather than for each CPU. */
bool pacct_scope_task __ro_after_init;

/* The last refusal of each event, a negative errno. */
static int errors[PACCT_ENERGY_MAX_CORES][PACCT_ENERGY_MAX_EVENTS];

/**
 * pacct_counters_init - take the parameter scope
 *
 * Return: 0 or -EINVAL
 */
int __init pacct_counters_init(void)
{
	if (strcmp(scope, "cpu") && strcmp(scope, "task")) {
		pr_err("scope=%s: must be cpu or task\n", scope);
		return -EINVAL;
	}
	pacct_scope_task = !strcmp(scope, "task");
	return 0;
}

/*
 * No memory now; the task is about to exit; the CPU has gone. For a task it is
 * tried again, or does not matter any more; for a CPU nobody tries again.
 */
static bool is_passing(long error, const struct task_struct *task)
{
	return task &&
	       (error == -ENOMEM || error == -ESRCH || error == -ENODEV);
}

/**
 * pacct_counter_make - make a counter, counting
 * @core:	type of core on which it is to count
 * @i:		the event, an index of that type's table
 * @task:	for whom, or NULL for everybody
 * @cpu:	where, or -1 for everywhere
 *
 * Context: process context; sleeps.
 * Return: the counter or an ERR_PTR
 */
struct perf_event *pacct_counter_make(unsigned int core, unsigned int i,
				      struct task_struct *task, int cpu)
{
	const struct pacct_core *type = &pacct_model.core[core];
	const struct pacct_event *wanted = &type->table->events[i];
	struct perf_event_attr attr = {
		.type = wanted->type,
		.size = sizeof(attr),
		.config = wanted->config,
	};
	struct perf_event *event;

	if (attr.type == PERF_TYPE_RAW)
		attr.type = type->pmu_type;
	else if (type->hybrid)
		attr.config |= (u64)type->pmu_type << PERF_PMU_TYPE_SHIFT;
	event = perf_event_create_kernel_counter(&attr, cpu, task, NULL, NULL);
	if (IS_ERR(event) && !is_passing(PTR_ERR(event), task))
		WRITE_ONCE(errors[core][i], PTR_ERR(event));
	return event;
}

/**
 * pacct_counter_error - why an event cannot be counted everywhere
 * @core:	type of core
 * @i:		the event, an index of that type's table
 *
 * Return: the negative errno with which the PMU refused it last, or 0
 */
int pacct_counter_error(unsigned int core, unsigned int i)
{
	return READ_ONCE(errors[core][i]);
}

/**
 * pacct_counters_refused - the events of a type of core that were refused
 * @core:	type of core
 *
 * Return: pacct_energy_core.refused
 */
u32 pacct_counters_refused(unsigned int core)
{
	u32 refused = 0;

	for (unsigned int i = 0; i < pacct_model.core[core].table->nr; i++) {
		if (pacct_counter_error(core, i))
			refused |= BIT(i);
	}
	return refused;
}

/**
 * pacct_counter_read - read a counter
 * @event:	a counter of this CPU or of current
 * @value:	what it shows
 * @lag:	for how long it has been enabled without being on a counter, ns
 *
 * While an event is on a counter, the time it was enabled without one does not
 * change, and its two totals, though old, still have the right difference.
 * Only when it is not, perf has to look at its clock.
 *
 * Context: interrupts off.
 * Return: 0 or a negative errno
 */
int pacct_counter_read(struct perf_event *event, u64 *value, u64 *lag)
{
	u64 enabled, running;
	int ret;

	if (READ_ONCE(event->state) == PERF_EVENT_STATE_ACTIVE) {
		*lag = event->total_time_enabled - event->total_time_running;
		return perf_event_read_local(event, value, NULL, NULL);
	}
	ret = perf_event_read_local(event, value, &enabled, &running);
	if (!ret)
		*lag = enabled - running;
	return ret;
}
