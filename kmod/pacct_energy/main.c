// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - loads and unloads the module
 *
 * Order matters. Loading: the hooks go in before the tasks that exist are
 * looked for, so that none is missed in between, and the counters last, so that
 * all they count is billed. Unloading: the counters first, then the hooks; then
 * nobody adds to the worker's lists, and it can be stopped; what is left in
 * them is done here; then the readers of the device get the last records.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/stringify.h>

#include "counters.h"
#include "device.h"
#include "estimate.h"
#include "hooks.h"
#include "log.h"
#include "model.h"
#include "proc.h"
#include "record.h"
#include "ring.h"
#include "tasks.h"
#include "timing.h"

/* Everything that has to be stopped before memory can be freed. */
static void quiesce(void)
{
	pacct_cpus_stop();
	pacct_hooks_unregister();
	pacct_estimate_stop();
	pacct_estimate_pass();
	pacct_task_counters_stop();
	pacct_record_remaining();
}

static int __init start(void)
{
	int ret = pacct_hooks_register();

	if (ret)
		return ret;
	/* Incomplete for want of memory: the worker tries again. */
	if (pacct_scan())
		pacct_estimate_request_scan();
	pacct_estimate_start();
	ret = pacct_cpus_start();
	if (ret)
		quiesce();
	return ret;
}

static void __init announce(const struct pacct_core *core)
{
	pr_info("counting %u events of table %s from PMU %s\n", core->table->nr,
		core->table->name, *core->pmu ? core->pmu : "(none)");
}

static int __init pacct_energy_init(void)
{
	int ret;

	pacct_timing_init();
	ret = pacct_model_init();

	if (ret)
		return ret;
	ret = pacct_counters_init();
	if (ret)
		return ret;
	ret = pacct_tasks_init();
	if (ret)
		return ret;
	ret = pacct_pool_init();
	if (ret)
		goto no_pool;
	ret = pacct_ring_init();
	if (ret)
		goto no_ring;
	ret = pacct_log_init();
	if (ret)
		goto no_log;
	ret = pacct_task_counters_init();
	if (ret)
		goto no_counters;
	ret = pacct_estimate_init();
	if (ret)
		goto no_estimate;
	ret = pacct_device_register();
	if (ret)
		goto no_device;
	ret = pacct_proc_init();
	if (ret)
		goto no_proc;
	ret = start();
	if (ret)
		goto no_start;
	for (unsigned int i = 0; i < pacct_model.nr_cores; i++)
		announce(&pacct_model.core[i]);
	return 0;

no_start:
	pacct_proc_destroy();
no_proc:
	pacct_device_retire();
no_device:
	pacct_estimate_destroy();
no_estimate:
	pacct_task_counters_destroy();
no_counters:
	pacct_log_destroy();
no_log:
	pacct_ring_destroy();
no_ring:
	pacct_pool_destroy();
no_pool:
	pacct_tasks_destroy();
	return ret;
}

static void __exit pacct_energy_exit(void)
{
	quiesce();
	pacct_proc_destroy();
	pacct_device_retire();
	pacct_estimate_destroy();
	pacct_task_counters_destroy();
	pacct_log_destroy();
	pacct_ring_destroy();
	pacct_pool_destroy();
	pacct_tasks_destroy();
}

module_init(pacct_energy_init);
module_exit(pacct_energy_exit);

MODULE_DESCRIPTION("Process accounting with energy, from performance counters");
MODULE_AUTHOR("The pacctlab authors");
MODULE_INFO(pacct_energy_abi, __stringify(PACCT_ENERGY_ABI_VERSION));
MODULE_LICENSE("GPL");
