// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - registers the simulated PMU where there is no real one
 *
 * Context: module load and unload. No locks. While events are open the perf
 * core holds a reference to the module, so that it cannot be unloaded.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/perf_event.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "sim_pmu.h"

unsigned int sim_pmu_nr_counters = 16;
module_param_named(nr_counters, sim_pmu_nr_counters, uint, 0444);
MODULE_PARM_DESC(nr_counters, "counters of a CPU, 0 to 16 (default: 16)");

unsigned int sim_pmu_width = 48;
module_param_named(width, sim_pmu_width, uint, 0444);
MODULE_PARM_DESC(width, "bits of a counter, 32 to 64 (default: 48)");

static char *mode = "ns";
module_param(mode, charp, 0444);
MODULE_PARM_DESC(mode,
		 "what running time is measured in: ns or tsc (default: ns)");

static char *rates = "";
module_param(rates, charp, 0444);
MODULE_PARM_DESC(rates, "rates of events, CONFIG:COUNTS_PER_1000_UNITS[,...]");

static char *ecores = "";
module_param(ecores, charp, 0444);
MODULE_PARM_DESC(ecores,
		 "play a hybrid machine: these CPUs are E-cores (list)");

static char *ecore_rates = "";
module_param(ecore_rates, charp, 0444);
MODULE_PARM_DESC(ecore_rates, "like rates, for E-cores");

bool sim_pmu_counts_tsc;
struct cpumask sim_pmu_ecores;

PMU_FORMAT_ATTR(event, "config:0-7");
PMU_FORMAT_ATTR(umask, "config:8-15");

static struct attribute *format_attributes[] = {
	&format_attr_event.attr,
	&format_attr_umask.attr,
	NULL,
};

static const struct attribute_group format_group = {
	.name = "format",
	.attrs = format_attributes,
};

static const struct attribute_group *attribute_groups[] = {
	&format_group,
	NULL,
};

static bool sim_pmu_filter(struct pmu *pmu, int cpu)
{
	return !sim_pmu_counts_on(pmu, cpu);
}

#define SIM_PMU(caps)                                                       \
	{                                                                   \
		.module = THIS_MODULE, .capabilities = (caps),              \
		.task_ctx_nr = perf_hw_context,                             \
		.attr_groups = attribute_groups,                            \
		.event_init = sim_pmu_event_init, .add = sim_pmu_event_add, \
		.del = sim_pmu_event_del, .start = sim_pmu_event_start,     \
		.stop = sim_pmu_event_stop, .read = sim_pmu_event_read,     \
		.filter = sim_pmu_filter,                                   \
	}

static struct pmu core_pmu = SIM_PMU(PERF_PMU_CAP_NO_INTERRUPT);
static struct pmu atom_pmu =
	SIM_PMU(PERF_PMU_CAP_NO_INTERRUPT | PERF_PMU_CAP_EXTENDED_HW_TYPE);

/**
 * sim_pmu_is_atom - whether a PMU is that of the E-cores
 * @pmu:	one of ours
 *
 * Return: whether it is
 */
bool sim_pmu_is_atom(const struct pmu *pmu)
{
	return pmu == &atom_pmu;
}

/**
 * sim_pmu_counts_on - whether a PMU counts on a CPU
 * @pmu:	one of ours
 * @cpu:	the CPU
 *
 * Return: whether it does
 */
bool sim_pmu_counts_on(const struct pmu *pmu, int cpu)
{
	return sim_pmu_is_atom(pmu) == cpumask_test_cpu(cpu, &sim_pmu_ecores);
}

/*
 * The perf core has no way to ask who serves a type, so an event is opened: a
 * type that nobody serves gives ENOENT, and only that.
 */
static bool __init raw_type_is_served(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_RAW,
		.size = sizeof(attr),
		.config = 0x3c,
		.disabled = 1,
	};
	int cpu = cpumask_first(cpu_online_mask);
	struct perf_event *event;

	event = perf_event_create_kernel_counter(&attr, cpu, NULL, NULL, NULL);
	if (IS_ERR(event))
		return PTR_ERR(event) != -ENOENT;
	perf_event_release_kernel(event);
	return true;
}

static int __init take_parameters(void)
{
	int ret;

	if (sim_pmu_nr_counters > SIM_PMU_MAX_COUNTERS) {
		pr_err("nr_counters=%u: must be 0 to %u\n", sim_pmu_nr_counters,
		       SIM_PMU_MAX_COUNTERS);
		return -EINVAL;
	}
	if (sim_pmu_width < 32 || sim_pmu_width > 64) {
		pr_err("width=%u: must be 32 to 64\n", sim_pmu_width);
		return -EINVAL;
	}
	if (strcmp(mode, "ns") && strcmp(mode, "tsc")) {
		pr_err("mode=%s: must be ns or tsc\n", mode);
		return -EINVAL;
	}
	sim_pmu_counts_tsc = !strcmp(mode, "tsc");
	if (cpulist_parse(ecores, &sim_pmu_ecores) ||
	    cpumask_subset(cpu_possible_mask, &sim_pmu_ecores)) {
		pr_err("ecores=%s: must be a list of CPUs, and not all of them\n",
		       ecores);
		return -EINVAL;
	}
	ret = sim_pmu_program_rates(rates, false);
	if (!ret)
		ret = sim_pmu_program_rates(ecore_rates, true);
	if (ret)
		pr_err("rates=%s ecore_rates=%s: must be CONFIG:RATE[,CONFIG:RATE...], rates up to %u\n",
		       rates, ecore_rates, SIM_PMU_MAX_RATE);
	return ret;
}

static int __init register_pmus(void)
{
	bool hybrid = !cpumask_empty(&sim_pmu_ecores);
	int ret;

	if (hybrid)
		core_pmu.capabilities |= PERF_PMU_CAP_EXTENDED_HW_TYPE;
	ret = perf_pmu_register(&core_pmu, hybrid ? "cpu_core" : "cpu",
				PERF_TYPE_RAW);
	if (ret || !hybrid)
		return ret;
	ret = perf_pmu_register(&atom_pmu, "cpu_atom", -1);
	if (ret)
		perf_pmu_unregister(&core_pmu);
	return ret;
}

static int __init sim_pmu_init(void)
{
	int ret = take_parameters();

	if (ret)
		return ret;
	if (raw_type_is_served()) {
		pr_err("this machine has a PMU of its own; nothing to simulate\n");
		return -EBUSY;
	}
	ret = register_pmus();
	if (ret)
		return ret;
	pr_info("%u simulated counters of %u bits for each CPU, mode %s\n",
		sim_pmu_nr_counters, sim_pmu_width, mode);
	return 0;
}

static void __exit sim_pmu_exit(void)
{
	if (!cpumask_empty(&sim_pmu_ecores))
		perf_pmu_unregister(&atom_pmu);
	perf_pmu_unregister(&core_pmu);
}

module_init(sim_pmu_init);
module_exit(sim_pmu_exit);

MODULE_DESCRIPTION("Simulated performance counters with a closed form");
MODULE_AUTHOR("The pacctlab authors");
MODULE_LICENSE("GPL");
