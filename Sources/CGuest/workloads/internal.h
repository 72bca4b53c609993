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

/* Become a leaf that executes itself execs - 1 times more and exits with code. Returns on failure. */
void leaf_exec(uint32_t execs, int code);

#endif
