// SPDX-License-Identifier: GPL-2.0-only
/*
 * hooks.c - misdeeds in a tracepoint hook
 *
 * Context: sched_switch calls its probes with interrupts off and the run
 * queue locked. That is what makes these misdeeds.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "canary.h"

/* The first switches are let pass, so that loading itself gets to its end. */
#define SWITCHES_BEFORE 20

static struct tracepoint *sched_switch_point;
static atomic_t switches;

/* Protects nothing: it is here to be taken where no mutex may be. */
static DEFINE_MUTEX(sleeper);

static void find_sched_switch(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, "sched_switch"))
		sched_switch_point = tp;
}

static void sleep_in_switch(void *unused, bool preempt,
			    struct task_struct *prev, struct task_struct *next,
			    unsigned int prev_state)
{
	if (atomic_inc_return(&switches) != SWITCHES_BEFORE)
		return;
	mutex_lock(&sleeper);
	msleep(20);
	mutex_unlock(&sleeper);
}

static int start_sleep_in_switch(void)
{
	for_each_kernel_tracepoint(find_sched_switch, NULL);
	if (!sched_switch_point)
		return -ENOENT;
	return tracepoint_probe_register(sched_switch_point, sleep_in_switch,
					 NULL);
}

static void stop_sleep_in_switch(void)
{
	tracepoint_probe_unregister(sched_switch_point, sleep_in_switch, NULL);
	tracepoint_synchronize_unregister();
}

const struct canary_misdeed canary_hooks[] = {
	{ "sleep_in_switch", start_sleep_in_switch, stop_sleep_in_switch,
	  "sleeps in a sched_switch hook" },
	{}
};
