// SPDX-License-Identifier: Apache-2.0
/*
 * crew.c - processes that a workload has beside it: started together, told to
 * end together, collected together
 */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int crew_start(struct crew *crew, uint32_t number, crew_life live, void *argument,
	       struct guest_tally *tally)
{
	crew->number = 0;
	crew->pids = calloc(number, sizeof(*crew->pids));
	if (!crew->pids) {
		tally->error = ENOMEM;
		return -1;
	}
	while (crew->number < number && !guest_workload_stopped()) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(live(crew->number, argument));
		if (pid < 0) {
			tally->error = errno;
			break;
		}
		crew->pids[crew->number++] = pid;
	}
	return tally->error ? -1 : 0;
}

void crew_tell(struct crew *crew)
{
	for (uint32_t i = 0; i < crew->number; i++) {
		if (crew->pids[i] > 0)
			kill(crew->pids[i], SIGTERM);
	}
}

void crew_collect(struct crew *crew, struct guest_tally *tally)
{
	uint32_t alive = crew->number;
	int status;

	/* One that was forked before it could be told notices by itself. */
	if (guest_workload_stopped())
		crew_tell(crew);
	while (alive) {
		pid_t pid = waitpid(-1, &status, 0);

		if (pid < 0 && errno == EINTR)
			crew_tell(crew);
		if (pid <= 0)
			continue;
		for (uint32_t i = 0; i < crew->number; i++) {
			if (crew->pids[i] == pid)
				crew->pids[i] = 0;
		}
		alive--;
		tally->wrong += status != 0;
	}
	free(crew->pids);
}

void *shared_memory(size_t size, struct guest_tally *tally)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		tally->error = ENOMEM;
	return memory == MAP_FAILED ? NULL : memory;
}

uint64_t stream_of(uint64_t seed, uint64_t number)
{
	return seed + number * 0x9e3779b97f4a7c15ull;
}
