// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - shows who is attached to the kernel's tracepoints
 *
 * A module that goes away without taking its probes out leaves the kernel with
 * pointers to where they were: nothing in user space shows them. The lab loads
 * this module before the one it watches, so that its own code is never where
 * that one's was, and reads /proc/pacct_witness before and after.
 *
 * One line for each probe: the name of the tracepoint, and the function as
 * "name+offset/size [module]", or as a bare address where no code is any more.
 *
 * Only tracepoints of the kernel itself are walked: those of other modules
 * cannot be reached from here.
 *
 * Locking: the arrays of probes are read under RCU, which is what frees them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/tracepoint.h>

#define NAME "pacct_witness"

static void show_point(struct tracepoint *point, void *private)
{
	struct tracepoint_func *func;
	struct seq_file *m = private;

	guard(rcu)();
	func = rcu_dereference(point->funcs);
	for (; func && func->func; func++)
		seq_printf(m, "%s %pS\n", point->name, func->func);
}

static int probes_show(struct seq_file *m, void *unused)
{
	for_each_kernel_tracepoint(show_point, m);
	return 0;
}

static int __init witness_init(void)
{
	return proc_create_single(NAME, 0400, NULL, probes_show) ? 0 : -ENOMEM;
}

static void __exit witness_exit(void)
{
	remove_proc_entry(NAME, NULL);
}

module_init(witness_init);
module_exit(witness_exit);

MODULE_DESCRIPTION("Shows the probes of the kernel's tracepoints");
MODULE_AUTHOR("The pacctlab authors");
MODULE_LICENSE("GPL");
