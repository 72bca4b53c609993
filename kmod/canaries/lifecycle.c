// SPDX-License-Identifier: GPL-2.0-only
/*
 * lifecycle.c - misdeeds in loading and unloading
 *
 * Context: module load and unload.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "canary.h"

static int start_refuse(void)
{
	pr_err("refusing to load: there is no such hardware\n");
	return -ENODEV;
}

static int start_nothing(void)
{
	return 0;
}

static void stop_stuck(void)
{
	DECLARE_WAIT_QUEUE_HEAD_ONSTACK(never);

	pr_info("not coming back from unloading\n");
	wait_event(never, false);
}

const struct canary_misdeed canary_lifecycle[] = {
	{ "refuse", start_refuse, NULL, "refuses to load with ENODEV" },
	{ "unload_stuck", start_nothing, stop_stuck,
	  "never comes back from its exit function" },
	{ "none", start_nothing, NULL, "behaves" },
	{}
};
