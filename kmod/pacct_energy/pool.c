// SPDX-License-Identifier: GPL-2.0-only
/*
 * pool.c - memory for accounts, ready before it is needed
 *
 * The fork hook must not sleep, and on PREEMPT_RT it must not even try to
 * allocate. So every CPU has a stock of accounts: the worker fills it up, the
 * fork hook takes from it, and accounts of dead tasks go back to it. Only when
 * it is empty, and not on PREEMPT_RT, the hook asks the allocator.
 *
 * Locking: a stock is a lock-less list. Anybody may add; only its own CPU
 * takes, with preemption off, so that there is one taker at a time.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/overflow.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "model.h"
#include "stats.h"
#include "tasks.h"

/* A CPU's stock is filled up to this, and may grow to MAX by returns. */
#define STOCK_FILL 64
#define STOCK_MAX 512

struct stock {
	struct llist_head list;
	atomic_t count;
};

static DEFINE_PER_CPU(struct stock, stocks);
static struct kmem_cache *cache;

/**
 * pacct_pool_object_size - size of an account on this machine
 *
 * Return: bytes
 */
size_t pacct_pool_object_size(void)
{
	return struct_size_t(struct traced_task, core, pacct_model.nr_cores);
}

/**
 * pacct_pool_alloc - an account from the allocator
 * @gfp:	how
 *
 * Return: an account, all zero, or NULL
 */
struct traced_task *pacct_pool_alloc(gfp_t gfp)
{
	return kmem_cache_zalloc(cache, gfp | __GFP_NOWARN);
}

/**
 * pacct_pool_get - an account, without sleeping
 *
 * Context: preemption off, interrupts on.
 * Return: an account, all zero, or NULL
 */
struct traced_task *pacct_pool_get(void)
{
	struct stock *stock = this_cpu_ptr(&stocks);
	struct llist_node *node = llist_del_first(&stock->list);
	struct traced_task *t;

	if (node) {
		atomic_dec(&stock->count);
		t = llist_entry(node, struct traced_task, pool_node);
		memset(t, 0, pacct_pool_object_size());
		return t;
	}
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		return NULL;
	pacct_stat_inc(PACCT_STAT_POOL_EMPTY);
	return pacct_pool_alloc(GFP_NOWAIT);
}

/**
 * pacct_pool_put - give an account back that nobody else has seen
 * @t:		the account
 *
 * Context: any.
 */
void pacct_pool_put(struct traced_task *t)
{
	struct stock *stock = raw_cpu_ptr(&stocks);

	atomic_inc(&stock->count);
	llist_add(&t->pool_node, &stock->list);
}

/* Not in a hook: here a stock that is too large may shrink. */
static void put_after_grace_period(struct rcu_head *rcu)
{
	struct traced_task *t = container_of(rcu, struct traced_task, rcu);

	if (atomic_read(&raw_cpu_ptr(&stocks)->count) < STOCK_MAX)
		pacct_pool_put(t);
	else
		kmem_cache_free(cache, t);
}

/**
 * pacct_pool_put_rcu - give an account back that hooks may be looking at
 * @t:		the account, out of the hash
 */
void pacct_pool_put_rcu(struct traced_task *t)
{
	call_rcu(&t->rcu, put_after_grace_period);
}

/**
 * pacct_pool_refill - fill up the stocks of all CPUs
 *
 * Context: process context; may sleep. Not being able to is no error: it will
 * be tried again a millisecond later.
 */
void pacct_pool_refill(void)
{
	int cpu;

	for_each_online_cpu(cpu) {
		struct stock *stock = per_cpu_ptr(&stocks, cpu);

		while (atomic_read(&stock->count) < STOCK_FILL) {
			struct traced_task *t = pacct_pool_alloc(GFP_KERNEL);

			if (!t)
				return;
			atomic_inc(&stock->count);
			llist_add(&t->pool_node, &stock->list);
		}
	}
}

/**
 * pacct_pool_init - make the stocks and fill them
 *
 * Return: 0 or -ENOMEM
 */
int pacct_pool_init(void)
{
	cache = kmem_cache_create("traced_task", pacct_pool_object_size(), 0,
				  SLAB_HWCACHE_ALIGN, NULL);
	if (!cache)
		return -ENOMEM;
	pacct_pool_refill();
	return 0;
}

/**
 * pacct_pool_destroy - free everything
 *
 * Nobody may be using the pool or an account any more; accounts that wait for
 * their grace period are waited for.
 */
void pacct_pool_destroy(void)
{
	int cpu;

	rcu_barrier();
	for_each_possible_cpu(cpu) {
		struct stock *stock = per_cpu_ptr(&stocks, cpu);
		struct traced_task *t, *next;

		llist_for_each_entry_safe(t, next, llist_del_all(&stock->list),
					  pool_node)
			kmem_cache_free(cache, t);
		atomic_set(&stock->count, 0);
	}
	kmem_cache_destroy(cache);
}
