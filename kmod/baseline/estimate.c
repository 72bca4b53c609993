// SPDX-License-Identifier: GPL-2.0-only
/*
 * estimate.c - the model, and estimates of every task every millisecond
 *
 * Locking: the whole list is walked under its lock. One work item, started by a
 * timer that the work item sets again when it is through.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "pacct_list.h"

/* Events of Intel's P-cores; microjoules a count, times 2^32. */
static const struct {
	u64 config;
	s64 coefficient;
} model[PACCT_LIST_EVENTS] = {
	{ 0x003c, 63840 },   { 0x00c0, 491702 }, { 0x0120, -239221 },
	{ 0x00c4, 226492 },  { 0x01d3, 202299 }, { 0x0100, -178523 },
	{ 0x0121, -151731 }, { 0x02a6, 138130 },
};

static struct workqueue_struct *queue;
static struct hrtimer timer;
static bool stopping;

/**
 * pacct_event_config - what a counter counts
 * @i:		its number
 *
 * Return: perf_event_attr.config of PERF_TYPE_RAW
 */
u64 pacct_event_config(unsigned int i)
{
	return model[i].config;
}

/**
 * pacct_estimate - energy of a task
 * @t:		its account
 *
 * Context: pacct_list_lock is held.
 * Return: microjoules
 */
s64 pacct_estimate(const struct listed_task *t)
{
	s128 sum = 0;

	for (unsigned int i = 0; i < PACCT_LIST_EVENTS; i++)
		sum += (s128)t->count[i] * model[i].coefficient;
	return sum >> 32;
}

static void estimate_all(void)
{
	struct listed_task *t;
	unsigned long flags;

	raw_spin_lock_irqsave(&pacct_list_lock, flags);
	list_for_each_entry(t, &pacct_list, node)
		t->energy_uj = pacct_estimate(t);
	raw_spin_unlock_irqrestore(&pacct_list_lock, flags);
}

static void pass(struct work_struct *unused)
{
	estimate_all();
	if (!READ_ONCE(stopping))
		hrtimer_start(&timer, ms_to_ktime(1), HRTIMER_MODE_REL);
}

static DECLARE_WORK(worker, pass);

static enum hrtimer_restart time_to_pass(struct hrtimer *unused)
{
	queue_work(queue, &worker);
	return HRTIMER_NORESTART;
}

/**
 * pacct_estimate_init - start to estimate
 *
 * Return: 0 or -ENOMEM
 */
int pacct_estimate_init(void)
{
	queue = alloc_workqueue("pacct_list_estimate", WQ_UNBOUND, 1);
	if (!queue)
		return -ENOMEM;
	hrtimer_setup(&timer, time_to_pass, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	queue_work(queue, &worker);
	return 0;
}

/**
 * pacct_estimate_stop - stop estimating
 *
 * Context: process context. Neither timer nor work is left when this returns.
 */
void pacct_estimate_stop(void)
{
	WRITE_ONCE(stopping, true);
	/* A pass that is running may set the timer, the timer starts a pass. */
	cancel_work_sync(&worker);
	hrtimer_cancel(&timer);
	destroy_workqueue(queue);
}
