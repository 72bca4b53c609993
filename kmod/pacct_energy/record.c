// SPDX-License-Identifier: GPL-2.0-only
/*
 * record.c - makes the record of a task from its account
 *
 * Context: records of dead tasks are made by the worker, those of tasks without
 * an account by the exit hook (preemption off, no lock held, no allocation),
 * those of living tasks at unload.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "counters.h"
#include "device.h"
#include "model.h"
#include "record.h"
#include "ring.h"
#include "totals.h"

static void describe(struct pacct_energy_record *record,
		     const struct pacct_exit *exit)
{
	record->version = PACCT_ENERGY_ABI_VERSION;
	record->size = sizeof(*record);
	record->flags = exit->flags;
	if (!pacct_scope_task)
		record->flags |= PACCT_ENERGY_F_SCOPE_CPU;
	record->pid = exit->pid;
	record->tgid = exit->tgid;
	record->ppid = exit->ppid;
	record->exit_code = exit->exit_code;
	record->exit_ns = exit->exit_ns;
	record->source = pacct_model.source;
	record->nr_cores = pacct_model.nr_cores;
	for (unsigned int core = 0; core < pacct_model.nr_cores; core++) {
		record->core[core].table = pacct_model.core[core].number;
		record->core[core].nr_events = pacct_model.core[core].table->nr;
		record->core[core].refused = pacct_counters_refused(core);
	}
	memcpy(record->comm, exit->comm, sizeof(record->comm));
}

/* Scaling happens here, once, on totals. */
static void count(struct pacct_energy_record *record,
		  const struct traced_task *t)
{
	s128 sum = 0;

	for (unsigned int core = 0; core < pacct_model.nr_cores; core++) {
		const struct pacct_table *table = pacct_model.core[core].table;
		const struct pacct_sums *sums = &t->core[core];
		struct pacct_energy_core *out = &record->core[core];

		out->clock_ns = sums->clock_ns;
		for (unsigned int i = 0; i < table->nr; i++) {
			u64 lag = sums->lag[i];

			out->count[i] = pacct_scale(sums->count[i],
						    sums->clock_ns, lag);
			if (lag)
				record->flags |= PACCT_ENERGY_F_MULTIPLEXED;
		}
		sum += pacct_energy_sum(out->count, table);
		if (pacct_scope_task)
			pacct_totals_add(core, sums);
	}
	record->energy_uj = pacct_energy_uj(sum);
}

/**
 * pacct_record_task - make the record of a task
 * @t:		its account
 * @exit:	what it left behind
 * @flags:	PACCT_ENERGY_F_ALIVE or 0
 *
 * Context: process context.
 */
void pacct_record_task(const struct traced_task *t,
		       const struct pacct_exit *exit, u32 flags)
{
	struct pacct_energy_record record = {
		.start_ns = t->start_ns,
		.runtime_ns = t->runtime_ns,
		.counted_ns = t->counted_ns,
		.slices = t->slices,
	};

	describe(&record, exit);
	count(&record, t);
	record.flags |= flags;
	if (!t->slices)
		record.flags |= PACCT_ENERGY_F_NO_COUNTERS;
	else if (record.counted_ns < record.runtime_ns)
		record.flags |= PACCT_ENERGY_F_PARTIAL;
	pacct_ring_put(&record, t->dead ? t->diff : NULL, t->last_core);
}

/**
 * pacct_record_final - make the record of a dead task and give up its account
 * @t:		the account; it is not the caller's any more
 *
 * Context: process context.
 */
void pacct_record_final(struct traced_task *t)
{
	pacct_record_task(t, &t->exit, 0);
	pacct_task_remove(t);
	pacct_pool_put_rcu(t);
}

/**
 * pacct_record_orphan - make the record of a task that has no account
 * @task:	current, about to exit
 *
 * Context: the exit hook.
 */
void pacct_record_orphan(struct task_struct *task)
{
	struct pacct_energy_record record = {
		.start_ns = task->start_boottime,
		.runtime_ns = task->se.sum_exec_runtime,
	};
	struct pacct_exit exit;

	pacct_exit_capture(&exit, task);
	describe(&record, &exit);
	record.flags |= PACCT_ENERGY_F_NO_COUNTERS;
	pacct_ring_put(&record, NULL, 0);
}

static void record_remaining(struct traced_task *t)
{
	struct task_struct *task = t->task;
	bool exits = t->exiting || READ_ONCE(task->flags) & PF_EXITING;

	t->runtime_ns = task->se.sum_exec_runtime;
	pacct_task_counters_settle(t);
	/* The hooks went away between its exit and its last switch. */
	if (exits) {
		if (!t->exiting)
			pacct_exit_capture(&t->exit, task);
		pacct_record_task(t, &t->exit, 0);
		return;
	}
	pacct_exit_capture(&t->exit, task);
	t->exit.exit_code = 0;
	pacct_record_task(t, &t->exit, PACCT_ENERGY_F_ALIVE);
}

/**
 * pacct_record_remaining - make records of all tasks that have an account
 *
 * Afterwards nobody has one.
 *
 * Context: process context, the hooks and the worker are gone. May sleep while
 * a reader of the device makes room.
 */
void pacct_record_remaining(void)
{
	for (unsigned int i = 0; i < pacct_tasks_buckets(); i++) {
		struct traced_task *t;
		struct hlist_node *next;

		hlist_for_each_entry_safe(t, next, pacct_tasks_bucket(i),
					  node) {
			pacct_device_make_room();
			record_remaining(t);
			pacct_task_remove(t);
			pacct_pool_put(t);
		}
		cond_resched();
	}
}
