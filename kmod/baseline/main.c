// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - hooks, load and unload
 *
 * Context: tracepoints call their probes with preemption off; the sched_switch
 * hook also has interrupts off and the run queue locked.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/array_size.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "pacct_list.h"

static void on_fork(void *unused, struct task_struct *parent,
		    struct task_struct *child)
{
	pacct_list_add(child);
}

static void on_exit(void *unused, struct task_struct *task, bool group_dead)
{
	pacct_list_exit(task);
}

static void on_switch(void *unused, bool preempt, struct task_struct *prev,
		      struct task_struct *next, unsigned int prev_state)
{
	pacct_list_switch(prev);
}

static struct {
	const char *name;
	void *probe;
	struct tracepoint *point;
	bool registered;
} hooks[] = {
	{ .name = "sched_process_exit", .probe = on_exit },
	{ .name = "sched_switch", .probe = on_switch },
	{ .name = "sched_process_fork", .probe = on_fork },
};

static void find_point(struct tracepoint *point, void *unused)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(hooks); i++) {
		if (!strcmp(hooks[i].name, point->name))
			hooks[i].point = point;
	}
}

static void unregister_hooks(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(hooks); i++) {
		if (hooks[i].registered)
			tracepoint_probe_unregister(hooks[i].point,
						    hooks[i].probe, NULL);
		hooks[i].registered = false;
	}
	tracepoint_synchronize_unregister();
}

static int register_hooks(void)
{
	for_each_kernel_tracepoint(find_point, NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(hooks); i++) {
		int ret = -ENOENT;

		if (hooks[i].point)
			ret = tracepoint_probe_register(hooks[i].point,
							hooks[i].probe, NULL);
		if (ret) {
			pr_err("cannot hook into %s: error %d\n", hooks[i].name,
			       ret);
			unregister_hooks();
			return ret;
		}
		hooks[i].registered = true;
	}
	return 0;
}

static int __init pacct_list_init(void)
{
	int ret;

	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		return -EOPNOTSUPP;
	ret = pacct_counters_init();
	if (ret)
		return ret;
	ret = register_hooks();
	if (ret) {
		pacct_counters_stop();
		return ret;
	}
	ret = pacct_estimate_init();
	if (ret) {
		unregister_hooks();
		pacct_counters_stop();
		return ret;
	}
	pacct_list_scan();
	return 0;
}

static void __exit pacct_list_cleanup(void)
{
	unregister_hooks();
	pacct_estimate_stop();
	pacct_counters_stop();
}

module_init(pacct_list_init);
module_exit(pacct_list_cleanup);

MODULE_DESCRIPTION("Energy accounting with one list, to compare with");
MODULE_AUTHOR("The pacctlab authors");
MODULE_LICENSE("GPL");
