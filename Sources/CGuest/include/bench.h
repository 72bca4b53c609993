/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench.h - what `pacctlab bench` measures in a guest: loops that do nothing but
 * switch or fork, and a crowd of tasks that only sleep
 *
 * Times are nanoseconds of CLOCK_MONOTONIC_RAW. Under QEMU's -icount that clock
 * passes with instructions, so that a time is a number of instructions.
 */
#ifndef PACCT_BENCH_H
#define PACCT_BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* fork(2), which Swift does not import: the process has one thread. */
pid_t guest_fork(void);

/*
 * Start `count` processes that sleep until they are killed; their pids go to
 * `pids`. They share the caller's memory, or ten thousand page tables would fill
 * a small guest. Returns how many there are now; fewer than asked for with errno set.
 */
size_t guest_crowd_start(size_t count, pid_t *pids);

/* Kill the crowd and wait until the last of it is gone. */
void guest_crowd_end(const pid_t *pids, size_t count);

/* Two pipes between the caller and a process that sends back every byte it gets. */
struct guest_echo {
	pid_t pid;
	int to;
	int from;
};

/* Returns 0, or -1 with errno set. guest_echo_stop() waits for the end of the process. */
int guest_echo_start(struct guest_echo *echo);
void guest_echo_stop(struct guest_echo *echo);

/*
 * SCHED_FIFO for a process (0: the caller), so that nothing but interrupts runs beside it; or
 * back to SCHED_OTHER. Returns 0, or -1 with errno set.
 */
int guest_realtime(pid_t pid, int on);

/* Now, ns. */
uint64_t guest_raw_time(void);

/*
 * Send a byte to and fro, which takes two context switches, up to `count` times or for `limit`
 * ns. The time of each goes to `times`, unless that is NULL. Returns how many there were; 0
 * with errno set when the other process is gone.
 */
size_t guest_echo_times(const struct guest_echo *echo, uint64_t *times, size_t count, uint64_t limit);

/* The same for: vfork a process that exits at once, and wait for its end. */
size_t guest_fork_times(uint64_t *times, size_t count, uint64_t limit);

/*
 * Go round a loop of two instructions so often (at least once). Returns the time it took, ns:
 * what is above that of the instructions was taken by somebody else.
 */
uint64_t guest_spin_time(uint64_t turns);

#endif
