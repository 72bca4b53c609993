// SPDX-License-Identifier: GPL-2.0-only
/*
 * model.c - chooses the event table, and finds out whose counters they are
 *
 * Context: module load. The model is constant afterwards; no locks.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/perf_event.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "pacct_energy.h"

static char *table = "";
module_param(table, charp, 0444);
MODULE_PARM_DESC(table, "event table by name (default: that of the CPU)");

static char *events = "";
module_param(events, charp, 0444);
MODULE_PARM_DESC(events, "own event table: CONFIG:COEFFICIENT[,...]");

static bool require_pmu;
module_param(require_pmu, bool, 0444);
MODULE_PARM_DESC(require_pmu, "refuse to load (ENODEV) where there is no PMU");

struct pacct_model pacct_model;

static struct pacct_event custom_events[PACCT_ENERGY_MAX_EVENTS];
static struct pacct_table custom_table = {
	.name = "custom",
	.events = custom_events,
};

static int parse_event(char *pair, struct pacct_event *event)
{
	char *colon = strchr(pair, ':');
	int ret;

	if (!colon)
		return -EINVAL;
	*colon = '\0';
	event->type = PERF_TYPE_RAW;
	event->name = "custom";
	ret = kstrtou64(pair, 0, &event->config);
	if (!ret)
		ret = kstrtos64(colon + 1, 0, &event->coefficient);
	if (!ret && abs(event->coefficient) > PACCT_MAX_COEFFICIENT)
		ret = -ERANGE;
	return ret;
}

static int take_custom_table(void)
{
	const char *text = events;

	while (*text) {
		char pair[64];
		size_t length = strcspn(text, ",");

		if (length >= sizeof(pair) ||
		    custom_table.nr == ARRAY_SIZE(custom_events))
			return -EINVAL;
		memcpy(pair, text, length);
		pair[length] = '\0';
		if (parse_event(pair, &custom_events[custom_table.nr]))
			return -EINVAL;
		custom_table.nr++;
		text += length;
		text += *text == ',';
	}
	pacct_model.table = &custom_table;
	pacct_model.number = PACCT_TABLE_CUSTOM;
	return 0;
}

static void take_table(unsigned int number)
{
	pacct_model.table = &tables[number];
	pacct_model.number = number;
}

static int take_named_table(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(tables); i++) {
		if (tables[i].name && !strcmp(tables[i].name, table)) {
			take_table(i);
			return 0;
		}
	}
	return -EINVAL;
}

/*
 * A simulated PMU plays the machine that the model was fitted on, whatever CPU
 * it is loaded on.
 */
static void take_cpu_table(void)
{
	const struct x86_cpu_id *id = x86_match_cpu(cpu_tables);

	if (pacct_model.source == PACCT_ENERGY_SOURCE_SIMULATED)
		take_table(PACCT_TABLE_INTEL_PCORE);
	else
		take_table(id ? id->driver_data : PACCT_TABLE_GENERIC);
}

/*
 * Opens a cycle counter and looks who serves it. The perf core holds a
 * reference to the module of a PMU, if it has one, while the event is open.
 */
static int probe_pmu(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_CPU_CYCLES,
		.disabled = 1,
	};
	int cpu = cpumask_first(cpu_online_mask);
	struct perf_event *event;
	struct module *owner;

	event = perf_event_create_kernel_counter(&attr, cpu, NULL, NULL, NULL);
	if (IS_ERR(event))
		return PTR_ERR(event);
	owner = event->pmu->module;
	if (owner && !strcmp(owner->name, "sim_pmu"))
		pacct_model.source = PACCT_ENERGY_SOURCE_SIMULATED;
	else
		pacct_model.source = PACCT_ENERGY_SOURCE_HARDWARE;
	strscpy(pacct_model.pmu, event->pmu->name, sizeof(pacct_model.pmu));
	perf_event_release_kernel(event);
	return 0;
}

/**
 * pacct_model_init - choose the model
 *
 * Return: 0; -ENODEV if there is no PMU and one is required; -EINVAL for a bad
 * parameter
 */
int pacct_model_init(void)
{
	int error = probe_pmu();
	int ret = 0;

	if (error) {
		if (require_pmu) {
			pr_err("there is no usable PMU (error %d), and require_pmu is set\n",
			       error);
			return -ENODEV;
		}
		pr_warn("there is no usable PMU (error %d): all counts will be zero\n",
			error);
		pacct_model.source = PACCT_ENERGY_SOURCE_NONE;
	}
	if (*events)
		ret = take_custom_table();
	else if (*table)
		ret = take_named_table();
	else
		take_cpu_table();
	if (ret)
		pr_err("bad parameter: events=%s table=%s\n", events, table);
	return ret;
}
