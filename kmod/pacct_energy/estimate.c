// SPDX-License-Identifier: GPL-2.0-only
/*
 * estimate.c - the worker: estimates energy, and makes records of the dead
 *
 * Every millisecond it estimates the energy of the tasks that ran since the
 * last time, makes the records of those that will not run again, and fills up
 * the pools. When nothing but kernel threads ran it slows down, so that it does
 * not keep an idle machine awake; and where one pass takes long, so that it never
 * has more than a fifth of a CPU: it goes before everybody else.
 *
 * Locking: hooks hand over tasks in lock-less lists that the worker empties;
 * nobody waits for anybody. A dead task is in no other list once the lists of
 * the dirty have been emptied after the list of the dead. The worker is one
 * work item and so never runs twice at a time; pacct_estimate_pass() is also
 * called when it has been stopped.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/llist.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "counters.h"
#include "device.h"
#include "estimate.h"
#include "log.h"
#include "model.h"
#include "record.h"
#include "stats.h"

/* Milliseconds between two passes, busy and idle. */
#define PERIOD_MIN 1
#define PERIOD_MAX 16

/* A pass is followed by a pause of so many times its own length. */
#define PAUSE_FACTOR 4

static struct workqueue_struct *queue;
static struct hrtimer timer;
static LLIST_HEAD(dead);
static bool scan_requested;
static bool stopping;
static unsigned int period = PERIOD_MIN;

/**
 * pacct_estimate_bury - hand over a task that was switched out for good
 * @t:		its account
 *
 * Context: the sched_switch hook.
 */
void pacct_estimate_bury(struct traced_task *t)
{
	/* Its exit hook was not there yet, or not any more. */
	if (!t->exiting)
		pacct_exit_capture(&t->exit, t->task);
	llist_add(&t->dead_node, &dead);
}

/**
 * pacct_estimate_request_scan - have the worker look for tasks without account
 *
 * Context: any.
 */
void pacct_estimate_request_scan(void)
{
	WRITE_ONCE(scan_requested, true);
}

static s128 estimate_core(const struct pacct_sums *sums,
			  const struct pacct_table *table)
{
	u64 count[PACCT_ENERGY_MAX_EVENTS];

	/* The task may be running: what is read here is a moment's picture. */
	for (unsigned int i = 0; i < table->nr; i++)
		count[i] = pacct_scale(READ_ONCE(sums->count[i]),
				       READ_ONCE(sums->clock_ns),
				       READ_ONCE(sums->lag[i]));
	return pacct_energy_sum(count, table);
}

static void estimate(struct traced_task *t)
{
	s128 sum = 0;

	for (unsigned int core = 0; core < pacct_model.nr_cores; core++)
		sum += estimate_core(&t->core[core],
				     pacct_model.core[core].table);
	WRITE_ONCE(t->energy_uj, pacct_energy_uj(sum));
	pacct_stat_inc(PACCT_STAT_ESTIMATES);
}

/* Returns whether there was anything else than kernel threads. */
static bool estimate_dirty(void)
{
	bool busy = false;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct pacct_cpu *pc = per_cpu_ptr(&pacct_cpus, cpu);
		struct traced_task *t, *next;

		llist_for_each_entry_safe(t, next, llist_del_all(&pc->dirty),
					  dirty_node) {
			busy |= !(READ_ONCE(t->task->flags) & PF_KTHREAD);
			/* From here on the hook may put it into a list again. */
			smp_store_release(&t->dirty, false);
			estimate(t);
		}
		cond_resched();
	}
	return busy;
}

static bool record_dead(struct llist_node *list)
{
	struct traced_task *t, *next;

	llist_for_each_entry_safe(t, next, llist_reverse_order(list),
				  dead_node) {
		if (pacct_scope_task)
			pacct_task_counters_bury(t);
		else
			pacct_record_final(t);
		cond_resched();
	}
	return list;
}

static bool make_up_for_missed_forks(void)
{
	if (!READ_ONCE(scan_requested))
		return false;
	WRITE_ONCE(scan_requested, false);
	pacct_stat_inc(PACCT_STAT_RESCANS);
	if (pacct_scan())
		pacct_estimate_request_scan();
	return true;
}

/**
 * pacct_estimate_pass - do once what the worker does
 *
 * Context: process context; not while the worker may be running.
 */
void pacct_estimate_pass(void)
{
	/* The dead first: see above. */
	struct llist_node *list = llist_del_all(&dead);
	bool busy = estimate_dirty();

	busy |= record_dead(list);
	busy |= make_up_for_missed_forks();
	busy |= pacct_task_counters_wake();
	pacct_pool_refill();
	pacct_device_wake();
	pacct_log_wake();
	pacct_stat_inc(PACCT_STAT_PASSES);
	period = busy ? PERIOD_MIN : min(period * 2, PERIOD_MAX);
}

static void pass(struct work_struct *work)
{
	ktime_t begin = ktime_get();
	ktime_t pause;

	pacct_estimate_pass();
	pause = ktime_sub(ktime_get(), begin) * PAUSE_FACTOR;
	pause = max(pause, ms_to_ktime(period));
	if (!READ_ONCE(stopping))
		hrtimer_start(&timer, pause, HRTIMER_MODE_REL);
}

static DECLARE_WORK(worker, pass);

static enum hrtimer_restart time_to_pass(struct hrtimer *unused)
{
	queue_work(queue, &worker);
	return HRTIMER_NORESTART;
}

/**
 * pacct_estimate_init - get ready to work
 *
 * Return: 0 or -ENOMEM
 */
int pacct_estimate_init(void)
{
	queue = alloc_workqueue("pacct_energy", WQ_UNBOUND | WQ_HIGHPRI, 1);
	if (!queue)
		return -ENOMEM;
	hrtimer_setup(&timer, time_to_pass, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	return 0;
}

/** pacct_estimate_start - start to work */
void pacct_estimate_start(void)
{
	queue_work(queue, &worker);
}

/**
 * pacct_estimate_stop - stop working
 *
 * Context: process context. Neither timer nor work is left when this returns.
 */
void pacct_estimate_stop(void)
{
	WRITE_ONCE(stopping, true);
	/* A pass that is running may set the timer, the timer starts a pass. */
	cancel_work_sync(&worker);
	hrtimer_cancel(&timer);
	cancel_work_sync(&worker);
}

/** pacct_estimate_destroy - undo pacct_estimate_init() */
void pacct_estimate_destroy(void)
{
	destroy_workqueue(queue);
}
