// SPDX-License-Identifier: GPL-2.0-only
/*
 * hook.c - how canaries get into the kernel's tracepoints
 *
 * This file does nothing wrong: it registers probes and takes them out again
 * as pacct_energy does.
 *
 * Context: canary_hook() and canary_unhook() are called when the module is
 * loaded and unloaded, by one process; no locks. canary_is_due() may be called
 * anywhere.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/array_size.h>
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "hook.h"

/* The first calls are let pass, so that loading itself gets to its end. */
#define CALLS_BEFORE 20

static struct hook {
	const char *name;
	void *probe;
	struct tracepoint *point;
} hooks[2];

static unsigned int nr_hooks;
static atomic_t calls;

/* Tracepoints are not exported by name, but can be walked through. */
static void find_point(struct tracepoint *point, void *wanted)
{
	struct hook *hook = wanted;

	if (!strcmp(point->name, hook->name))
		hook->point = point;
}

/**
 * canary_hook - have a function called by a tracepoint
 * @name:	the tracepoint's name
 * @probe:	a function with the tracepoint's arguments behind a void pointer
 *
 * Return: 0, -ENOENT if there is no such tracepoint, or another errno
 */
int canary_hook(const char *name, void *probe)
{
	struct hook *hook = &hooks[nr_hooks];
	int ret;

	if (nr_hooks == ARRAY_SIZE(hooks))
		return -ENOSPC;
	hook->name = name;
	hook->probe = probe;
	for_each_kernel_tracepoint(find_point, hook);
	if (!hook->point)
		return -ENOENT;
	ret = tracepoint_probe_register(hook->point, hook->probe, NULL);
	if (!ret)
		nr_hooks++;
	return ret;
}

/** canary_unhook - take all hooks out; none runs any more on return */
void canary_unhook(void)
{
	while (nr_hooks) {
		nr_hooks--;
		tracepoint_probe_unregister(hooks[nr_hooks].point,
					    hooks[nr_hooks].probe, NULL);
	}
	tracepoint_synchronize_unregister();
}

/**
 * canary_is_due - whether this call of a hook is the one to misbehave in
 *
 * Return: true for exactly one call after load, not one of the first
 */
bool canary_is_due(void)
{
	return atomic_inc_return(&calls) == CALLS_BEFORE;
}
