// SPDX-License-Identifier: Apache-2.0
/*
 * reschedule.c - processes whose nice value, CPUs and policy change under them
 *
 * They compute and sleep in turn, so that each change finds them on a CPU, on
 * a run queue or asleep. Each change is read back.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define BURN_NS 200000
#define PAUSE_NS 200000
/*
 * Real-time processes that left no time to others would be what stalls the
 * kernel. By the clock: on a kernel with checks it takes long to sleep at all.
 */
#define SLEEP_FACTOR 8

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int compute_and_sleep(uint32_t number, void *argument)
{
	(void)number;
	(void)argument;
	while (!guest_workload_stopped()) {
		uint64_t start = now();

		workload_burn(BURN_NS);
		guest_workload_sleep(SLEEP_FACTOR * (now() - start));
	}
	return 0;
}

static int change_nice(pid_t pid, uint64_t chance)
{
	int nice = (int)(chance % 40) - 20;

	if (setpriority(PRIO_PROCESS, pid, nice))
		return -1;
	return getpriority(PRIO_PROCESS, pid) != nice;
}

static int change_cpus(pid_t pid, uint64_t chance, const cpu_set_t *all)
{
	cpu_set_t wanted, got;

	CPU_ZERO(&wanted);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, all) && chance >> (cpu % 64) & 1)
			CPU_SET(cpu, &wanted);
	}
	if (!CPU_COUNT(&wanted))
		wanted = *all;
	if (sched_setaffinity(pid, sizeof(wanted), &wanted) ||
	    sched_getaffinity(pid, sizeof(got), &got))
		return -1;
	/* One that has gone offline meanwhile is not shown. */
	CPU_AND(&wanted, &wanted, &got);
	return !CPU_EQUAL(&wanted, &got);
}

static int change_policy(pid_t pid, uint64_t chance)
{
	static const int policies[] = { SCHED_OTHER, SCHED_BATCH, SCHED_IDLE, SCHED_FIFO, SCHED_RR };
	int policy = policies[chance % 5];
	struct sched_param parameters = { 0 };

	if (policy == SCHED_FIFO || policy == SCHED_RR)
		parameters.sched_priority = 1 + chance / 5 % 99;
	if (sched_setscheduler(pid, policy, &parameters))
		return -1;
	return sched_getscheduler(pid) != policy;
}

static int change(pid_t pid, uint64_t *random, const cpu_set_t *all)
{
	uint64_t chance = guest_workload_random(random);

	switch (guest_workload_random(random) % 3) {
	case 0:
		return change_nice(pid, chance);
	case 1:
		return change_cpus(pid, chance, all);
	default:
		return change_policy(pid, chance);
	}
}

static void storm(uint64_t seed, uint64_t count, struct crew *crew, struct guest_tally *tally)
{
	cpu_set_t all;

	if (sched_getaffinity(0, sizeof(all), &all)) {
		tally->error = errno;
		return;
	}
	while ((!count || tally->started < count) && !guest_workload_stopped()) {
		pid_t pid = crew->pids[guest_workload_random(&seed) % crew->number];
		int result = change(pid, &seed, &all);

		tally->started++;
		/* All CPUs that were asked for may just be offline. */
		if (result < 0 && errno == EINVAL)
			tally->refused++;
		else if (result < 0)
			tally->error = errno;
		if (tally->error)
			return;
		tally->ended++;
		tally->wrong += result > 0;
		guest_workload_sleep(guest_workload_random(&seed) % PAUSE_NS);
	}
}

void guest_reschedule(uint64_t seed, uint64_t count, uint32_t tasks, struct guest_tally *tally)
{
	struct crew crew;

	if (!crew_start(&crew, tasks, compute_and_sleep, NULL, tally) && crew.number)
		storm(seed, count, &crew, tally);
	crew_tell(&crew);
	crew_collect(&crew, tally);
}
