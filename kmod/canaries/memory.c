// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory.c - misdeeds with memory
 *
 * Context: as said at each. No locks: where another CPU could come in between,
 * that is not what the misdeed is about.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/printk.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "canary.h"
#include "hook.h"

#define NR_EVENTS 8

/**
 * struct entry - what is known about a task
 * @node:	in @entries
 * @users:	who else uses it
 * @pid:	the task's
 * @count:	its events
 */
struct entry {
	struct list_head node;
	refcount_t users;
	pid_t pid;
	u64 count[NR_EVENTS];
};

static LIST_HEAD(entries);

/* Protects @entries; taken in exit hooks and process context. */
static DEFINE_RAW_SPINLOCK(entries_lock);

static struct entry *make_entry(const struct task_struct *task, gfp_t gfp)
{
	struct entry *entry = kzalloc(sizeof(*entry), gfp);

	if (!entry)
		return NULL;
	refcount_set(&entry->users, 1);
	entry->pid = task->pid;
	INIT_LIST_HEAD(&entry->node);
	return entry;
}

/* The exit hook frees the entry that the estimate has still to look at. */
static struct entry *dying;

static void report_exit(struct work_struct *unused)
{
	pr_info("task %d exited\n", dying->pid); /* guilty: use_after_free */
}

static DECLARE_WORK(estimator, report_exit);

static void free_on_exit(void *unused, struct task_struct *task,
			 bool group_dead)
{
	if (dying)
		return;
	dying = make_entry(task, GFP_ATOMIC);
	if (!dying)
		return;
	schedule_work(&estimator);
	kfree(dying);
}

static int start_use_after_free(void)
{
	return canary_hook("sched_process_exit", free_on_exit);
}

static void stop_use_after_free(void)
{
	canary_unhook();
	flush_work(&estimator);
}

static void put_entry(struct entry *entry)
{
	if (refcount_dec_and_test(&entry->users))
		kfree(entry);
}

/* Who counted down to zero frees it, and then it is freed for good measure. */
static void free_twice_on_exit(void *unused, struct task_struct *task,
			       bool group_dead)
{
	struct entry *entry = make_entry(task, GFP_ATOMIC);

	if (!entry)
		return;
	put_entry(entry);
	kfree(entry); /* guilty: double_free */
}

static int start_double_free(void)
{
	return canary_hook("sched_process_exit", free_twice_on_exit);
}

/* The table of events has grown, the array has not. */
static unsigned int nr_counted = NR_EVENTS + 1;

static int start_out_of_bounds(void)
{
	struct entry *entry = make_entry(current, GFP_KERNEL);
	u64 *count;

	if (!entry)
		return -ENOMEM;
	count = entry->count;
	for (unsigned int i = 0; i < READ_ONCE(nr_counted); i++)
		count[i]++; /* guilty: out_of_bounds */
	kfree(entry);
	return 0;
}

/* Taken out of the list in the exit hook, and again when all are taken out. */
static int start_list_corruption(void)
{
	struct entry *entry = make_entry(current, GFP_KERNEL);

	if (!entry)
		return -ENOMEM;
	list_add(&entry->node, &entries);
	list_del(&entry->node);
	list_del(&entry->node); /* guilty: list_corruption */
	kfree(entry);
	return 0;
}

static int start_refcount_underflow(void)
{
	struct entry *entry = make_entry(current, GFP_KERNEL);

	if (!entry)
		return -ENOMEM;
	refcount_dec(&entry->users); /* guilty: refcount_underflow */
	kfree(entry);
	return 0;
}

/* Every exit adds an entry; unloading forgets the list instead of freeing it. */
static void add_on_exit(void *unused, struct task_struct *task, bool group_dead)
{
	struct entry *entry = make_entry(task, GFP_ATOMIC);

	if (!entry)
		return;
	raw_spin_lock(&entries_lock);
	list_add(&entry->node, &entries);
	raw_spin_unlock(&entries_lock);
}

static int start_entry_leak(void)
{
	return canary_hook("sched_process_exit", add_on_exit);
}

static void stop_entry_leak(void)
{
	canary_unhook();
	INIT_LIST_HEAD(&entries);
}

/*
 * One exit in a thousand leaves its entry in the list, until the module is
 * unloaded: nothing is left behind then, and no checker has anything to say.
 */
#define EXITS_PER_LEAK 1000

static struct kmem_cache *entry_cache;
static atomic_long_t nr_exits;

static void add_some_on_exit(void *unused, struct task_struct *task,
			     bool group_dead)
{
	bool is_kept = atomic_long_inc_return(&nr_exits) % EXITS_PER_LEAK == 0;
	struct entry *entry = kmem_cache_zalloc(entry_cache, GFP_ATOMIC);

	if (!entry)
		return;
	if (!is_kept) {
		kmem_cache_free(entry_cache, entry);
		return;
	}
	raw_spin_lock(&entries_lock);
	list_add(&entry->node, &entries);
	raw_spin_unlock(&entries_lock);
}

static int start_slow_leak(void)
{
	int error;

	entry_cache = KMEM_CACHE(entry, 0);
	if (!entry_cache)
		return -ENOMEM;
	error = canary_hook("sched_process_exit", add_some_on_exit);
	if (error)
		kmem_cache_destroy(entry_cache);
	return error;
}

static void stop_slow_leak(void)
{
	struct entry *entry, *next;

	canary_unhook();
	list_for_each_entry_safe(entry, next, &entries, node)
		kmem_cache_free(entry_cache, entry);
	INIT_LIST_HEAD(&entries);
	kmem_cache_destroy(entry_cache);
}

/* A buffer that is never large enough. */
static int start_memory_hog(void)
{
	for (;;) {
		if (!alloc_page(GFP_KERNEL)) /* guilty: memory_hog */
			return -ENOMEM;
	}
}

const struct canary_misdeed canary_memory[] = {
	{ "use_after_free", start_use_after_free, stop_use_after_free,
	  "reads a task's entry that the exit hook has freed" },
	{ "double_free", start_double_free, canary_unhook,
	  "frees a task's entry twice" },
	{ "out_of_bounds", start_out_of_bounds, NULL,
	  "counts one event more than the array has" },
	{ "list_corruption", start_list_corruption, NULL,
	  "takes an entry out of its list twice" },
	{ "refcount_underflow", start_refcount_underflow, NULL,
	  "counts the users of an entry below zero" },
	{ "entry_leak", start_entry_leak, stop_entry_leak,
	  "forgets an entry with every exit" },
	{ "slow_leak", start_slow_leak, stop_slow_leak,
	  "keeps the entry of one exit in a thousand until it is unloaded" },
	{ "memory_hog", start_memory_hog, NULL, "takes all memory there is" },
	{}
};
