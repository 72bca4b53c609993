// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - finds the misdeed that was asked for, and does it
 *
 * Context: module load and unload only. No locks.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/array_size.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "canary.h"

static char *misdeed = "";
module_param(misdeed, charp, 0444);
MODULE_PARM_DESC(misdeed, "what to do wrong; an unknown name lists them all");

static const struct canary_misdeed *const families[] = {
	canary_agent,	  canary_crash,	  canary_hang,
	canary_lifecycle, canary_locks,	  canary_memory,
	canary_race,	  canary_records, canary_sleep,
};

static const struct canary_misdeed *chosen;

static const struct canary_misdeed *__init find(const char *name)
{
	const struct canary_misdeed *m;

	for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
		for (m = families[f]; m->name; m++) {
			if (!strcmp(m->name, name))
				return m;
		}
	}
	return NULL;
}

static void __init list_all(void)
{
	const struct canary_misdeed *m;

	for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
		for (m = families[f]; m->name; m++)
			pr_info("misdeed=%s: %s\n", m->name, m->what);
	}
}

static int __init canary_init(void)
{
	chosen = find(misdeed);
	if (!chosen) {
		pr_err("no misdeed \"%s\"; there are:\n", misdeed);
		list_all();
		return -EINVAL;
	}
	pr_info("about to do %s: %s\n", chosen->name, chosen->what);
	return chosen->start();
}

static void __exit canary_exit(void)
{
	if (chosen->stop)
		chosen->stop();
}

module_init(canary_init);
module_exit(canary_exit);

MODULE_DESCRIPTION("Misbehaves on purpose, to test the test lab");
MODULE_AUTHOR("The pacctlab authors");
MODULE_LICENSE("GPL");
