// SPDX-License-Identifier: GPL-2.0-only
/*
 * proc.c - /proc/pacct_energy: stats, model, tasks
 *
 * Context: process context. Accounts are read under RCU while they change: a
 * line is a moment's picture. procfs itself waits for readers when the files
 * are removed, open or not.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/perf_event.h>
#include <linux/proc_fs.h>
#include <linux/rculist.h>
#include <linux/seq_file.h>
#include <linux/string_choices.h>

#include "counters.h"
#include "model.h"
#include "proc.h"
#include "ring.h"
#include "stats.h"
#include "tasks.h"
#include "timing.h"
#include "totals.h"

static const char *const source_names[] = {
	[PACCT_ENERGY_SOURCE_NONE] = "none",
	[PACCT_ENERGY_SOURCE_HARDWARE] = "hardware",
	[PACCT_ENERGY_SOURCE_SIMULATED] = "simulated",
};

static const char *const stat_names[PACCT_NR_STATS] = {
	[PACCT_STAT_SWITCHES] = "switches",
	[PACCT_STAT_FORKS] = "forks",
	[PACCT_STAT_SCANNED] = "scanned",
	[PACCT_STAT_EXITS] = "exits",
	[PACCT_STAT_ORPHANS] = "orphans",
	[PACCT_STAT_FORKS_MISSED] = "forks_missed",
	[PACCT_STAT_POOL_EMPTY] = "pool_empty",
	[PACCT_STAT_RESCANS] = "rescans",
	[PACCT_STAT_READ_ERRORS] = "read_errors",
	[PACCT_STAT_SETUPS] = "setups",
	[PACCT_STAT_SETUPS_DEFERRED] = "setups_deferred",
	[PACCT_STAT_REFUSED] = "refused",
	[PACCT_STAT_ESTIMATES] = "estimates",
	[PACCT_STAT_PASSES] = "passes",
	[PACCT_STAT_UNLOGGED] = "unlogged",
};

static u64 stat_sum(enum pacct_stat stat)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(pacct_stats, cpu).value[stat]);
	return sum;
}

static void show_cpu(struct seq_file *m, int cpu, const struct pacct_cpu *pc)
{
	seq_printf(m, "cpu%d ns total=%llu idle=%llu untraced=%llu core=%u\n",
		   cpu, READ_ONCE(pc->total_ns), READ_ONCE(pc->idle_ns),
		   READ_ONCE(pc->untraced_ns), READ_ONCE(pc->core));
	for (unsigned int i = 0; i < READ_ONCE(pc->nr); i++) {
		seq_printf(m, "cpu%d [%u] total=%llu", cpu, i,
			   READ_ONCE(pc->total[i]));
		seq_printf(m, " idle=%llu untraced=%llu",
			   READ_ONCE(pc->idle[i]), READ_ONCE(pc->untraced[i]));
		seq_printf(m, " lag_ns=%llu\n", READ_ONCE(pc->lag[i]));
	}
}

static void show_hook(struct seq_file *m, const char *name,
		      enum pacct_hook hook)
{
	struct pacct_time time = pacct_hook_time(hook);

	seq_printf(m, "hook_%s_longest_ns %llu\n", name, time.longest);
	seq_printf(m, "hook_%s_total_ns %llu\n", name, time.total);
	seq_printf(m, "hook_%s_calls %llu\n", name, time.calls);
}

static int stats_show(struct seq_file *m, void *unused)
{
	int cpu;

	for (int i = 0; i < PACCT_NR_STATS; i++)
		seq_printf(m, "%s %llu\n", stat_names[i], stat_sum(i));
	seq_printf(m, "tasks %lu\n", pacct_tasks_count());
	seq_printf(m, "bytes_per_task %zu\n", pacct_pool_object_size());
	seq_printf(m, "records %llu\n", pacct_ring_head());
	seq_printf(m, "lost %llu\n", pacct_ring_lost());
	if (static_branch_unlikely(&pacct_time_hooks)) {
		show_hook(m, "switch", PACCT_HOOK_SWITCH);
		show_hook(m, "fork", PACCT_HOOK_FORK);
		show_hook(m, "exit", PACCT_HOOK_EXIT);
	}
	/* For conservation: total = idle + untraced + what was billed to tasks. */
	if (pacct_scope_task)
		return 0;
	for_each_online_cpu(cpu)
		show_cpu(m, cpu, per_cpu_ptr(&pacct_cpus, cpu));
	return 0;
}

static bool is_fitted(const struct pacct_table *table)
{
	for (unsigned int i = 0; i < table->nr; i++) {
		if (table->events[i].coefficient)
			return true;
	}
	return false;
}

/* What an event counted so far: with scope=task for those that have exited. */
static void show_event(struct seq_file *m, unsigned int core, unsigned int i)
{
	const struct pacct_core *type = &pacct_model.core[core];
	const struct pacct_event *event = &type->table->events[i];
	struct pacct_total total = pacct_totals_get(core, i);

	seq_printf(m, "[%u] type=%u config=0x%llx coefficient=%lld", i,
		   event->type == PERF_TYPE_RAW ? type->pmu_type : event->type,
		   event->config, event->coefficient);
	seq_printf(m, " error=%d count=%llu", pacct_counter_error(core, i),
		   total.count);
	seq_printf(m, " enabled_ns=%llu lag_ns=%llu %s\n", total.enabled_ns,
		   total.lag_ns, event->name);
}

static void show_cpus(struct seq_file *m, unsigned int core)
{
	int cpu;

	seq_puts(m, "cpus");
	for_each_online_cpu(cpu) {
		const struct pacct_cpu *pc = per_cpu_ptr(&pacct_cpus, cpu);

		if (READ_ONCE(pc->nr) && READ_ONCE(pc->core) == core)
			seq_printf(m, " %d", cpu);
	}
	seq_putc(m, '\n');
}

static void show_core(struct seq_file *m, unsigned int core)
{
	const struct pacct_core *type = &pacct_model.core[core];

	seq_printf(m, "core %u\n", core);
	seq_printf(m, "pmu %s\n", *type->pmu ? type->pmu : "-");
	show_cpus(m, core);
	seq_printf(m, "table %u %s\n", type->number, type->table->name);
	seq_printf(m, "fitted %s\n", str_yes_no(is_fitted(type->table)));
	for (unsigned int i = 0; i < type->table->nr; i++)
		show_event(m, core, i);
}

static int model_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "source %s\n", source_names[pacct_model.source]);
	seq_printf(m, "scope %s\n", pacct_scope_task ? "task" : "cpu");
	for (unsigned int core = 0; core < pacct_model.nr_cores; core++)
		show_core(m, core);
	return 0;
}

static void *tasks_start(struct seq_file *m, loff_t *pos)
{
	return *pos < pacct_tasks_buckets() ? pacct_tasks_bucket(*pos) : NULL;
}

static void *tasks_next(struct seq_file *m, void *bucket, loff_t *pos)
{
	++*pos;
	return tasks_start(m, pos);
}

static void tasks_stop(struct seq_file *m, void *bucket)
{
}

static void show_task(struct seq_file *m, const struct traced_task *t)
{
	const struct task_struct *task = t->task;

	seq_printf(m, "pid=%d tgid=%d", task->pid, task->tgid);
	seq_printf(m, " runtime_ns=%llu counted_ns=%llu",
		   READ_ONCE(t->runtime_ns), READ_ONCE(t->counted_ns));
	seq_printf(m, " energy_uj=%lld counts=",
		   pacct_energy_shown(READ_ONCE(t->energy_uj)));
	for (unsigned int core = 0; core < pacct_model.nr_cores; core++) {
		for (unsigned int i = 0; i < pacct_model.core[core].table->nr;
		     i++)
			seq_printf(m, "%s%llu", core + i ? "," : "",
				   READ_ONCE(t->core[core].count[i]));
	}
	seq_puts(m, " comm=");
	seq_escape(m, task->comm, " \t\n\\");
	seq_putc(m, '\n');
}

static int tasks_show(struct seq_file *m, void *v)
{
	struct hlist_head *bucket = v;
	struct traced_task *t;

	guard(rcu)();
	hlist_for_each_entry_rcu(t, bucket, node)
		show_task(m, t);
	return 0;
}

static const struct seq_operations tasks_operations = {
	.start = tasks_start,
	.next = tasks_next,
	.stop = tasks_stop,
	.show = tasks_show,
};

#define DIRECTORY "pacct_energy"

/**
 * pacct_proc_init - make the files
 *
 * Return: 0 or -ENOMEM
 */
int pacct_proc_init(void)
{
	struct proc_dir_entry *dir = proc_mkdir(DIRECTORY, NULL);

	if (!dir)
		return -ENOMEM;
	if (proc_create_single("stats", 0444, dir, stats_show) &&
	    proc_create_single("model", 0444, dir, model_show) &&
	    proc_create_seq("tasks", 0400, dir, &tasks_operations))
		return 0;
	pacct_proc_destroy();
	return -ENOMEM;
}

/** pacct_proc_destroy - remove the files, whoever has them open */
void pacct_proc_destroy(void)
{
	remove_proc_subtree(DIRECTORY, NULL);
}
