// SPDX-License-Identifier: Apache-2.0
/*
 * timers.c - a storm of timers: of a file descriptor, of a signal, and sleeps
 *
 * A timer may be late, but never early, and tells how often it has expired.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* Expirations of a periodic timer before another one is set. */
#define SERIES 8

struct timers {
	uint64_t seed;
	uint64_t count;
	uint64_t interval;
	uint64_t *expired;	/* in each process */
};

struct tools {
	int file;
	timer_t timer;
	sigset_t set;
};

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static struct timespec spec(uint64_t ns)
{
	return (struct timespec){ .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };
}

static struct itimerspec series(uint64_t ns)
{
	return (struct itimerspec){ .it_interval = spec(ns), .it_value = spec(ns) };
}

/* Each of these returns how often the timer has expired, 0 when that cannot be told. */

static uint64_t by_file(struct tools *tools, uint64_t ns)
{
	struct itimerspec time = series(ns);
	uint64_t all = 0, some;

	if (timerfd_settime(tools->file, 0, &time, NULL))
		return 0;
	while (all < SERIES) {
		if (read(tools->file, &some, sizeof(some)) == sizeof(some))
			all += some;
		else if (errno != EINTR)
			return 0;
	}
	return all;
}

static uint64_t by_signal(struct tools *tools, uint64_t ns)
{
	struct itimerspec time = series(ns), off = { 0 };
	struct timespec patience = { .tv_sec = 20 }, none = { 0 };
	uint64_t all = 0;
	siginfo_t info;

	if (timer_settime(tools->timer, 0, &time, NULL))
		return 0;
	while (all < SERIES) {
		if (sigtimedwait(&tools->set, &info, &patience) > 0)
			all += 1 + info.si_overrun;
		else if (errno != EINTR)
			return 0;
	}
	timer_settime(tools->timer, 0, &off, NULL);
	/* One that was on its way belongs to nobody. */
	while (sigtimedwait(&tools->set, &info, &none) > 0)
		;
	return all;
}

static uint64_t by_sleeping(uint64_t start, uint64_t ns)
{
	struct timespec end = spec(start + ns);

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR)
		;
	return 1;
}

static int prepare(struct tools *tools)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };

	sigemptyset(&tools->set);
	sigaddset(&tools->set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &tools->set, NULL);
	tools->file = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	return tools->file < 0 || timer_create(CLOCK_MONOTONIC, &event, &tools->timer);
}

static int live(uint32_t number, void *argument)
{
	struct timers *timers = argument;
	uint64_t random = stream_of(timers->seed, number);
	uint64_t *expired = &timers->expired[number];
	struct tools tools;
	int wrong = 0;

	if (prepare(&tools))
		return 2;
	while ((!timers->count || *expired < timers->count) && !guest_workload_stopped() && !wrong) {
		uint64_t kind = guest_workload_random(&random) % 3;
		uint64_t ns = 1000 + guest_workload_random(&random) % timers->interval;
		uint64_t start = now(), times;

		times = kind == 0 ? by_file(&tools, ns) :
			kind == 1 ? by_signal(&tools, ns) : by_sleeping(start, ns);
		wrong = !times || now() < start + times * ns;
		*expired += times;
	}
	return wrong;
}

void guest_timers(uint64_t seed, uint64_t count, uint32_t tasks, uint64_t interval_ns,
		  struct guest_tally *tally)
{
	struct timers timers = { .seed = seed, .count = count, .interval = interval_ns };
	struct crew crew;

	timers.expired = shared_memory(tasks * sizeof(*timers.expired), tally);
	if (!timers.expired)
		return;
	crew_start(&crew, tasks, live, &timers, tally);
	crew_collect(&crew, tally);
	/* A late timer has expired more often than was asked for. */
	for (uint32_t i = 0; i < tasks; i++) {
		tally->ended += timers.expired[i];
		tally->wrong += !guest_workload_stopped() && timers.expired[i] < count;
	}
	tally->started = tally->ended;
}
