/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot.h - what the whole system looks like at one moment, read by a child
 *
 * The child writes sections to its standard output, one after the other:
 *
 *	NAME ERRNO LENGTH\n
 *	LENGTH bytes\n
 *
 * ERRNO is 0, or says why the section is empty, or EFBIG for one that was cut
 * off at GUEST_SECTION_LIMIT bytes. Sections of the module's own files come
 * first, closely together:
 *
 *	boottime	CLOCK_BOOTTIME, ns
 *	counters-1	the counters of every CPU: "cpu0 3 VALUE ENABLED RUNNING" with
 *			the event's place and times in ns, or "cpu0 3 error ERRNO"
 *	(the child goes to every CPU and sleeps there for a moment, so that each
 *	switches tasks and has billed all it counted until then)
 *	stats-1		/proc/pacct_energy/stats
 *	counters-2	as counters-1
 *	tasks		/proc/pacct_energy/tasks
 *	stats-2 stats-3	/proc/pacct_energy/stats
 *	model		/proc/pacct_energy/model
 *
 * What the CPUs had counted when stats-1 was made lies between the counters
 * before and after it, and what was billed when tasks was made lies between
 * the stats before and after that.
 */
#ifndef PACCT_SNAPSHOT_H
#define PACCT_SNAPSHOT_H

#include <stdint.h>
#include <sys/types.h>

/* Most bytes of one section. */
#define GUEST_SECTION_LIMIT (256 * 1024)

/**
 * struct guest_counters - counters of every CPU, open in PID 1
 * @fds:	descriptors, those of a CPU together; -errno where one was refused
 * @cpus:	number of CPUs
 * @events:	counters of a CPU
 */
struct guest_counters {
	const int *fds;
	int cpus;
	int events;
};

/*
 * Open a counter of a CPU, for all tasks. Returns a descriptor, or -errno.
 */
int guest_open_counter(uint32_t type, uint64_t config, int cpu);

/*
 * Start a child that takes a snapshot and exits with status 0. Where the kernel
 * has kmemleak and leaks is set, it first waits until what was allocated lately
 * is old enough to be reported, and then has the memory scanned twice. Returns
 * its pid, or -1 with errno set.
 */
pid_t guest_fork_snapshot(const struct guest_counters *counters, int leaks, int out, int err);

#endif
