// SPDX-License-Identifier: GPL-2.0-only
/*
 * event.c - the life of a simulated event
 *
 * Context: the perf core calls add, del, start, stop and read with interrupts
 * off, on the CPU the event runs on and with the lock of the event's context
 * held; under sched_switch also with the run queue locked. The wrap timer runs
 * in hard interrupt context on the same CPU, so that nothing here runs twice
 * at a time for one event. No locks of our own, no allocation, no printing
 * outside sim_pmu_event_init(), which is process context.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitmap.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/hrtimer.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>

#include <asm/msr.h>
#include <asm/tsc.h>

#include "sim_pmu.h"

/**
 * struct sim_event - what the simulation knows about an event
 * @event:	the perf event
 * @rate:	counts per SIM_PMU_RATE_UNIT units
 * @elapsed:	T, the time the event has been running, units
 * @since:	the clock up to which @elapsed is accounted, valid while running
 * @counter:	what the counter showed when it was last read, sim_pmu_width bits
 * @wrap_ns:	how often the counter must be read not to lose a wrap; 0: never
 * @wrap:	the timer that sees to it
 */
struct sim_event {
	struct perf_event *event;
	u64 rate;
	u64 elapsed;
	u64 since;
	u64 counter;
	u64 wrap_ns;
	struct hrtimer wrap;
};

/* Counters in use. Touched by the CPU itself only, interrupts off. */
static DEFINE_PER_CPU(unsigned long[BITS_TO_LONGS(SIM_PMU_MAX_COUNTERS)],
		      in_use);

/* What PERF_TYPE_HARDWARE stands for, by PERF_COUNT_HW_*. */
static const u16 generic_config[PERF_COUNT_HW_MAX] = {
	[PERF_COUNT_HW_CPU_CYCLES] = 0x003c,
	[PERF_COUNT_HW_INSTRUCTIONS] = 0x00c0,
	[PERF_COUNT_HW_CACHE_REFERENCES] = 0x4f2e,
	[PERF_COUNT_HW_CACHE_MISSES] = 0x412e,
	[PERF_COUNT_HW_BRANCH_INSTRUCTIONS] = 0x00c4,
	[PERF_COUNT_HW_BRANCH_MISSES] = 0x00c5,
	[PERF_COUNT_HW_BUS_CYCLES] = 0x013c,
	[PERF_COUNT_HW_REF_CPU_CYCLES] = 0x0300,
};

static u64 now(void)
{
	return sim_pmu_counts_tsc ? rdtsc_ordered() : local_clock();
}

static u64 counter_mask(void)
{
	return GENMASK_ULL(sim_pmu_width - 1, 0);
}

/*
 * The closed form, modulo 2^64. Split, so that no product is ever cut short:
 * floor((1000 q + r) * rate / 1000) = q * rate + floor(r * rate / 1000).
 */
static u64 closed_form(u64 elapsed, u64 rate)
{
	u64 whole = elapsed / SIM_PMU_RATE_UNIT;
	u64 rest = elapsed % SIM_PMU_RATE_UNIT;

	return whole * rate + rest * rate / SIM_PMU_RATE_UNIT;
}

/* Half the time a counter takes for a whole turn, nanoseconds; 0: ages. */
static u64 wrap_period(u64 rate)
{
	u64 half_turn = BIT_ULL(sim_pmu_width - 1);
	u64 units, us;

	if (!rate || half_turn > U64_MAX / SIM_PMU_RATE_UNIT)
		return 0;
	units = half_turn * SIM_PMU_RATE_UNIT / rate;
	us = units / (sim_pmu_counts_tsc ? max(tsc_khz / 1000, 1U) : 1000);
	return us > S64_MAX / NSEC_PER_USEC ? 0 : us * NSEC_PER_USEC;
}

static enum hrtimer_restart wrap_expired(struct hrtimer *timer)
{
	struct sim_event *sim = container_of(timer, struct sim_event, wrap);

	if (sim->event->hw.state & PERF_HES_STOPPED)
		return HRTIMER_NORESTART;
	sim_pmu_event_read(sim->event);
	hrtimer_forward_now(timer, ns_to_ktime(sim->wrap_ns));
	return HRTIMER_RESTART;
}

static void sim_pmu_event_destroy(struct perf_event *event)
{
	struct sim_event *sim = event->pmu_private;

	hrtimer_cancel(&sim->wrap);
	event->pmu_private = NULL;
	kfree(sim);
}

static int raw_config(struct perf_event *event, u64 *config)
{
	u64 id = event->attr.config & PERF_HW_EVENT_MASK;

	if (event->attr.type == event->pmu->type) {
		*config = event->attr.config;
		return 0;
	}
	if (event->attr.type != PERF_TYPE_HARDWARE ||
	    id >= ARRAY_SIZE(generic_config) || !generic_config[id])
		return -ENOENT;
	*config = generic_config[id];
	return 0;
}

/* Whether the event's group could ever be on the counters at once. */
static bool group_fits(struct perf_event *event)
{
	struct perf_event *leader = event->group_leader;

	if (leader == event)
		return sim_pmu_nr_counters > 0;
	return leader->nr_siblings + 2 <= sim_pmu_nr_counters;
}

/**
 * sim_pmu_event_init - open an event
 * @event:	what is to be opened
 *
 * Return: 0; -ENOENT when it is not ours; -EINVAL when it could never be
 * scheduled; -ENOMEM; or the errno that this module was told to refuse with
 */
int sim_pmu_event_init(struct perf_event *event)
{
	struct sim_event *sim;
	u64 config;
	int ret;

	ret = raw_config(event, &config);
	if (ret)
		return ret;
	if (event->cpu != -1 && !sim_pmu_counts_on(event->pmu, event->cpu))
		return -ENOENT;
	ret = sim_pmu_refusal(config);
	if (ret)
		return ret;
	if (!group_fits(event))
		return -EINVAL;

	sim = kzalloc(sizeof(*sim), GFP_KERNEL);
	if (!sim)
		return -ENOMEM;
	sim->event = event;
	sim->rate = sim_pmu_rate(config, sim_pmu_is_atom(event->pmu));
	sim->wrap_ns = wrap_period(sim->rate);
	hrtimer_setup(&sim->wrap, wrap_expired, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
	event->hw.config = config;
	event->hw.idx = -1;
	event->pmu_private = sim;
	event->destroy = sim_pmu_event_destroy;
	return 0;
}

/**
 * sim_pmu_event_read - bring an event's count up to date
 * @event:	an event that runs on this CPU, or a stopped one
 */
void sim_pmu_event_read(struct perf_event *event)
{
	struct sim_event *sim = event->pmu_private;
	u64 counter, clock;

	if (event->hw.state & PERF_HES_STOPPED)
		return;
	clock = now();
	/* local_clock() may step back by a little where the TSC is unstable. */
	if ((s64)(clock - sim->since) > 0) {
		sim->elapsed += clock - sim->since;
		sim->since = clock;
	}
	counter = closed_form(sim->elapsed, sim->rate) & counter_mask();
	local64_add((counter - sim->counter) & counter_mask(), &event->count);
	sim->counter = counter;
}

/**
 * sim_pmu_event_start - let the counter count
 * @event:	an event that has a counter
 * @flags:	PERF_EF_*
 */
void sim_pmu_event_start(struct perf_event *event, int flags)
{
	struct sim_event *sim = event->pmu_private;

	event->hw.state = 0;
	sim->since = now();
	if (sim->wrap_ns)
		hrtimer_start(&sim->wrap, ns_to_ktime(sim->wrap_ns),
			      HRTIMER_MODE_REL_PINNED_HARD);
}

/**
 * sim_pmu_event_stop - make the counter stand still
 * @event:	an event that has a counter
 * @flags:	PERF_EF_*
 */
void sim_pmu_event_stop(struct perf_event *event, int flags)
{
	struct sim_event *sim = event->pmu_private;

	if (event->hw.state & PERF_HES_STOPPED)
		return;
	sim_pmu_event_read(event);
	event->hw.state = PERF_HES_STOPPED | PERF_HES_UPTODATE;
	/* Called by the timer's own handler too: it must not be waited for. */
	hrtimer_try_to_cancel(&sim->wrap);
}

/**
 * sim_pmu_event_add - give an event a counter
 * @event:	the event
 * @flags:	PERF_EF_START to start it at once
 *
 * Return: 0, or -EAGAIN when all counters of this CPU are taken
 */
int sim_pmu_event_add(struct perf_event *event, int flags)
{
	unsigned long *used = *this_cpu_ptr(&in_use);
	unsigned int counter = find_first_zero_bit(used, sim_pmu_nr_counters);

	if (counter >= sim_pmu_nr_counters)
		return -EAGAIN;
	__set_bit(counter, used);
	event->hw.idx = counter;
	event->hw.state = PERF_HES_STOPPED | PERF_HES_UPTODATE;
	if (flags & PERF_EF_START)
		sim_pmu_event_start(event, PERF_EF_RELOAD);
	perf_event_update_userpage(event);
	return 0;
}

/**
 * sim_pmu_event_del - take an event off its counter
 * @event:	the event
 * @flags:	PERF_EF_*
 */
void sim_pmu_event_del(struct perf_event *event, int flags)
{
	sim_pmu_event_stop(event, PERF_EF_UPDATE);
	__clear_bit(event->hw.idx, *this_cpu_ptr(&in_use));
	event->hw.idx = -1;
	perf_event_update_userpage(event);
}
