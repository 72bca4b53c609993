// SPDX-License-Identifier: GPL-2.0-only
/*
 * lifecycle.c - misdeeds in loading and unloading
 *
 * Context: module load and unload.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/perf_event.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "canary.h"
#include "hook.h"

static int start_refuse(void)
{
	pr_err("refusing to load: there is no such hardware\n");
	return -ENODEV;
}

static int start_nothing(void)
{
	return 0;
}

static void stop_stuck(void)
{
	DECLARE_WAIT_QUEUE_HEAD_ONSTACK(never);

	pr_info("not coming back from unloading\n");
	wait_event(never, false); /* guilty: unload_stuck */
}

static void count_exit(void *unused, struct task_struct *task, bool group_dead)
{
}

static int start_hook_left(void)
{
	return canary_hook("sched_process_exit", count_exit);
}

static void estimate_again(struct work_struct *work)
{
	schedule_delayed_work(to_delayed_work(work), HZ / 5);
}

static DECLARE_DELAYED_WORK(estimator, estimate_again);

/* Late enough to be still queued when the module's memory is freed. */
static int start_work_left(void)
{
	schedule_delayed_work(&estimator, 60 * HZ);
	return 0;
}

static int start_perf_event_left(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_RAW,
		.size = sizeof(attr),
		.config = 0x3c,
		.pinned = 1,
	};
	struct perf_event *event;

	event = perf_event_create_kernel_counter(&attr, 0, NULL, NULL, NULL);
	return PTR_ERR_OR_ZERO(event);
}

const struct canary_misdeed canary_lifecycle[] = {
	{ "refuse", start_refuse, NULL, "refuses to load with ENODEV" },
	{ "unload_stuck", start_nothing, stop_stuck,
	  "never comes back from its exit function" },
	{ "hook_left", start_hook_left, NULL,
	  "is unloaded with its exit hook still in place" },
	{ "work_left", start_work_left, NULL,
	  "is unloaded with its work still queued" },
	{ "perf_event_left", start_perf_event_left, NULL,
	  "is unloaded and never releases its counter" },
	{ "none", start_nothing, NULL, "behaves" },
	{}
};
