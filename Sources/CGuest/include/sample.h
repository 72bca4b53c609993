/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample.h - a few numbers of the system, read again and again by a child
 *
 * A sample is text:
 *
 *	sample TIME		CLOCK_BOOTTIME, ns
 *	forks N			tasks made since boot (/proc/stat, processes)
 *	loaded 0|1		whether the watched module is loaded, and not on its way in or out
 *	quiet 0|1		whether no task was made meanwhile, and shortly before
 *	value NAME N		a number, see below
 *	end
 *
 * Numbers:
 *
 *	module_objects		objects in slab caches that were not there at the first look
 *	kmalloc_objects		objects in the kernel's kmalloc caches
 *	perf_events		objects in the cache perf_event: events that exist
 *	free_kib		/proc/meminfo, MemAvailable
 *	slab_kib		/proc/meminfo, SUnreclaim
 *	stat:NAME		a line of /proc/pacct_energy/stats that is a name and a number
 *
 * Free objects of the slab that a CPU allocates from count as used in
 * /proc/slabinfo. The caches are told to give those slabs back first
 * (/sys/kernel/slab/NAME/shrink): of a quiet system the numbers are exact then.
 * In the middle of a storm of forks each CPU has taken a slab again before they
 * are read, and they are right to a slab for each CPU.
 */
#ifndef PACCT_SAMPLE_H
#define PACCT_SAMPLE_H

#include <sys/types.h>

/* Remember which slab caches there are: those that come later are the module's. */
void guest_remember_caches(void);

/*
 * Start a child that writes one sample to its standard output and exits with
 * status 0. Returns its pid, or -1 with errno set.
 */
pid_t guest_fork_sample(const char *module, int out, int err);

#endif
