/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * timing.h - how long hooks take, that is: keep preemption off
 *
 * Off unless the parameter time_hooks is given; then it costs a jump that is
 * never taken.
 *
 * Locking: none. Each CPU writes its own times, with preemption off: no hook
 * interrupts another. Interrupts that are served inside a hook are in its time.
 */
#ifndef PACCT_TIMING_H
#define PACCT_TIMING_H

#include <linux/jump_label.h>
#include <linux/percpu.h>
#include <linux/sched/clock.h>
#include <linux/types.h>

enum pacct_hook {
	PACCT_HOOK_SWITCH,
	PACCT_HOOK_FORK,
	PACCT_HOOK_EXIT,
	PACCT_NR_HOOKS
};

/**
 * struct pacct_time - how long a hook took
 * @longest:	the longest call, ns
 * @total:	all calls, ns
 * @calls:	their number
 */
struct pacct_time {
	u64 longest;
	u64 total;
	u64 calls;
};

struct pacct_times {
	struct pacct_time hook[PACCT_NR_HOOKS];
};

DECLARE_STATIC_KEY_FALSE(pacct_time_hooks);
DECLARE_PER_CPU(struct pacct_times, pacct_times);

void pacct_timing_init(void);
void pacct_hook_took(enum pacct_hook hook, u64 begin);
struct pacct_time pacct_hook_time(enum pacct_hook hook);

/* When a hook began; 0 when nobody wants to know. */
static __always_inline u64 pacct_hook_begin(void)
{
	return static_branch_unlikely(&pacct_time_hooks) ? local_clock() : 0;
}

static __always_inline void pacct_hook_end(enum pacct_hook hook, u64 begin)
{
	if (static_branch_unlikely(&pacct_time_hooks))
		pacct_hook_took(hook, begin);
}

#endif /* PACCT_TIMING_H */
