// SPDX-License-Identifier: GPL-2.0-only
/*
 * timing.c - how long hooks take
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>

#include "timing.h"

static bool time_hooks;
module_param(time_hooks, bool, 0444);
MODULE_PARM_DESC(time_hooks, "measure how long hooks take (default: off)");

DEFINE_STATIC_KEY_FALSE(pacct_time_hooks);
DEFINE_PER_CPU(struct pacct_times, pacct_times);

/**
 * pacct_timing_init - take the parameter time_hooks
 *
 * Context: module load, before there are hooks.
 */
void __init pacct_timing_init(void)
{
	if (time_hooks)
		static_branch_enable(&pacct_time_hooks);
}

/**
 * pacct_hook_took - a hook that is measured ends
 * @hook:	the hook
 * @begin:	what pacct_hook_begin() returned
 *
 * Context: preemption off.
 */
void pacct_hook_took(enum pacct_hook hook, u64 begin)
{
	struct pacct_time *time = this_cpu_ptr(&pacct_times.hook[hook]);
	s64 took = local_clock() - begin;

	/* The clock may step back by a little where the TSC is unstable. */
	if (took < 0)
		return;
	time->longest = max_t(u64, time->longest, took);
	time->total += took;
	time->calls++;
}

/**
 * pacct_hook_time - how long a hook took on all CPUs
 * @hook:	the hook
 *
 * Return: a moment's picture
 */
struct pacct_time pacct_hook_time(enum pacct_hook hook)
{
	struct pacct_time sum = {};
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct pacct_time *time =
			&per_cpu_ptr(&pacct_times, cpu)->hook[hook];

		sum.longest = max(sum.longest, READ_ONCE(time->longest));
		sum.total += READ_ONCE(time->total);
		sum.calls += READ_ONCE(time->calls);
	}
	return sum;
}
