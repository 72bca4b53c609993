// SPDX-License-Identifier: Apache-2.0
/*
 * leaf.c - the smallest program: counts down, executing itself, and exits
 *
 * It is the agent's own file under another name, but ends before main() and
 * before the Swift runtime starts, so that an exec costs what an exec costs.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void leaf_exec(uint32_t execs, int code)
{
	char left[16], status[16];
	char *argv[] = { LEAF_NAME, left, status, NULL };
	char *envp[] = { NULL };

	snprintf(left, sizeof(left), "%u", execs - 1);
	snprintf(status, sizeof(status), "%d", code);
	execve("/proc/self/exe", argv, envp);
}

/* Behind guest.c's mount_proc(), before anything of Swift. */
__attribute__((constructor(102))) static void be_leaf(int argc, char **argv)
{
	uint32_t left;

	if (argc != 3 || strcmp(argv[0], LEAF_NAME))
		return;
	left = strtoul(argv[1], NULL, 10);
	if (left)
		leaf_exec(left, atoi(argv[2]));
	_exit(left ? 255 : atoi(argv[2]));
}
