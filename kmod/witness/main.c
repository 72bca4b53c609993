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
 * A second file, /proc/pacct_unchecked: while a task holds it open, lockdep does
 * not follow that task. The search for leaks takes the same few locks of the
 * kernel's own millions of times, and takes five times as long when each is
 * checked.
 *
 * Locking: the arrays of probes are read under RCU, which is what frees them.
 * Lockdep's switch is the task's own; it is turned where the task holds no lock,
 * on its way in and out of the kernel.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/tracepoint.h>

#define NAME "pacct_witness"
#define UNCHECKED_NAME "pacct_unchecked"

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

static int unchecked_open(struct inode *inode, struct file *file)
{
#ifdef CONFIG_LOCKDEP
	if (current->lockdep_depth)
		return -EBUSY;
#endif
	file->private_data = current;
	lockdep_off();
	return 0;
}

/* Whoever was handed the file by its opener has nothing to turn on again. */
static int unchecked_release(struct inode *inode, struct file *file)
{
	if (file->private_data == current)
		lockdep_on();
	return 0;
}

static const struct proc_ops unchecked_ops = {
	.proc_open = unchecked_open,
	.proc_release = unchecked_release,
};

static int __init witness_init(void)
{
	if (!proc_create_single(NAME, 0400, NULL, probes_show))
		return -ENOMEM;
	if (!proc_create(UNCHECKED_NAME, 0400, NULL, &unchecked_ops)) {
		remove_proc_entry(NAME, NULL);
		return -ENOMEM;
	}
	return 0;
}

static void __exit witness_exit(void)
{
	remove_proc_entry(UNCHECKED_NAME, NULL);
	remove_proc_entry(NAME, NULL);
}

module_init(witness_init);
module_exit(witness_exit);

MODULE_DESCRIPTION("Shows the probes of the kernel's tracepoints");
MODULE_AUTHOR("The pacctlab authors");
MODULE_LICENSE("GPL");
