// SPDX-License-Identifier: GPL-2.0-only
/*
 * log.c - prints a few lines for every task that has exited
 *
 * A console may be slow, so the lines are not printed where records are made:
 * this is one more reader of the ring, with a cursor of its own, and when it
 * falls behind, it says how many it has left out.
 *
 * Locking: none. One work item on a queue of its own; the cursor is its alone.
 * It takes its time: nothing waits for it until unload.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ":%s():%d: " fmt, __func__, __LINE__

#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "log.h"
#include "model.h"
#include "ring.h"
#include "stats.h"

static bool log_records = true;
module_param(log_records, bool, 0644);
MODULE_PARM_DESC(log_records,
		 "print the account of every task that exits (default: on)");

static struct workqueue_struct *queue;
static u64 cursor;

static void pacct_process_exit(const struct pacct_entry *entry)
{
	const struct pacct_energy_record *r = &entry->record;
	int length = strnlen(r->comm, sizeof(r->comm));
	/* On a hybrid machine the E-cores' events follow the P-cores'. */
	unsigned int number = 0;

	/* A name may hold anything; what is not printable is escaped. */
	pr_info("Process exiting: PID %d, COMM \"%*pE\", energy estimate %lld (uJ)\n",
		r->pid, length, r->comm, pacct_energy_shown(r->energy_uj));
	pr_info("Event counts for exiting PID %d:\n", r->pid);
	for (unsigned int core = 0; core < r->nr_cores; core++) {
		for (unsigned int i = 0; i < r->core[core].nr_events; i++) {
			u64 diff = core == entry->last_core ? entry->diff[i] :
							      0;

			pr_info("[%u]: count=%llu, diff=%llu\n", number++,
				r->core[core].count[i], diff);
		}
	}
}

static void print_new(struct work_struct *work)
{
	struct pacct_entry entry;
	u64 expected = cursor;

	while (pacct_ring_get(&cursor, &entry)) {
		u64 missed = entry.record.seq - expected;

		expected = cursor;
		if (!READ_ONCE(log_records))
			continue;
		if (missed) {
			pr_warn("%llu records were overwritten before they were printed\n",
				missed);
			pacct_stat_add(PACCT_STAT_UNLOGGED, missed);
		}
		/* Only of those that exit: the others go on. */
		if (!(entry.record.flags & PACCT_ENERGY_F_ALIVE))
			pacct_process_exit(&entry);
		cond_resched();
	}
}

static DECLARE_WORK(printer, print_new);

/**
 * pacct_log_wake - there may be new records
 *
 * Context: process context.
 */
void pacct_log_wake(void)
{
	if (READ_ONCE(cursor) < pacct_ring_head())
		queue_work(queue, &printer);
}

/**
 * pacct_log_init - get ready to print
 *
 * Return: 0 or -ENOMEM
 */
int pacct_log_init(void)
{
	queue = alloc_workqueue("pacct_energy_log", WQ_UNBOUND, 1);
	return queue ? 0 : -ENOMEM;
}

/**
 * pacct_log_destroy - print what is left, and stop
 *
 * Context: process context. Nobody adds records any more.
 */
void pacct_log_destroy(void)
{
	pacct_log_wake();
	destroy_workqueue(queue);
}
