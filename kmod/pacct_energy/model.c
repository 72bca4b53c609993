// SPDX-License-Identifier: GPL-2.0-only
/*
 * model.c - finds out whose counters there are, and chooses the event tables
 *
 * A hybrid machine has a PMU for each type of core. The perf core hands a
 * generic event of one CPU to whichever PMU counts on that CPU, so that opening
 * one on every CPU shows all of them. One PMU stands behind PERF_TYPE_RAW (on
 * Intel that of the P-cores, cpu_core), the other has a type of its own.
 *
 * Context: module load; pacct_model_core_of() also in the hotplug thread of a
 * CPU. The model is constant once the module is loaded; no locks.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/array_size.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/perf_event.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "pacct_energy.h"
#include "table.h"

static char *table = "";
module_param(table, charp, 0444);
MODULE_PARM_DESC(table, "event table by name (default: that of the CPU)");

static char *events = "";
module_param(events, charp, 0444);
MODULE_PARM_DESC(events, "own event table: CONFIG:COEFFICIENT[,...]");

static char *ecore_table = "";
module_param(ecore_table, charp, 0444);
MODULE_PARM_DESC(ecore_table, "like table, for the E-cores of a hybrid CPU");

static char *ecore_events = "";
module_param(ecore_events, charp, 0444);
MODULE_PARM_DESC(ecore_events, "like events, for the E-cores of a hybrid CPU");

static bool require_pmu;
module_param(require_pmu, bool, 0444);
MODULE_PARM_DESC(require_pmu, "refuse to load (ENODEV) where there is no PMU");

struct pacct_model pacct_model;

/* A generic event of this CPU, by whichever PMU counts there. */
static struct perf_event *open_generic(unsigned int cpu)
{
	static const u64 likely[] = { PERF_COUNT_HW_CPU_CYCLES,
				      PERF_COUNT_HW_INSTRUCTIONS };
	struct perf_event *event = ERR_PTR(-ENOENT);

	for (unsigned int i = 0; i < ARRAY_SIZE(likely) && IS_ERR(event); i++) {
		struct perf_event_attr attr = {
			.type = PERF_TYPE_HARDWARE,
			.size = sizeof(attr),
			.config = likely[i],
			.disabled = 1,
		};

		event = perf_event_create_kernel_counter(&attr, cpu, NULL, NULL,
							 NULL);
	}
	return event;
}

/**
 * pacct_model_core_of - the type of core that a CPU is
 * @cpu:	the CPU, online
 *
 * Context: process context; sleeps.
 * Return: index in pacct_model.core, -ENODEV if it is of a type that was not
 * there at load, or another errno if it has no usable PMU
 */
int pacct_model_core_of(unsigned int cpu)
{
	struct perf_event *event = open_generic(cpu);
	int ret = -ENODEV;

	if (IS_ERR(event))
		return PTR_ERR(event);
	for (unsigned int i = 0; i < pacct_model.nr_cores; i++) {
		if (pacct_model.core[i].pmu_type == event->pmu->type)
			ret = i;
	}
	perf_event_release_kernel(event);
	return ret;
}

static void add_core(const struct pmu *pmu)
{
	struct pacct_core *core;

	for (unsigned int i = 0; i < pacct_model.nr_cores; i++) {
		if (pacct_model.core[i].pmu_type == pmu->type)
			return;
	}
	if (pacct_model.nr_cores == ARRAY_SIZE(pacct_model.core)) {
		pr_warn_once("too many types of cores: PMU %s is not read\n",
			     pmu->name);
		return;
	}
	core = &pacct_model.core[pacct_model.nr_cores++];
	core->pmu_type = pmu->type;
	core->hybrid = pmu->capabilities & PERF_PMU_CAP_EXTENDED_HW_TYPE;
	strscpy(core->pmu, pmu->name, sizeof(core->pmu));
}

/*
 * The perf core holds a reference to the module of a PMU, if it has one, while
 * an event is open.
 */
static int probe_cpu(unsigned int cpu)
{
	struct perf_event *event = open_generic(cpu);
	struct module *owner;

	if (IS_ERR(event))
		return PTR_ERR(event);
	owner = event->pmu->module;
	if (owner && !strcmp(owner->name, "sim_pmu"))
		pacct_model.source = PACCT_ENERGY_SOURCE_SIMULATED;
	else
		pacct_model.source = PACCT_ENERGY_SOURCE_HARDWARE;
	add_core(event->pmu);
	perf_event_release_kernel(event);
	return 0;
}

/* Returns 0, or the error of the last CPU when none has a usable PMU. */
static int probe_pmus(void)
{
	int error = 0;
	int cpu;

	/* A CPU that goes away meanwhile has no PMU, as if it had gone before. */
	for_each_online_cpu(cpu)
		error = probe_cpu(cpu) ?: error;
	if (!pacct_model.nr_cores)
		return error ?: -ENODEV;
	/* The order is that of records, whatever CPU comes first. */
	if (pacct_model.nr_cores == 2 &&
	    pacct_model.core[1].pmu_type == PERF_TYPE_RAW)
		swap(pacct_model.core[0], pacct_model.core[1]);
	return 0;
}

/*
 * A simulated PMU plays the machine that the model was fitted on, whatever CPU
 * it is loaded on.
 */
static unsigned int table_of_cpu(bool ecore)
{
	const struct x86_cpu_id *id;

	if (pacct_model.source == PACCT_ENERGY_SOURCE_SIMULATED)
		return ecore ? PACCT_TABLE_INTEL_ECORE :
			       PACCT_TABLE_INTEL_PCORE;
	id = x86_match_cpu(ecore ? ecore_tables : cpu_tables);
	return id ? id->driver_data : PACCT_TABLE_GENERIC;
}

static int table_by_name(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(tables); i++) {
		if (tables[i].name && !strcmp(tables[i].name, name))
			return i;
	}
	return -EINVAL;
}

/* @own_events and @own_table: the parameters for the type of @core. */
static int choose_table(struct pacct_core *core, const char *own_events,
			const char *own_table)
{
	static struct pacct_custom_table custom[PACCT_ENERGY_MAX_CORES];
	bool ecore = core->pmu_type != PERF_TYPE_RAW;
	int number = PACCT_TABLE_CUSTOM;

	if (*own_events) {
		core->number = number;
		core->table = &custom[ecore].table;
		return pacct_parse_table(own_events, &custom[ecore]);
	}
	number = *own_table ? table_by_name(own_table) :
			      (int)table_of_cpu(ecore);
	if (number < 0)
		return number;
	core->number = number;
	core->table = &tables[number];
	return 0;
}

static int choose_tables(void)
{
	for (unsigned int i = 0; i < pacct_model.nr_cores; i++) {
		struct pacct_core *core = &pacct_model.core[i];
		bool ecore = core->pmu_type != PERF_TYPE_RAW;
		const char *own_events = ecore ? ecore_events : events;
		const char *own_table = ecore ? ecore_table : table;
		int ret = choose_table(core, own_events, own_table);

		if (ret) {
			pr_err("bad parameter: %s=%s %s=%s\n",
			       ecore ? "ecore_events" : "events", own_events,
			       ecore ? "ecore_table" : "table", own_table);
			return ret;
		}
	}
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
	int error = probe_pmus();

	if (error && require_pmu) {
		pr_err("there is no usable PMU (error %d), and require_pmu is set\n",
		       error);
		return -ENODEV;
	}
	if (error) {
		pr_warn("there is no usable PMU (error %d): all counts will be zero\n",
			error);
		pacct_model.source = PACCT_ENERGY_SOURCE_NONE;
		/* What would be counted. */
		pacct_model.nr_cores = 1;
		pacct_model.core[0].pmu_type = PERF_TYPE_RAW;
	}
	return choose_tables();
}
