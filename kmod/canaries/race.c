// SPDX-License-Identifier: GPL-2.0-only
/*
 * race.c - a race whose window is a few instructions
 *
 * Two threads, each on a CPU of its own, share a slot: who finds it free takes
 * it. Between the look and the taking are two or three instructions, in some
 * six thousand.
 *
 * Locking: none, which is the point.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/array_size.h>
#include <linux/bug.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/sched.h>

#include "canary.h"

/* How often each thread tries, and how long it has the slot, and has not. */
#define ROUNDS 4000
#define WORK_LOOPS 1000

static struct task_struct *owner;

/* Some work that takes as long each time. */
static noinline void work(void)
{
	for (unsigned int i = 0; i < WORK_LOOPS; i++)
		barrier();
}

static noinline void take_slot(void)
{
	if (READ_ONCE(owner))
		return;
	WRITE_ONCE(owner, current);
	work();
	/* Whoever came in between believes that it is the owner, too. */
	WARN_ON(READ_ONCE(owner) != current); /* guilty: race */
	WRITE_ONCE(owner, NULL);
}

static DECLARE_COMPLETION(finished);

static int take_turns(void *unused)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		take_slot();
		work();
	}
	/* From here on nothing of the module runs in this thread. */
	kthread_complete_and_exit(&finished, 0);
}

static struct task_struct *create(unsigned int cpu)
{
	return kthread_create_on_cpu(take_turns, NULL, cpu, "race/%u");
}

static int start_race(void)
{
	struct task_struct *threads[2];
	unsigned int started = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(threads); i++) {
		threads[i] = create(i % num_online_cpus());
		if (!IS_ERR(threads[i]))
			started++;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(threads); i++) {
		if (!IS_ERR(threads[i]))
			wake_up_process(threads[i]);
	}
	while (started--)
		wait_for_completion(&finished);
	return 0;
}

const struct canary_misdeed canary_race[] = {
	{ "race", start_race, NULL,
	  "looks whether a slot is free, and then takes it" },
	{}
};
