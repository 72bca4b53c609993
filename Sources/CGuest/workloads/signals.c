// SPDX-License-Identifier: Apache-2.0
/*
 * signals.c - a storm of signals, each with a number
 *
 * Signals of a real-time kind are queued: each receiver must get all of its
 * own, in their order.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

/* The number that says that there are no more. */
#define LAST (-1)

struct signals {
	uint64_t *received;	/* of each process */
};

static struct {
	uint64_t *received;
	int wrong;
	volatile sig_atomic_t over;
} mine;

static void receive(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	if (info->si_value.sival_int == LAST) {
		mine.over = 1;
		return;
	}
	mine.wrong |= info->si_value.sival_int != (int)(*mine.received & 0x7fffffff);
	(*mine.received)++;
}

/* The signal is blocked since before the fork: nothing comes before the handler is there. */
static int live(uint32_t number, void *argument)
{
	struct signals *signals = argument;
	struct sigaction action = { .sa_sigaction = receive, .sa_flags = SA_SIGINFO };
	sigset_t none;

	mine.received = &signals->received[number];
	sigaction(SIGRTMIN, &action, NULL);
	sigemptyset(&none);
	while (!mine.over)
		sigsuspend(&none);
	return mine.wrong;
}

/* The queue is bounded (RLIMIT_SIGPENDING): a receiver may have to catch up. */
static int post(pid_t pid, int value, struct guest_tally *tally)
{
	uint64_t waited = 0;

	while (sigqueue(pid, SIGRTMIN, (union sigval){ .sival_int = value })) {
		if (errno != EAGAIN || waited >= PATIENCE_NS)
			return errno;
		tally->refused++;
		guest_workload_sleep(1000000);
		waited += 1000000;
	}
	return 0;
}

static void storm(uint64_t seed, uint64_t count, struct crew *crew, uint64_t *sent,
		  struct guest_tally *tally)
{
	while ((!count || tally->started < count) && !guest_workload_stopped() && !tally->error) {
		uint32_t to = guest_workload_random(&seed) % crew->number;

		tally->error = post(crew->pids[to], sent[to] & 0x7fffffff, tally);
		if (tally->error)
			break;
		sent[to]++;
		tally->started++;
	}
	for (uint32_t i = 0; i < crew->number; i++) {
		if (post(crew->pids[i], LAST, tally))
			kill(crew->pids[i], SIGKILL);
	}
}

void guest_signals(uint64_t seed, uint64_t count, uint32_t tasks, struct guest_tally *tally)
{
	struct signals signals;
	struct crew crew;
	uint64_t *sent;
	sigset_t set;

	signals.received = shared_memory(2 * tasks * sizeof(*sent), tally);
	if (!signals.received)
		return;
	sent = signals.received + tasks;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	crew_start(&crew, tasks, live, &signals, tally);
	if (crew.number)
		storm(seed, count, &crew, sent, tally);
	crew_collect(&crew, tally);
	for (uint32_t i = 0; i < tasks; i++) {
		tally->ended += signals.received[i];
		tally->wrong += signals.received[i] != sent[i];
	}
}
