/* SPDX-License-Identifier: Apache-2.0 */
/*
 * workload.h - what the workloads of the agent do with processes and threads
 *
 * A workload is a program of its own (the agent under the name "workload"). It
 * has one thread when one of these is called, and reports what it did as a
 * tally. Everything random comes from the seed. SIGTERM ends it early: what has
 * been started is waited for, and the tally is still right.
 */
#ifndef PACCT_WORKLOAD_H
#define PACCT_WORKLOAD_H

#include <stdint.h>
#include <sys/types.h>

/* What was done. It all went well when started == ended and wrong == 0. */
struct guest_tally {
	uint64_t started;	/* processes, threads, programs or round trips */
	uint64_t ended;		/* of these, how many came to their end */
	uint64_t wrong;		/* ended in another way than they should have */
	uint64_t refused;	/* times the kernel had no memory or pid for one: tried again */
	uint64_t pids;		/* different pids seen */
	int error;		/* errno of what made it give up, 0 for none */
};

/* How a process is made. */
enum guest_birth {
	GUEST_BIRTH_FORK,	/* fork(2): a copy of the memory */
	GUEST_BIRTH_SHARE,	/* clone(2) with CLONE_VM: the same memory, cheaper */
	GUEST_BIRTH_VFORK,	/* vfork(2): the parent waits until it execs or exits */
};

struct guest_storm {
	uint64_t seed;
	uint64_t count;		/* processes in all; 0: until SIGTERM */
	uint32_t tasks;		/* alive at once */
	uint64_t life_ns;	/* each sleeps for a time drawn from 0 to this */
	uint64_t burn_ns;	/* each computes for this much CPU time */
	uint32_t execs;		/* each executes a program this many times, one after the other */
	uint32_t threads;	/* each starts this many threads, and one of those executes the program */
	enum guest_birth birth;
};

/* Many short-lived processes, each checked by its exit status. */
void guest_storm(const struct guest_storm *storm, struct guest_tally *tally);

/* count threads alive at once, rounds times over, each computing for burn_ns. */
void guest_threads(uint64_t count, uint64_t rounds, uint64_t burn_ns, struct guest_tally *tally);

/*
 * count round trips (0: until SIGTERM) of a byte between two processes, for each
 * of pairs pairs at the same time; with pin both of a pair stay on one CPU.
 */
void guest_ping_pong(uint64_t count, uint32_t pairs, int pin, struct guest_tally *tally);

/*
 * count rounds (0: until SIGTERM) of each of tasks processes: so many pages are
 * touched for the first time, given back, read and then written through a
 * private mapping of a file. The tally counts pages.
 */
void guest_page_faults(uint64_t seed, uint64_t count, uint32_t tasks, uint32_t pages,
		       struct guest_tally *tally);

/* count signals (0: until SIGTERM) with a value, each to one of tasks processes; none may be lost or overtaken. */
void guest_signals(uint64_t seed, uint64_t count, uint32_t tasks, struct guest_tally *tally);

/*
 * count expirations (0: until SIGTERM) of timers of three kinds, in each of
 * tasks processes; intervals are drawn from 1 us to interval_ns, none may be
 * early.
 */
void guest_timers(uint64_t seed, uint64_t count, uint32_t tasks, uint64_t interval_ns,
		  struct guest_tally *tally);

/* count moves (0: until SIGTERM) of one of tasks processes into one of groups cgroups, which are made for it. */
void guest_cgroup_moves(uint64_t seed, uint64_t count, uint32_t tasks, uint32_t groups,
			struct guest_tally *tally);

/*
 * count changes (0: until SIGTERM) of nice value, CPU affinity or scheduling
 * policy of one of tasks processes that compute and sleep in turn.
 */
void guest_reschedule(uint64_t seed, uint64_t count, uint32_t tasks, struct guest_tally *tally);

/*
 * Let SIGTERM end the workload, and know whether it has. With faults, the storm
 * and the threads are open to the kernel's fault injection, from when their
 * memory is there until all have ended; a storm that executes programs is not.
 */
void guest_workload_start(int faults);
int guest_workload_stopped(void);

/* The next number of a sequence that the state, at first the seed, determines. */
uint64_t guest_workload_random(uint64_t *state);
void guest_workload_sleep(uint64_t ns);

/*
 * Ask the kernel's fault injection to fail this thread and what it starts, or to
 * stop doing so; see Documentation/fault-injection/fault-injection.rst of the
 * kernel. Asking is -1 with errno where the kernel cannot; stopping is tried
 * until it works.
 */
int guest_fail_me(int on);

#endif
