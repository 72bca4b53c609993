// SPDX-License-Identifier: GPL-2.0-only
/*
 * counters.c - what both ways of counting share
 *
 * Locking: none. The parameter is constant once the module is loaded.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

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

/**
 * pacct_counter_make - make a counter, counting
 * @event:	what it counts
 * @task:	for whom, or NULL for everybody
 * @cpu:	where, or -1 for everywhere
 *
 * Context: process context; sleeps.
 * Return: the counter or an ERR_PTR
 */
struct perf_event *pacct_counter_make(const struct pacct_event *event,
				      struct task_struct *task, int cpu)
{
	struct perf_event_attr attr = {
		.type = event->type,
		.size = sizeof(attr),
		.config = event->config,
	};

	return perf_event_create_kernel_counter(&attr, cpu, task, NULL, NULL);
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
