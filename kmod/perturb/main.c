// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - disturbs all CPUs at moments that a seed decides
 *
 * A translator (QEMU's TCG with -icount) runs the same instructions in the
 * same order each time, and the CPUs in turns whose ends timers decide. A race
 * whose window is a few instructions is then hit always or never. This module
 * moves the moments: on each CPU a timer goes off after random times, and its
 * handler stands in for what a busy machine does to a CPU. It makes the CPU
 * wait where it is, as a hypervisor would, or asks the scheduler to choose
 * again.
 *
 * Every decision comes from the parameter "seed" and the CPU's number, so the
 * same seed is the same run.
 *
 * Locking: none. What belongs to a CPU is used by its timer's handler, which
 * runs there with interrupts off, and by the hotplug callbacks, which run when
 * the timer does not.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpuhotplug.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/prandom.h>
#include <linux/preempt.h>
#include <linux/sched.h>

/* From one disturbance of a CPU to the next, ns: 0.75 ms on average. */
#define SHORTEST_NS 100000
#define SPREAD_NS 1300000
/* One in this many makes the CPU wait, for up to so many microseconds. */
#define WAIT_ONE_IN 2
#define LONGEST_WAIT_US 40

static unsigned long long seed = 1;
module_param(seed, ullong, 0444);
MODULE_PARM_DESC(seed, "What the moments are drawn from");

static unsigned int scale = 1;
module_param(scale, uint, 0444);
MODULE_PARM_DESC(scale,
		 "How many times as rare they are: more on slow kernels");

/**
 * struct disturber - what disturbs one CPU
 * @timer: goes off when it is time
 * @random: draws moments and what happens
 */
struct disturber {
	struct hrtimer timer;
	struct rnd_state random;
};

static DEFINE_PER_CPU(struct disturber, disturbers);
static enum cpuhp_state hotplug_state;

static ktime_t next_pause(struct disturber *disturber)
{
	u64 pause =
		SHORTEST_NS + prandom_u32_state(&disturber->random) % SPREAD_NS;

	return ns_to_ktime(pause * scale);
}

static enum hrtimer_restart disturb(struct hrtimer *timer)
{
	struct disturber *disturber =
		container_of(timer, struct disturber, timer);
	u32 choice = prandom_u32_state(&disturber->random);

	if (choice % WAIT_ONE_IN == 0) {
		udelay(1 + (choice >> 8) % LONGEST_WAIT_US);
	} else {
		set_tsk_thread_flag(current, TIF_NEED_RESCHED);
		set_preempt_need_resched();
	}
	hrtimer_forward_now(timer, next_pause(disturber));
	return HRTIMER_RESTART;
}

static int disturb_cpu(unsigned int cpu)
{
	struct disturber *disturber = per_cpu_ptr(&disturbers, cpu);

	/* Each CPU its own stream, and the same one whenever it comes back. */
	prandom_seed_state(&disturber->random, seed ^ ((u64)(cpu + 1) << 32));
	hrtimer_setup(&disturber->timer, disturb, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
	hrtimer_start(&disturber->timer, next_pause(disturber),
		      HRTIMER_MODE_REL_PINNED_HARD);
	return 0;
}

static int leave_cpu(unsigned int cpu)
{
	hrtimer_cancel(&per_cpu_ptr(&disturbers, cpu)->timer);
	return 0;
}

static int __init perturb_init(void)
{
	int state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN,
				      "pacct/perturb:online", disturb_cpu,
				      leave_cpu);

	if (state < 0)
		return state;
	hotplug_state = state;
	return 0;
}

static void __exit perturb_exit(void)
{
	cpuhp_remove_state(hotplug_state);
}

module_init(perturb_init);
module_exit(perturb_exit);

MODULE_DESCRIPTION("Disturbs all CPUs at moments that a seed decides");
MODULE_AUTHOR("The pacctlab authors");
MODULE_LICENSE("GPL");
