// SPDX-License-Identifier: GPL-2.0-only
/*
 * log.c - what was asked of the policies, /proc/sim_cpufreq
 *
 * Locking: log_lock protects the log. Taken in process context only, and held
 * for one entry.
 */
#include <linux/errno.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>

#include "sim_cpufreq.h"

#define LOG_SIZE 256
#define PROC_NAME "sim_cpufreq"

struct entry {
	u64 time_ns;
	unsigned int cpu;
	enum sim_cpufreq_kind kind;
	u32 khz;
};

static const char *const kind_names[] = {
	[SIM_CPUFREQ_MIN] = "min",
	[SIM_CPUFREQ_MAX] = "max",
	[SIM_CPUFREQ_TARGET] = "target",
};

static DEFINE_SPINLOCK(log_lock);
static struct entry entries[LOG_SIZE];
static u64 next;

/**
 * sim_cpufreq_log - record something that was asked of a policy
 * @cpu:	the policy's CPU
 * @kind:	what it is
 * @khz:	its value
 *
 * Context: process context.
 */
void sim_cpufreq_log(unsigned int cpu, enum sim_cpufreq_kind kind, u32 khz)
{
	struct entry entry = { .cpu = cpu, .kind = kind, .khz = khz };

	spin_lock(&log_lock);
	/* Under the lock, so that times are in order. */
	entry.time_ns = ktime_get_boottime_ns();
	entries[next++ % LOG_SIZE] = entry;
	spin_unlock(&log_lock);
}

/* Whether there is an entry of this number, or a later one: then that. */
static bool get(u64 *number, struct entry *entry)
{
	bool found;

	spin_lock(&log_lock);
	if (next > LOG_SIZE && *number < next - LOG_SIZE)
		*number = next - LOG_SIZE;
	found = *number < next;
	if (found)
		*entry = entries[*number % LOG_SIZE];
	spin_unlock(&log_lock);
	return found;
}

static int log_show(struct seq_file *m, void *unused)
{
	struct entry entry;

	for (u64 number = 0; get(&number, &entry); number++)
		seq_printf(m, "%llu %llu cpu=%u %s %u\n", number, entry.time_ns,
			   entry.cpu, kind_names[entry.kind], entry.khz);
	return 0;
}

/**
 * sim_cpufreq_log_init - make the file
 *
 * Return: 0 or -ENOMEM
 */
int sim_cpufreq_log_init(void)
{
	return proc_create_single(PROC_NAME, 0444, NULL, log_show) ? 0 :
								     -ENOMEM;
}

/** sim_cpufreq_log_destroy - remove the file */
void sim_cpufreq_log_destroy(void)
{
	remove_proc_entry(PROC_NAME, NULL);
}
