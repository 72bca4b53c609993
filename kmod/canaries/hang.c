// SPDX-License-Identifier: GPL-2.0-only
/*
 * hang.c - misdeeds after which the machine, or a part of it, stands still
 *
 * Context: started by the process that loads the module; hang_irq_off_all also
 * runs in the interrupt that every other CPU is sent.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/processor.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "canary.h"

static void spin_irq_off(void *unused)
{
	local_irq_disable();
	for (;;)
		cpu_relax();
}

static int start_hang_irq_off(void)
{
	spin_irq_off(NULL);
	return 0;
}

static int start_hang_irq_off_all(void)
{
	smp_call_function(spin_irq_off, NULL, 0);
	spin_irq_off(NULL);
	return 0;
}

static int start_hang_preempt_off(void)
{
	preempt_disable();
	for (;;)
		cpu_relax();
	return 0;
}

static struct task_struct *flooder;

static int flood(void *unused)
{
	unsigned long line = 0;

	while (!kthread_should_stop()) {
		pr_info("line %lu of far too many\n", line++);
		cond_resched();
	}
	return 0;
}

static int start_log_flood(void)
{
	flooder = kthread_run(flood, NULL, "canary_flood");
	return PTR_ERR_OR_ZERO(flooder);
}

static void stop_log_flood(void)
{
	kthread_stop(flooder);
}

const struct canary_misdeed canary_hang[] = {
	{ "hang_irq_off", start_hang_irq_off, NULL,
	  "spins with interrupts off on one CPU" },
	{ "hang_irq_off_all", start_hang_irq_off_all, NULL,
	  "spins with interrupts off on every CPU" },
	{ "hang_preempt_off", start_hang_preempt_off, NULL,
	  "spins with preemption off on one CPU" },
	{ "log_flood", start_log_flood, stop_log_flood,
	  "fills the kernel log as fast as it can" },
	{}
};
