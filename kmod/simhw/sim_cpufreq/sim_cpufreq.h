/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_cpufreq.h - a cpufreq policy for machines that have none
 *
 * Some modules refuse to load where cpufreq_cpu_get() finds no policy. With
 * this driver every CPU has one, of its own, from @min_khz to @max_khz in five
 * steps. Nothing runs faster or slower for it.
 *
 * What is asked of a policy is recorded, and shown in /proc/sim_cpufreq, one
 * line an event, oldest first:
 *
 *	0 1203985112 cpu=0 min 800000
 *	1 1203991700 cpu=0 target 3200000
 *
 * A number that counts from 0, CLOCK_BOOTTIME in ns, the CPU, and
 *
 *	min, max	what all frequency QoS requests of the policy come to, kHz,
 *			when that has changed (freq_qos_add_request() and the
 *			like, dev_pm_qos requests, scaling_{min,max}_freq in
 *			sysfs); a request that others outdo changes nothing and
 *			is not seen
 *	target		the frequency that a governor set, kHz
 *
 * The last 256 events are kept; a gap in the numbers is what was dropped.
 *
 * A policy that somebody got with cpufreq_cpu_get() and did not put keeps this
 * module from being unloaded: its exit waits.
 */
#ifndef SIM_CPUFREQ_H
#define SIM_CPUFREQ_H

#include <linux/types.h>

enum sim_cpufreq_kind {
	SIM_CPUFREQ_MIN,
	SIM_CPUFREQ_MAX,
	SIM_CPUFREQ_TARGET,
};

int sim_cpufreq_log_init(void);
void sim_cpufreq_log_destroy(void);
void sim_cpufreq_log(unsigned int cpu, enum sim_cpufreq_kind kind, u32 khz);

#endif /* SIM_CPUFREQ_H */
