// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - registers the simulated cpufreq driver where there is no real one
 *
 * Context: process context everywhere; the cpufreq core serializes what it
 * calls for one policy. No locks of our own.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpufreq.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/notifier.h>
#include <linux/pm_qos.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "sim_cpufreq.h"

#define STEPS 5

static unsigned int min_khz = 800000;
module_param(min_khz, uint, 0444);
MODULE_PARM_DESC(min_khz, "lowest frequency, kHz (default: 800000)");

static unsigned int max_khz = 3200000;
module_param(max_khz, uint, 0444);
MODULE_PARM_DESC(max_khz, "highest frequency, kHz (default: 3200000)");

static struct cpufreq_frequency_table frequencies[STEPS + 1];

/**
 * struct watch - notices when the QoS requests of a policy change
 * @cpu:	the policy's CPU
 * @min:	for the lowest frequency asked for
 * @max:	for the highest one allowed
 */
struct watch {
	unsigned int cpu;
	struct notifier_block min;
	struct notifier_block max;
};

static int min_changed(struct notifier_block *nb, unsigned long khz,
		       void *unused)
{
	sim_cpufreq_log(container_of(nb, struct watch, min)->cpu,
			SIM_CPUFREQ_MIN, khz);
	return NOTIFY_OK;
}

static int max_changed(struct notifier_block *nb, unsigned long khz,
		       void *unused)
{
	sim_cpufreq_log(container_of(nb, struct watch, max)->cpu,
			SIM_CPUFREQ_MAX, khz);
	return NOTIFY_OK;
}

static int policy_init(struct cpufreq_policy *policy)
{
	struct watch *watch = kzalloc(sizeof(*watch), GFP_KERNEL);
	int ret;

	if (!watch)
		return -ENOMEM;
	watch->cpu = policy->cpu;
	watch->min.notifier_call = min_changed;
	watch->max.notifier_call = max_changed;
	ret = freq_qos_add_notifier(&policy->constraints, FREQ_QOS_MIN,
				    &watch->min);
	if (ret)
		goto no_min;
	ret = freq_qos_add_notifier(&policy->constraints, FREQ_QOS_MAX,
				    &watch->max);
	if (ret)
		goto no_max;
	policy->driver_data = watch;
	policy->freq_table = frequencies;
	policy->cur = max_khz;
	return 0;

no_max:
	freq_qos_remove_notifier(&policy->constraints, FREQ_QOS_MIN,
				 &watch->min);
no_min:
	kfree(watch);
	return ret;
}

static void policy_exit(struct cpufreq_policy *policy)
{
	struct watch *watch = policy->driver_data;

	freq_qos_remove_notifier(&policy->constraints, FREQ_QOS_MAX,
				 &watch->max);
	freq_qos_remove_notifier(&policy->constraints, FREQ_QOS_MIN,
				 &watch->min);
	policy->driver_data = NULL;
	kfree(watch);
}

static int set_target(struct cpufreq_policy *policy, unsigned int index)
{
	sim_cpufreq_log(policy->cpu, SIM_CPUFREQ_TARGET,
			frequencies[index].frequency);
	return 0;
}

static struct cpufreq_driver driver = {
	.name = "sim_cpufreq",
	.init = policy_init,
	.exit = policy_exit,
	.verify = cpufreq_generic_frequency_table_verify,
	.target_index = set_target,
};

static void __init fill_frequencies(void)
{
	unsigned int range = max_khz - min_khz;

	for (unsigned int i = 0; i < STEPS; i++) {
		u64 above = (u64)range * i / (STEPS - 1);

		frequencies[i].driver_data = i;
		frequencies[i].frequency = min_khz + above;
	}
	frequencies[STEPS].frequency = CPUFREQ_TABLE_END;
}

static int __init sim_cpufreq_init(void)
{
	int ret;

	if (!min_khz || max_khz > S32_MAX || max_khz < STEPS ||
	    min_khz > max_khz - STEPS) {
		pr_err("min_khz=%u max_khz=%u: not a range of frequencies\n",
		       min_khz, max_khz);
		return -EINVAL;
	}
	fill_frequencies();
	ret = sim_cpufreq_log_init();
	if (ret)
		return ret;
	ret = cpufreq_register_driver(&driver);
	if (ret == -EEXIST)
		pr_err("this machine has a cpufreq driver of its own; nothing to simulate\n");
	if (ret)
		sim_cpufreq_log_destroy();
	return ret;
}

static void __exit sim_cpufreq_exit(void)
{
	cpufreq_unregister_driver(&driver);
	sim_cpufreq_log_destroy();
}

module_init(sim_cpufreq_init);
module_exit(sim_cpufreq_exit);

MODULE_DESCRIPTION("Simulated cpufreq policies that record requests");
MODULE_AUTHOR("The pacctlab authors");
MODULE_LICENSE("GPL");
