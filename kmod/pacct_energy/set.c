// SPDX-License-Identifier: GPL-2.0-only
/*
 * set.c - the counters of one task: made, read, given up
 *
 * On a hybrid machine a task has counters for each type of core, of which those
 * for the CPU it is on count. To perf the others lag, as if they had to wait
 * for a free counter; that time is found out and left out here, since what was
 * not to be counted needs no scaling.
 *
 * Locking: none. Reading happens in the sched_switch hook, for current; making
 * and settling in process context, when the hook does not use the set.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/perf_event.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "counters.h"
#include "model.h"
#include "set.h"
#include "stats.h"

/**
 * pacct_set_release - give a set's counters back
 * @set:	the set; it is not freed
 *
 * Context: process context; sleeps.
 */
void pacct_set_release(struct pacct_set *set)
{
	for (unsigned int core = 0; core < pacct_model.nr_cores; core++) {
		for (unsigned int i = 0; i < PACCT_ENERGY_MAX_EVENTS; i++) {
			struct perf_event *event = set->core[core].event[i];

			if (event)
				perf_event_release_kernel(event);
		}
	}
}

/* Returns 0, or a negative errno when there is no point in going on. */
static int make_core_events(struct pacct_set *set, struct task_struct *task,
			    unsigned int core, unsigned int *made)
{
	for (unsigned int i = 0; i < pacct_model.core[core].table->nr; i++) {
		struct perf_event *event =
			pacct_counter_make(core, i, task, -1);

		if (!IS_ERR(event)) {
			set->core[core].event[i] = event;
			++*made;
			continue;
		}
		if (PTR_ERR(event) == -ENOMEM || PTR_ERR(event) == -ESRCH)
			return PTR_ERR(event);
		pacct_stat_inc(PACCT_STAT_REFUSED);
	}
	return 0;
}

/* Counts: 0. Out of memory, worth another try: -ENOMEM. Others are for good. */
static int make_events(struct pacct_set *set, struct task_struct *task)
{
	unsigned int made = 0;

	for (unsigned int core = 0; core < pacct_model.nr_cores; core++) {
		int ret = make_core_events(set, task, core, &made);

		if (ret)
			return ret;
	}
	return made ? 0 : -ENODEV;
}

/**
 * struct reading - how the lag of counters grew since the last reading
 * @least:	by how much at least, of all events; U64_MAX when there are none
 * @most:	by how much at most
 * @growth:	by how much that of each event
 */
struct reading {
	u64 least;
	u64 most;
	u64 growth[PACCT_ENERGY_MAX_EVENTS];
};

static void take_reading(struct reading *reading,
			 const struct pacct_core_set *set,
			 const struct pacct_sums *sums, unsigned int i, u64 lag)
{
	u64 before = sums->lag[i] - set->lag_base[i] + set->elsewhere[i];
	u64 growth = lag - before;

	reading->growth[i] = growth;
	reading->least = min(reading->least, growth);
	reading->most = max(reading->most, growth);
}

/* @elsewhere: part of the growth that the task was on CPUs of other types. */
static void use_reading(const struct reading *reading,
			struct pacct_core_set *set, struct pacct_sums *sums,
			u64 elsewhere)
{
	for (unsigned int i = 0; i < PACCT_ENERGY_MAX_EVENTS; i++) {
		u64 apart = min(reading->growth[i], elsewhere);

		set->elsewhere[i] += apart;
		sums->lag[i] += reading->growth[i] - apart;
	}
}

static u64 settle_core(struct traced_task *t, struct pacct_core_set *set,
		       unsigned int core)
{
	struct pacct_sums *sums = &t->core[core];
	bool last = core == t->last_core;
	struct reading reading = { .least = U64_MAX };
	u64 enabled[PACCT_ENERGY_MAX_EVENTS] = {};
	u64 elsewhere = 0, clock = 0;

	for (unsigned int i = 0; i < pacct_model.core[core].table->nr; i++) {
		u64 value, running, diff;

		if (!set->event[i])
			continue;
		value = perf_event_read_value(set->event[i], &enabled[i],
					      &running);
		diff = value - set->last[i];
		sums->count[i] += diff;
		if (last)
			t->diff[i] = diff;
		take_reading(&reading, set, sums, i, enabled[i] - running);
	}
	if (pacct_model.nr_cores > 1) {
		if (!set->seen || !last)
			elsewhere = U64_MAX;
		else if (reading.least == reading.most)
			elsewhere = reading.least;
	}
	use_reading(&reading, set, sums, elsewhere);
	for (unsigned int i = 0; i < PACCT_ENERGY_MAX_EVENTS; i++)
		clock = max(clock, enabled[i] - set->elsewhere[i]);
	sums->clock_ns = set->clock_base + clock;
	return sums->clock_ns;
}

/**
 * pacct_set_settle - bill what is left in a set
 * @set:	the set
 * @t:		the account of its task
 *
 * Context: process context; sleeps.
 * Return: time that was counted, ns, this set's and earlier ones'
 */
u64 pacct_set_settle(struct pacct_set *set, struct traced_task *t)
{
	u64 clock = 0;

	for (unsigned int core = 0; core < pacct_model.nr_cores; core++)
		clock += settle_core(t, &set->core[core], core);
	return clock;
}

/**
 * pacct_set_make - make counters for a task
 * @t:		its account, settled
 *
 * Context: process context; sleeps.
 * Return: the set; an ERR_PTR with -ENOMEM when it is worth another try, with
 * another errno when it is not
 */
struct pacct_set *pacct_set_make(const struct traced_task *t)
{
	struct pacct_set *set;
	int ret;

	set = kzalloc(struct_size(set, core, pacct_model.nr_cores),
		      GFP_KERNEL | __GFP_NOWARN);
	if (!set)
		return ERR_PTR(-ENOMEM);
	for (unsigned int core = 0; core < pacct_model.nr_cores; core++) {
		set->core[core].clock_base = t->core[core].clock_ns;
		memcpy(set->core[core].lag_base, t->core[core].lag,
		       sizeof(set->core[core].lag_base));
		set->core[core].runtime = READ_ONCE(t->runtime_ns);
	}
	ret = make_events(set, t->task);
	if (!ret)
		return set;
	pacct_set_release(set);
	kfree(set);
	return ERR_PTR(ret);
}

/**
 * pacct_set_gone - whether perf has removed the counters of a task that goes on
 * @set:	its counters for a type of core
 * @nr:		number of events of that type
 *
 * Return: whether it has
 */
bool pacct_set_gone(const struct pacct_core_set *set, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		if (set->event[i])
			return READ_ONCE(set->event[i]->state) <=
			       PERF_EVENT_STATE_EXIT;
	}
	return false;
}

/*
 * While the task runs on a CPU of another type, its counters for this one lag,
 * all by the same time. When they have lagged by different times, they have
 * shared counters too; then what the scheduler says has to do. Before the first
 * reading the time is different because they were made one after the other.
 */
static u64 time_elsewhere(const struct reading *reading,
			  const struct pacct_core_set *set, u64 slice_start)
{
	if (!set->seen)
		return U64_MAX;
	if (reading->least == reading->most)
		return reading->least;
	return min(reading->least, slice_start - set->runtime);
}

/**
 * pacct_set_read - bill what counters counted since the last time
 * @set:	the counters for the type of this CPU
 * @sums:	where to add it
 * @nr:		number of events of that type
 * @slice_start: run time of the task before the slice that ends
 * @moved:	the slice before may have been on a CPU of another type
 *
 * Context: the sched_switch hook.
 */
void pacct_set_read(struct pacct_core_set *set, struct pacct_sums *sums,
		    unsigned int nr, u64 slice_start, bool moved)
{
	struct reading reading = { .least = U64_MAX };
	u64 elsewhere = 0;

	for (unsigned int i = 0; i < nr; i++) {
		u64 value, lag;

		if (!set->event[i])
			continue;
		if (pacct_counter_read(set->event[i], &value, &lag)) {
			/* It is made up for when the set is settled. */
			pacct_stat_inc(PACCT_STAT_READ_ERRORS);
			return;
		}
		sums->count[i] += value - set->last[i];
		set->last[i] = value;
		take_reading(&reading, set, sums, i, lag);
	}
	if (moved)
		elsewhere = time_elsewhere(&reading, set, slice_start);
	use_reading(&reading, set, sums, elsewhere);
}
