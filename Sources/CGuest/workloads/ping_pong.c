// SPDX-License-Identifier: Apache-2.0
/*
 * ping_pong.c - pairs of processes that hand a byte to and fro: two context
 * switches a round trip, when both are on one CPU
 */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

static void stay_on_cpu(uint32_t number)
{
	cpu_set_t allowed, one;
	uint32_t seen = 0;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return;
	number %= CPU_COUNT(&allowed);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed) || seen++ != number)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
		return;
	}
}

/* Until the other end of the pipe is closed. */
static void return_bytes(int from, int to)
{
	char byte;

	for (;;) {
		ssize_t got = read(from, &byte, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got != 1)
			_exit(got != 0);
		if (write(to, &byte, 1) != 1)
			_exit(2);
	}
}

/* Whether the byte went there and came back. */
static int round_trip(int to, int from, char byte)
{
	char answer;
	ssize_t got;

	if (write(to, &byte, 1) != 1)
		return 0;
	do {
		got = read(from, &answer, 1);
	} while (got < 0 && errno == EINTR);
	return got == 1 && answer == byte;
}

struct game {
	uint64_t count;
	uint64_t *trips;	/* of each pair */
	int pin;
};

/* One pair; 0 when every byte came back as it should. Counts in trips. */
static int play(uint32_t number, void *argument)
{
	struct game *game = argument;
	uint64_t *trips = &game->trips[number];
	int there[2], back[2];
	int status, right = 1;
	pid_t pid;

	if (game->pin)
		stay_on_cpu(number);
	if (pipe(there) || pipe(back))
		return 3;
	pid = fork();
	if (pid < 0)
		return 4;
	if (pid == 0) {
		close(there[1]);
		close(back[0]);
		return_bytes(there[0], back[1]);
	}
	close(there[0]);
	close(back[1]);
	while (right && (!game->count || *trips < game->count) && !guest_workload_stopped()) {
		right = round_trip(there[1], back[0], (char)*trips);
		*trips += right;
	}
	close(there[1]);
	while (waitpid(pid, &status, 0) != pid)
		;
	return !right || status;
}

void guest_ping_pong(uint64_t count, uint32_t pairs, int pin, struct guest_tally *tally)
{
	struct game game = { .count = count, .pin = pin };
	struct crew crew;
	uint32_t number;

	game.trips = shared_memory(pairs * sizeof(*game.trips), tally);
	if (!game.trips)
		return;
	crew_start(&crew, pairs, play, &game, tally);
	number = crew.number;
	crew_collect(&crew, tally);
	for (uint32_t i = 0; i < number; i++)
		tally->ended += game.trips[i];
	tally->started = count && !guest_workload_stopped() ? count * number : tally->ended;
}
