/* SPDX-License-Identifier: Apache-2.0 */
/* internal.h - what the files of the workloads share */
#ifndef PACCT_WORKLOAD_INTERNAL_H
#define PACCT_WORKLOAD_INTERNAL_H

#include "workload.h"

/* The program that a workload's process executes: the agent under this name, see leaf.c. */
#define LEAF_NAME "leaf"

/* After this long without memory or a pid for a single process a workload gives up. */
#define PATIENCE_NS 20000000000ull

/* Everything is there; the kernel may fail from now on, if it is to. */
void workload_ready(void);
void workload_done(void);

void workload_burn(uint64_t ns);

/* Processes beside a workload. */
struct crew {
	pid_t *pids;		/* 0: collected */
	uint32_t number;
};

/* What the process of that number does; its exit status, 0 when all went well. */
typedef int (*crew_life)(uint32_t number, void *argument);

/* Start so many. Returns 0, or -1 with the tally's error; those there are have to be collected in any case. */
int crew_start(struct crew *crew, uint32_t number, crew_life live, void *argument,
	       struct guest_tally *tally);
/* Ask them to end, by SIGTERM. */
void crew_tell(struct crew *crew);
/* Wait for all of them, asking them to end once the workload is to. Counts those that went wrong. */
void crew_collect(struct crew *crew, struct guest_tally *tally);

/* What a process of a crew does that is there to be disturbed: it computes and sleeps in turn until SIGTERM. */
int compute_and_sleep(uint32_t number, void *argument);

/* Memory that forked processes share, zeroed; NULL with the tally's error when there is none. */
void *shared_memory(size_t size, struct guest_tally *tally);

/* The state of a sequence of random numbers of its own for a process. */
uint64_t stream_of(uint64_t seed, uint64_t number);

/* Become a leaf that executes itself execs - 1 times more and exits with code. Returns on failure. */
void leaf_exec(uint32_t execs, int code);

#endif
