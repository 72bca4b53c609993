// SPDX-License-Identifier: GPL-2.0-only
/*
 * tasks.c - the hash of traced tasks
 *
 * Locking: a bucket is changed under its lock and read under RCU; hooks are RCU
 * readers because preemption is off in them. The sched_switch hook only reads.
 * A traced_task holds a reference to its task while it is in the hash, so that
 * a task_struct's address names one task for as long as it can be found.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/hash.h>
#include <linux/moduleparam.h>
#include <linux/rculist.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "tasks.h"

static unsigned int hash_bits = 14;
module_param(hash_bits, uint, 0444);
MODULE_PARM_DESC(hash_bits,
		 "log2 of the number of hash buckets, 4 to 20 (default: 14)");

/*
 * Bucket locks. Each protects the membership of the buckets whose number ends
 * like its own. Taken in process context only (fork and exit hooks with
 * preemption off, worker, load, unload), never in sched_switch and never with
 * interrupts involved; raw, because preemption may be off.
 */
#define LOCK_BITS 6
static raw_spinlock_t bucket_locks[1 << LOCK_BITS];

static struct hlist_head *buckets;
static atomic_long_t nr_tasks;

static unsigned int bucket_of(const struct task_struct *task)
{
	return hash_ptr(task, hash_bits);
}

static raw_spinlock_t *lock_of(unsigned int bucket)
{
	return &bucket_locks[bucket & ((1 << LOCK_BITS) - 1)];
}

/**
 * pacct_task_find - the account of a task
 * @task:	the task
 *
 * Context: an RCU read-side section or the bucket's lock.
 * Return: the account, or NULL
 */
struct traced_task *pacct_task_find(const struct task_struct *task)
{
	struct traced_task *t;

	hlist_for_each_entry_rcu(t, &buckets[bucket_of(task)], node,
				 lockdep_is_held(lock_of(bucket_of(task)))) {
		if (t->task == task)
			return t;
	}
	return NULL;
}

/**
 * pacct_task_add - start the account of a task
 * @task:	the task; the caller makes sure that it does not go away meanwhile
 * @fresh:	from the pool, all zero
 *
 * A task that is past exit_signals() is left alone: its exit hook has run, or
 * will and finds no account. The check is made under the lock that the exit
 * hook takes before it believes that there is none, so that a task never gets
 * two records.
 *
 * Return: whether @fresh is in use now; if not, it still is the caller's
 */
bool pacct_task_add(struct task_struct *task, struct traced_task *fresh)
{
	unsigned int bucket = bucket_of(task);
	raw_spinlock_t *lock = lock_of(bucket);
	bool added = false;

	raw_spin_lock(lock);
	if (!(READ_ONCE(task->flags) & PF_EXITING) && !pacct_task_find(task)) {
		fresh->task = get_task_struct(task);
		fresh->start_ns = task->start_boottime;
		fresh->runtime_ns = task->se.sum_exec_runtime;
		hlist_add_head_rcu(&fresh->node, &buckets[bucket]);
		added = true;
	}
	raw_spin_unlock(lock);
	if (added)
		atomic_long_inc(&nr_tasks);
	return added;
}

/**
 * pacct_task_remove - end an account
 * @t:		the account; it may be read until a grace period has passed
 *
 * Context: process context.
 */
void pacct_task_remove(struct traced_task *t)
{
	raw_spinlock_t *lock = lock_of(bucket_of(t->task));

	raw_spin_lock(lock);
	hlist_del_rcu(&t->node);
	raw_spin_unlock(lock);
	atomic_long_dec(&nr_tasks);
	put_task_struct(t->task);
}

/**
 * pacct_exit_capture - note what a task leaves behind
 * @exit:	where
 * @task:	the task
 *
 * Context: any. Takes no lock.
 */
void pacct_exit_capture(struct pacct_exit *exit, struct task_struct *task)
{
	exit->flags = thread_group_leader(task) ? 0 : PACCT_ENERGY_F_THREAD;
	exit->pid = task->pid;
	exit->tgid = task->tgid;
	rcu_read_lock();
	exit->ppid = rcu_dereference(task->real_parent)->tgid;
	rcu_read_unlock();
	exit->exit_code = task->exit_code;
	exit->exit_ns = ktime_get_boot_fast_ns();
	/* Another thread may be renaming it: the last byte is always NUL. */
	strscpy_pad(exit->comm, task->comm, sizeof(exit->comm));
}

/**
 * pacct_task_exiting - a task is about to exit
 * @task:	current
 *
 * Context: the exit hook, preemption off.
 * Return: whether it has an account; if not, it will never get one
 */
bool pacct_task_exiting(struct task_struct *task)
{
	struct traced_task *t = pacct_task_find(task);

	if (!t) {
		raw_spinlock_t *lock = lock_of(bucket_of(task));

		raw_spin_lock(lock);
		t = pacct_task_find(task);
		raw_spin_unlock(lock);
	}
	if (!t)
		return false;
	pacct_exit_capture(&t->exit, task);
	WRITE_ONCE(t->exiting, true);
	return true;
}

/**
 * pacct_tasks_buckets - number of buckets
 *
 * Return: the number
 */
unsigned int pacct_tasks_buckets(void)
{
	return 1U << hash_bits;
}

/**
 * pacct_tasks_bucket - a bucket, to walk through
 * @index:	its number
 *
 * Return: the bucket
 */
struct hlist_head *pacct_tasks_bucket(unsigned int index)
{
	return &buckets[index];
}

/**
 * pacct_tasks_count - number of tasks that have an account
 *
 * Return: the number
 */
unsigned long pacct_tasks_count(void)
{
	return atomic_long_read(&nr_tasks);
}

/**
 * pacct_tasks_init - make the hash
 *
 * Return: 0, -EINVAL or -ENOMEM
 */
int pacct_tasks_init(void)
{
	if (hash_bits < 4 || hash_bits > 20)
		return -EINVAL;
	for (unsigned int i = 0; i < ARRAY_SIZE(bucket_locks); i++)
		raw_spin_lock_init(&bucket_locks[i]);
	buckets = kvcalloc(pacct_tasks_buckets(), sizeof(*buckets), GFP_KERNEL);
	return buckets ? 0 : -ENOMEM;
}

/** pacct_tasks_destroy - free the hash, which must be empty */
void pacct_tasks_destroy(void)
{
	kvfree(buckets);
	buckets = NULL;
}
