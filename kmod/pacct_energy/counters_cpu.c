// SPDX-License-Identifier: GPL-2.0-only
/*
 * counters_cpu.c - what every CPU is, and scope=cpu: its set of counters
 *
 * The counters run all the time. At every switch they are read, and what they
 * gained since the last switch is billed to the task that leaves.
 *
 * Context: billing happens with interrupts off, on the CPU whose counters are
 * read, under sched_switch with the run queue locked. It takes no lock and only
 * writes the CPU's own data and the account of the task that just ran here.
 * Counters are made and released in the hotplug thread of their CPU, which may
 * sleep; they are armed and disarmed there with interrupts off.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpuhotplug.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/perf_event.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>

#include "counters.h"
#include "model.h"
#include "stats.h"

DEFINE_PER_CPU(struct pacct_cpu, pacct_cpus);

static int hotplug_state;

/* Time in which the counters counted, of the @runtime that has been added. */
static u64 counted_of(struct pacct_cpu *pc, u64 runtime, u64 clock)
{
	if (!pc->fresh)
		return runtime;
	pc->fresh = false;
	return min(runtime, clock);
}

static void bill_counter(struct pacct_cpu *pc, struct traced_task *t,
			 u64 *other, unsigned int i)
{
	struct pacct_sums *sums;
	u64 value, lag, diff, waited;

	if (!pc->event[i])
		return;
	if (pacct_counter_read(pc->event[i], &value, &lag)) {
		pacct_stat_inc(PACCT_STAT_READ_ERRORS);
		return;
	}
	diff = value - pc->last[i];
	pc->last[i] = value;
	pc->total[i] += diff;
	waited = lag - pc->last_lag[i];
	if (unlikely(waited))
		pc->lag[i] += waited;
	if (t) {
		sums = &t->core[pc->core];
		sums->count[i] += diff;
		if (unlikely(t->dead))
			t->diff[i] = diff;
		if (unlikely(waited))
			sums->lag[i] += waited;
	} else {
		other[i] += diff;
	}
	pc->last_lag[i] = lag;
}

/**
 * pacct_cpu_bill - bill what was counted since the last time
 * @pc:		this CPU's counters
 * @t:		the account of @task, or NULL
 * @task:	the task that ran
 *
 * Context: interrupts off. @task is current.
 */
void pacct_cpu_bill(struct pacct_cpu *pc, struct traced_task *t,
		    struct task_struct *task)
{
	bool idle = is_idle_task(task);
	u64 *other = idle ? pc->idle : pc->untraced;
	u64 now, clock, runtime;

	if (t) {
		runtime = task->se.sum_exec_runtime - t->runtime_ns;
		t->runtime_ns += runtime;
	}
	if (!pc->armed)
		return;
	now = local_clock();
	/* The clock may step back by a little where the TSC is unstable. */
	clock = (s64)(now - pc->read_ns) > 0 ? now - pc->read_ns : 0;
	pc->read_ns = now;
	pc->total_ns += clock;
	for (unsigned int i = 0; i < pc->nr; i++)
		bill_counter(pc, t, other, i);
	if (t) {
		t->counted_ns += counted_of(pc, runtime, clock);
		t->core[pc->core].clock_ns += clock;
		t->last_core = pc->core;
		t->slices++;
	} else {
		pc->fresh = false;
		if (idle)
			pc->idle_ns += clock;
		else
			pc->untraced_ns += clock;
	}
}

static void arm(struct pacct_cpu *pc)
{
	guard(irqsave)();
	/* First the clock, as in billing. */
	pc->read_ns = local_clock();
	for (unsigned int i = 0; i < pc->nr; i++) {
		if (pc->event[i])
			pacct_counter_read(pc->event[i], &pc->last[i],
					   &pc->last_lag[i]);
	}
	pc->fresh = true;
	pc->armed = true;
}

/* The slice that is running is billed as far as it was counted. */
static void disarm(struct pacct_cpu *pc)
{
	guard(irqsave)();
	pacct_cpu_bill(pc, pacct_task_find(current), current);
	pc->armed = false;
}

static void make_counters(struct pacct_cpu *pc, unsigned int cpu)
{
	bool any = false;

	for (unsigned int i = 0; i < pc->nr; i++) {
		struct perf_event *event =
			pacct_counter_make(pc->core, i, NULL, cpu);

		pc->error[i] = PTR_ERR_OR_ZERO(event);
		pc->event[i] = IS_ERR(event) ? NULL : event;
		any |= !IS_ERR(event);
	}
	if (any)
		arm(pc);
}

/* A CPU without counters still comes online; its tasks are not counted. */
static int bring_up(unsigned int cpu)
{
	struct pacct_cpu *pc = this_cpu_ptr(&pacct_cpus);
	int core = pacct_model_core_of(cpu);

	if (core < 0) {
		pr_warn("what runs on CPU %u is not counted: no known PMU (error %d)\n",
			cpu, core);
		return 0;
	}
	pc->core = core;
	/* From here on scope=task counts. */
	WRITE_ONCE(pc->nr, pacct_model.core[core].table->nr);
	if (!pacct_scope_task)
		make_counters(pc, cpu);
	return 0;
}

static int tear_down(unsigned int cpu)
{
	struct pacct_cpu *pc = this_cpu_ptr(&pacct_cpus);

	if (pc->armed)
		disarm(pc);
	for (unsigned int i = 0; i < PACCT_ENERGY_MAX_EVENTS; i++) {
		if (pc->event[i])
			perf_event_release_kernel(pc->event[i]);
		pc->event[i] = NULL;
	}
	WRITE_ONCE(pc->nr, 0);
	return 0;
}

/**
 * pacct_cpus_start - find out the type of every CPU, now and later, and with
 * scope=cpu make and arm its counters
 *
 * Context: process context. The hooks must be there already: what is counted
 * is billed from the next switch on.
 * Return: 0 or a negative errno
 */
int pacct_cpus_start(void)
{
	int ret;

	if (pacct_model.source == PACCT_ENERGY_SOURCE_NONE)
		return 0;
	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "pacct_energy:online",
				bring_up, tear_down);
	if (ret < 0)
		return ret;
	hotplug_state = ret;
	return 0;
}

/**
 * pacct_cpus_stop - release the counters of every CPU
 *
 * Context: process context.
 */
void pacct_cpus_stop(void)
{
	if (hotplug_state > 0)
		cpuhp_remove_state(hotplug_state);
	hotplug_state = 0;
}
