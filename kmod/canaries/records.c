// SPDX-License-Identifier: GPL-2.0-only
/*
 * records.c - misdeeds in what is counted and recorded
 *
 * data_race counts in two hooks at once without a word to the compiler.
 * wrong_energy hands out records in the form of pacct_energy's, everything in
 * them right but for the last few microjoules.
 *
 * Locking: records_lock protects the ring of records; it is taken in exit hooks
 * and in process context.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/array_size.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/miscdevice.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "../pacct_energy/pacct_energy_abi.h"
#include "canary.h"
#include "hook.h"

/* Every CPU counts its switches here, and none of them all. */
static u64 switches;

static void count_switch(void *unused, bool preempt, struct task_struct *prev,
			 struct task_struct *next, unsigned int prev_state)
{
	switches++; /* guilty: data_race */
}

static int start_data_race(void)
{
	return canary_hook("sched_switch", count_switch);
}

/* The number of the table below, as the records of pacct_energy have it. */
#define INTEL_PCORE 2

/* Microjoules per event, times 2^32: the table of Intel's P-cores. */
static const s32 coefficients[PACCT_ENERGY_MAX_EVENTS] = {
	63840, 491702, -239221, 226492, 202299, -178523, -151731, 138130,
};

/* Events per microsecond: what a busy P-core might have counted. */
static const u16 rates[PACCT_ENERGY_MAX_EVENTS] = {
	3000, 6000, 40, 900, 2, 6000, 9, 500,
};

static struct pacct_energy_record ring[1024];
static u64 nr_made, nr_read;
static DEFINE_RAW_SPINLOCK(records_lock);
static DECLARE_WAIT_QUEUE_HEAD(readers);

static void fill(struct pacct_energy_record *record, struct task_struct *task)
{
	struct pacct_energy_core *core = &record->core[0];

	memset(record, 0, sizeof(*record));
	record->version = PACCT_ENERGY_ABI_VERSION;
	record->size = sizeof(*record);
	record->flags = PACCT_ENERGY_F_SCOPE_CPU;
	if (!thread_group_leader(task))
		record->flags |= PACCT_ENERGY_F_THREAD;
	record->pid = task->pid;
	record->tgid = task->tgid;
	record->ppid = task_ppid_nr(task);
	record->exit_code = task->exit_code;
	record->start_ns = task->start_boottime;
	record->exit_ns = ktime_get_boot_fast_ns();
	record->runtime_ns = task->se.sum_exec_runtime;
	record->counted_ns = record->runtime_ns;
	record->slices = 1;
	record->source = PACCT_ENERGY_SOURCE_HARDWARE;
	record->nr_cores = 1;
	core->clock_ns = record->runtime_ns;
	core->table = INTEL_PCORE;
	core->nr_events = PACCT_ENERGY_MAX_EVENTS;
	strscpy_pad(record->comm, task->comm, sizeof(record->comm));
	for (unsigned int i = 0; i < PACCT_ENERGY_MAX_EVENTS; i++) {
		core->count[i] = record->runtime_ns * rates[i] / 1000;
		/* Cut off once for each event, not once for their sum. */
		record->energy_uj += (s64)core->count[i] * coefficients[i] >>
				     32;
	}
}

static void record_on_exit(void *unused, struct task_struct *task,
			   bool group_dead)
{
	struct pacct_energy_record *record;
	unsigned long flags;

	raw_spin_lock_irqsave(&records_lock, flags);
	if (nr_made - nr_read < ARRAY_SIZE(ring)) {
		record = &ring[nr_made % ARRAY_SIZE(ring)];
		fill(record, task);
		record->seq = nr_made++;
	}
	raw_spin_unlock_irqrestore(&records_lock, flags);
	wake_up(&readers);
}

static bool take(struct pacct_energy_record *record)
{
	bool found = false;

	raw_spin_lock_irq(&records_lock);
	if (nr_read != nr_made) {
		*record = ring[nr_read++ % ARRAY_SIZE(ring)];
		found = true;
	}
	raw_spin_unlock_irq(&records_lock);
	return found;
}

static ssize_t read_records(struct file *file, char __user *to, size_t size,
			    loff_t *unused)
{
	struct pacct_energy_record record;
	ssize_t done = 0;

	while (size - done >= sizeof(record) && take(&record)) {
		if (copy_to_user(to + done, &record, sizeof(record)))
			return -EFAULT;
		done += sizeof(record);
	}
	return done ? done : -EAGAIN;
}

static __poll_t poll_records(struct file *file, poll_table *table)
{
	poll_wait(file, &readers, table);
	return READ_ONCE(nr_read) != READ_ONCE(nr_made) ? EPOLLIN : 0;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.read = read_records,
	.poll = poll_records,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "pacct_energy",
	.fops = &operations,
};

static int start_wrong_energy(void)
{
	int ret = misc_register(&device);

	if (ret)
		return ret;
	ret = canary_hook("sched_process_exit", record_on_exit);
	if (ret)
		misc_deregister(&device);
	return ret;
}

static void stop_wrong_energy(void)
{
	canary_unhook();
	misc_deregister(&device);
}

const struct canary_misdeed canary_records[] = {
	{ "data_race", start_data_race, canary_unhook,
	  "counts on every CPU in one variable" },
	{ "wrong_energy", start_wrong_energy, stop_wrong_energy,
	  "loses microjoules in every record" },
	{}
};
