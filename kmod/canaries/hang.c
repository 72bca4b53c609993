// SPDX-License-Identifier: GPL-2.0-only
/*
 * hang.c - misdeeds after which the machine, or a part of it, stands still
 *
 * Context: started by the process that loads the module; hang_irq_off_all also
 * runs in the interrupt that every other CPU is sent.
 */
/* Has pr_debug() print, to the log but not to the console. */
#define DEBUG
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/processor.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "canary.h"

static void spin_irq_off(void *unused)
{
	local_irq_disable();
	for (;;) /* guilty: hang_irq_off hang_irq_off_all */
		cpu_relax(); /* guilty: hang_irq_off hang_irq_off_all */
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
	for (;;) /* guilty: hang_preempt_off */
		cpu_relax(); /* guilty: hang_preempt_off */
	return 0;
}

static struct task_struct *thread;

static void end_thread(void)
{
	kthread_stop(thread);
}

static int run_thread(int (*function)(void *), const char *name)
{
	thread = kthread_run(function, NULL, "%s", name);
	return PTR_ERR_OR_ZERO(thread);
}

/*
 * Preemption stays on, so that nobody but RCU is kept waiting. It ends all the
 * same, so that what waits for RCU goes on, and the lab looks at the rest.
 */
static int read_for_long(void *unused)
{
	unsigned long end = jiffies + 5 * HZ;

	rcu_read_lock();
	while (time_before(jiffies, end)) /* guilty: rcu_stall */
		cpu_relax(); /* guilty: rcu_stall */
	rcu_read_unlock();
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static int start_rcu_stall(void)
{
	return run_thread(read_for_long, "canary_reader");
}

/* Completed only when the module is unloaded. */
static DECLARE_COMPLETION(estimated);

static int wait_for_estimate(void *unused)
{
	wait_for_completion(&estimated); /* guilty: task_hung */
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static int start_task_hung(void)
{
	return run_thread(wait_for_estimate, "canary_waiter");
}

static void stop_task_hung(void)
{
	complete(&estimated);
	end_thread();
}

/* Protects nothing, for far too long. */
static DEFINE_SPINLOCK(estimate_lock);
static bool is_done;

/*
 * Preemption is off, so that no other worker gets to the work behind this one.
 * Who keeps a worker busy on another CPU is named by its function alone, which
 * begins where it takes the lock.
 */
static void estimate_forever(struct work_struct *unused)
{
	spin_lock(&estimate_lock); /* guilty: workqueue_stuck */
	while (!READ_ONCE(is_done)) /* guilty: workqueue_stuck */
		cpu_relax(); /* guilty: workqueue_stuck */
	spin_unlock(&estimate_lock);
}

static void estimate_more(struct work_struct *unused)
{
}

static DECLARE_WORK(estimator, estimate_forever);
static DECLARE_WORK(waiting, estimate_more);

static int start_workqueue_stuck(void)
{
	schedule_work_on(0, &estimator);
	schedule_work_on(0, &waiting);
	return 0;
}

static void stop_workqueue_stuck(void)
{
	WRITE_ONCE(is_done, true);
	flush_work(&estimator);
	flush_work(&waiting);
}

/* What one prints to find a mistake, and forgets to take out again. */
static int flood(void *unused)
{
	unsigned long line = 0;

	while (!kthread_should_stop()) {
		pr_debug("dump %lu: %0800d\n", line++, 0);
		cond_resched();
	}
	return 0;
}

static int start_log_flood(void)
{
	return run_thread(flood, "canary_flood");
}

const struct canary_misdeed canary_hang[] = {
	{ "hang_irq_off", start_hang_irq_off, NULL,
	  "spins with interrupts off on one CPU" },
	{ "hang_irq_off_all", start_hang_irq_off_all, NULL,
	  "spins with interrupts off on every CPU" },
	{ "hang_preempt_off", start_hang_preempt_off, NULL,
	  "spins with preemption off on one CPU" },
	{ "rcu_stall", start_rcu_stall, end_thread,
	  "stays in an RCU read-side section for long" },
	{ "task_hung", start_task_hung, stop_task_hung,
	  "waits for what does not happen" },
	{ "workqueue_stuck", start_workqueue_stuck, stop_workqueue_stuck,
	  "keeps a workqueue's worker busy for good" },
	{ "log_flood", start_log_flood, end_thread,
	  "fills the kernel log as fast as it can" },
	{}
};
